"""What an answer is made with: the search, the scorer, the language models. Composed here, handed on as arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings

from chat.calibration import Calibration, calibration_for, shipped_calibration
from chat.candidates import ScoreStretches
from chat.llm.configured import configured_gateway
from chat.ports import Gateway
from chat.second_judge import SecondJudge, open_judge
from chat.verify.verifier import ScoreTexts
from kb.engine import get_engine
from kb.search import PassageSearch, search_passages
from retrieval.types import SearchConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The outside of the flow; tests hand in small fakes."""

    search: Callable[..., PassageSearch]  # (question, *, user, collection, config)
    search_config: SearchConfig = field(default_factory=SearchConfig)
    score_stretches: ScoreStretches
    score_texts: ScoreTexts
    second_judge: SecondJudge | None = None  # of each sentence, after the verifier
    calibration: Calibration = field(default_factory=shipped_calibration)  # of the encoder that searches
    gateway: Gateway  # without a model to offer: extractive


def configured_means() -> Means:
    """Return the means that the settings name. May load the encoder: not for the event loop."""
    engine = get_engine()
    return Means(
        search=partial(search_passages, engine=engine),  # one edition for all of a question
        score_stretches=engine.score_stretches,
        score_texts=engine.score_texts,
        second_judge=open_judge(settings.NLI_MODEL),
        calibration=calibration_for(engine.embedder.fingerprint, home=settings.ATTEST_HOME),
        gateway=configured_gateway(),
    )

"""The dependencies of an answer: the search, the scorers, the language models. Composed here, passed on as arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.utils.module_loading import import_string

from chat.flow.shapes.approved.port import FindApproved, find_none
from chat.judge.calibration import Calibration, calibration_for, shipped_calibration
from chat.judge.candidates import ScoreStretches
from chat.judge.evidence_reading import ReadPassages
from chat.verify.likelihood import CheckSupport
from chat.verify.second_judge import SecondJudge, open_judge
from chat.verify.verifier import ScoreTexts
from gateway.ports import Gateway
from gateway.routing.configured import configured_gateway
from kb.index.completeness import Shortage, find_shortage
from kb.index.engine import get_engine
from kb.index.search import PassageSearch, search_passages
from retrieval.judging.opening import open_reader
from retrieval.types import SearchConfig


def not_close(query: str, texts: Sequence[str]) -> list[float]:
    """Let no meaning be close: of an encoder whose closeness nobody measured the verifier's thresholds say nothing."""
    return [0.0] * len(texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDependencies:
    """Everything outside the flow that an answer needs; tests pass small fakes."""

    search: Callable[..., PassageSearch]  # (question, *, user, collection, config, within)
    search_config: SearchConfig = field(default_factory=SearchConfig)
    score_stretches: ScoreStretches
    read_passages: ReadPassages | None = None  # the trained judge's
    check_support: CheckSupport | None = None  # likewise
    judge: str = ""  # digest of its weights; empty where there is none
    score_texts: ScoreTexts
    compare_questions: ScoreTexts = not_close  # how near a question is to others, in [-1, 1]
    second_judge: SecondJudge | None = None  # of each sentence, after the verifier
    calibration: Calibration = field(default_factory=shipped_calibration)  # of the encoder that searches
    find_shortage: Callable[..., Shortage | None] = lambda *, user: None  # of passages in the index that is searched
    find_approved: FindApproved = find_none  # an answer that somebody approved for a question that means the same
    choose_rules: Callable[[str, str], str] = lambda name, subject: ""  # of a prompt, for a conversation; "": those on disk
    gateway: Gateway  # without a model to offer: extractive
    thresholds: Mapping[int, float | None] = field(default_factory=dict)  # by collection, instead of its own: to try another one


def configured_dependencies() -> AnswerDependencies:
    """Return the dependencies that the settings name. May load the encoder: not for the event loop."""
    engine = get_engine()
    calibration = calibration_for(engine.embedder.fingerprint, home=settings.ATTEST_HOME)
    reader = open_reader(settings.JUDGE)
    return AnswerDependencies(
        search=partial(search_passages, engine=engine),  # one edition for all of a question
        score_stretches=engine.score_stretches,
        read_passages=reader.read if reader else None,
        check_support=reader.check if reader else None,
        judge=reader.digest if reader else "",
        score_texts=engine.score_texts if calibration.knows_closeness else not_close,
        compare_questions=engine.compare_questions,
        second_judge=open_judge(settings.NLI_MODEL),
        calibration=calibration,
        find_shortage=partial(find_shortage, engine=engine),
        find_approved=import_string(settings.APPROVED_ANSWERS) if settings.APPROVED_ANSWERS else find_none,
        choose_rules=import_string(settings.PROMPTS) if settings.PROMPTS else lambda name, subject: "",
        gateway=configured_gateway(),
    )

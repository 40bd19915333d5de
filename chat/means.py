"""What an answer is made with: the search, the scorer, the language model. Composed here, handed on as arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from chat.candidates import ScoreStretches
from chat.llm.configured import configured_model, configured_options
from chat.ports import GenerationOptions, LanguageModel
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
    model: LanguageModel | None  # None: extractive
    options: GenerationOptions
    context_tokens: int

    def parameters(self) -> dict[str, Any]:
        """Return the generation options as the receipt keeps them."""
        return {
            "max_tokens": self.options.max_tokens,
            "temperature": self.options.temperature,
            "first_token_timeout_s": self.options.first_token_timeout_s,
            "total_timeout_s": self.options.total_timeout_s,
            "context_tokens": self.context_tokens,
        }


def configured_means() -> Means:
    """Return the means that the settings name. May load the encoder: not for the event loop."""
    engine = get_engine()
    return Means(
        search=search_passages,
        score_stretches=engine.score_stretches,
        score_texts=engine.score_texts,
        model=configured_model(),
        options=configured_options(),
        context_tokens=settings.LLM_CONTEXT_TOKENS,
    )

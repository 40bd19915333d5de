"""The port to language models. Adapters live in `gateway.layers`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Style = Literal["markers", "structured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """How a model is to write. Temperature 0: the same evidence gives the same answer."""

    max_tokens: int
    temperature: float = 0.0
    first_token_timeout_s: float  # also the longest silence between two tokens
    total_timeout_s: float
    extra: Mapping[str, Any] = field(default_factory=dict)  # further fields of the request, such as "top_p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the server counted."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0  # of the prompt, found in the server's prefix cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of the answer. An event is not a token: a server may put several into one."""

    text: str = ""
    usage: Usage | None = None
    finish_reason: str = ""  # "stop", "length" …; empty while the answer goes on
    is_sentence_end: bool = False  # surely: nothing that follows belongs to it


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """Length of a prompt in the model's own tokens, and the context it must fit."""

    tokens: int
    context: int | None = None


class LanguageModel(Protocol):
    """Writes an answer. Closing the iterator ends the generation in the server at once."""

    @property
    def name(self) -> str: ...

    @property
    def base_url(self) -> str:
        """Where the model is served; empty where it runs in this process."""

    def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the answer piece by piece. Raises: ModelError, every kind of it, and nothing else."""

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        """Return the prompt's length by the served tokenizer; None where the server does not count. Raises: ModelSuspended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a route is chosen by."""

    question: str
    language: str = "en"  # "en", "zh"
    collections: tuple[str, ...] = ()  # slugs of those that the evidence comes from
    conversation: str = ""  # keeps its share of a canary; empty: the question itself does
    user: str = ""  # whom the queue is fair to


class Choice(Protocol):
    """A model that may write this answer, good for one question."""

    @property
    def model(self) -> LanguageModel: ...

    @property
    def options(self) -> GenerationOptions: ...

    @property
    def context_tokens(self) -> int:
        """What the model reads and writes together, unless its server names less."""

    @property
    def style(self) -> Style:
        """How it is asked to cite: by markers in the text, or in the fields of a JSON object. It yields markers either way."""

    def report(self) -> dict[str, Any]:
        """Return what came of it, for the receipt: the row, the attempts, what was masked, usage and price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Models in the order in which they are tried; none: the answer is quoted."""

    choices: tuple[Choice, ...] = ()
    route: Mapping[str, Any] = field(default_factory=dict)  # for the receipt: which rule, and why


class Gateway(Protocol):
    """The way to the language models."""

    async def route(self, request: Request) -> Routed:
        """Return the models for one question. Raises nothing that a caller has to expect."""

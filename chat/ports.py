"""The port to language models. Adapters live in `chat.llm`."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


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

    def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncIterator[Delta]:
        """Yield the answer piece by piece. Raises: ModelError, every kind of it, and nothing else."""

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        """Return the prompt's length by the served tokenizer; None where the server does not tell."""

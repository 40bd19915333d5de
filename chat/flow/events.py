"""Events that the caller of a question receives while it is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chat.types import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The step that has begun."""

    step: Literal["searching", "reading", "writing", "fallback"]
    count: int = 0
    passages: int = 0  # of "reading": that were searched; 0: not known
    collections: int = 0  # in so many collections


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The answer so far: every sentence in it has passed."""

    answer: Answer


Event = Status | Progress
Emit = Callable[[Event], None]

"""What the flow asks for before it searches: an answer that somebody approved for a question that means the same.

The flow knows no more of it than this. Who keeps such answers is named by the setting APPROVED_ANSWERS; where it is empty,
nobody does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from accounts.models import User
from kb.models import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedSentence:
    """`markers` name passages of the answer, from 1; none: it only leads to what follows it."""

    text: str
    prefix: str = ""
    markers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An answer with the passages that it rests on, which its reader may read at this moment."""

    uid: str
    sentences: tuple[ApprovedSentence, ...]
    chunk_ids: tuple[int, ...]  # in the order of the markers
    by: str  # who approved it
    at: str  # when, ISO 8601
    question: str  # that it was approved for, of those that mean the same
    similarity: float  # of the question that was asked to that one


class FindApproved(Protocol):
    def __call__(self, question: str, /, *, user: User, collections: Sequence[Collection]) -> Approved | None:
        """Return the answer to a question that means the same, if this user may read all its sources. Not for the event loop."""


def find_none(question: str, /, *, user: User, collections: Sequence[Collection]) -> Approved | None:
    """Nobody approved anything."""
    return None

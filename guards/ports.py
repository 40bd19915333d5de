"""What guards are given, and what they give back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from guards.models import Guard

UNAVAILABLE = "unavailable"  # as a rule: the classifier gave no judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What looks into texts and belongs to others. Not for the event loop: each may compute."""

    compare: Callable[[str, Sequence[str]], list[float]]  # how near a question is to each of others, in [-1, 1]
    is_planted: Callable[[str], bool]  # of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A guard that found something, by which of its rules. The text itself is in the receipt."""

    guard: str  # uid
    name: str
    kind: str
    side: str
    mode: str
    rule: str  # a word, a pattern, a topic, a kind of personal data, a category
    collection: str = ""  # address of the guard's collection; empty: all
    document: str = ""  # of a passage: its document's uid

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def hit_of(guard: Guard, rule: str, *, document: str = "") -> Hit:
    return Hit(
        guard=str(guard.uid),
        name=guard.name,
        kind=guard.kind,
        side=guard.side,
        mode=guard.mode,
        rule=rule[:200],
        collection=guard.collection.slug if guard.collection else "",
        document=document,
    )

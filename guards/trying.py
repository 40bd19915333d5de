"""What guards would find in a text, and how near it is to their topics: for whoever sets them."""

from collections.abc import Sequence
from dataclasses import dataclass

from guards.checking import check_by_rule
from guards.kinds import topics
from guards.models import Guard
from guards.ports import Instruments

TOPICS = (Guard.Kind.TOPICS, Guard.Kind.ONLY_TOPICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One guard. `nearest`: its nearest topic with how near, where it has topics."""

    guard: Guard
    rules: tuple[str, ...]
    nearest: tuple[str, float] | None = None


def try_text(guards: Sequence[Guard], text: str, *, instruments: Instruments) -> list[Tried]:
    """Return what each guard that needs no model finds, whatever its mode and side; those that find nothing, too."""
    tried = []
    for guard in guards:
        if guard.kind in (Guard.Kind.LLAMA_GUARD, Guard.Kind.CLASSIFIER):
            continue
        scored = topics.score(guard, text, instruments)[:1] if guard.kind in TOPICS else []
        rules = tuple(hit.rule for hit in check_by_rule([guard], text, instruments=instruments))
        tried.append(Tried(guard=guard, rules=rules, nearest=scored[0] if scored else None))
    return tried

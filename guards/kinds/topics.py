"""Topics, each told by an example or two, a line each: how near a text is to one is measured by the installation's encoder."""

from guards.models import Guard
from guards.ports import Instruments

NONE_OF_THEM = "none of the topics"


def find(guard: Guard, text: str, instruments: Instruments) -> list[str]:
    """Return the topics that the text is near to; of a guard that allows its topics alone, that it is near to none."""
    scored = score(guard, text, instruments)
    near = [line for line, value in scored if value >= guard.threshold]
    if guard.kind == Guard.Kind.ONLY_TOPICS:
        return [] if near or not scored else [NONE_OF_THEM]
    return near[:1]


def score(guard: Guard, text: str, instruments: Instruments) -> list[tuple[str, float]]:
    """Return each topic with how near it is, in about [-1, 1], the nearest first."""
    lines = list(guard.rules)
    scored = zip(lines, instruments.compare(text, lines), strict=True)
    return sorted(scored, key=lambda one: -one[1])

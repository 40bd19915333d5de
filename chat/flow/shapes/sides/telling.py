"""What the program itself says between the quotations of several sides: which one is told next."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from chat.flow.shapes.sides.value import Side, Sides, SidesKind
from chat.flow.writing.labelled import Labelled
from chat.verify.quotations import Quotation, take
from kb.templatetags.moments import format_moment
from language.scripts.script import is_chinese
from language.validity import read_change


def compose(sides: Sides, quoted: Sequence[Quotation]) -> list[Labelled]:
    """Return the quotations of all sides, each with what introduces it, in the active language.

    Args:
        quoted: what was to be quoted alone: the first side's sentences. What is replaced is not repeated.
    """
    of_time = sides.kind in (SidesKind.CHANGE, SidesKind.SERIES, SidesKind.THREAD)
    told: list[Labelled] = []
    for at, side in enumerate(sides.sides):
        own = [take(side.passage, side.position)]
        if at == 0 and not of_time:
            elsewhere = {(other.passage.evidence.marker, _start_of(other)) for other in sides.sides[1:]}
            same = [
                one for one in quoted if one.marker == side.passage.evidence.marker and (one.marker, one.start) not in elsewhere
            ]
            own = same or own
        label = " ".join(part for part in (introduction_of(sides) if at == 0 else "", _label(sides, at)) if part)
        told += [(label if place == 0 else "", quotation) for place, quotation in enumerate(own)]
    return told


def introduction_of(sides: Sides) -> str:
    """Return what is said first; "" where the sides speak for themselves."""
    if sides.kind is SidesKind.CONFLICT:
        return _("The documents say different things. Ask the people who maintain them which one applies.")
    return ""


def question_back(sides: Sides, question: str) -> tuple[str, tuple[str, ...]]:
    """Return what is asked back where the question names none of the sides, and the question for each of them."""
    if sides.kind is not SidesKind.SUBJECTS:
        return "", ()
    asked = question.rstrip(" ?？。.")
    form = "{}？（{}）" if is_chinese(question) else "{}? ({})"
    return _("Which one do you mean?"), tuple(form.format(asked, side.name) for side in sides.sides)


def _start_of(side: Side) -> int:
    return side.passage.sentences[side.position].start


def _label(sides: Sides, at: int) -> str:
    side = sides.sides[at]
    named = {"name": side.name, "date": format_moment(side.since, "day") if side.since else ""}
    match sides.kind:
        case SidesKind.CHANGE if _is_replacing(sides, at):
            return _("Changed by “%(name)s”:") % named
        case SidesKind.CHANGE if at:
            return _("What it replaces, from “%(name)s”:") % named
        case SidesKind.THREAD if not side.name:
            return ""  # the mail itself
        case SidesKind.CONFLICT if side.since:
            return _("“%(name)s” (%(date)s):") % named
    return _("“%(name)s”:") % named


def _is_replacing(sides: Sides, at: int) -> bool:
    side: Side = sides.sides[at]
    return read_change(side.passage.sentences[side.position].text) is not None

"""Add what must be shown with a quotation."""

from collections.abc import Sequence
from datetime import date

from chat.flow.shapes.sides.finding import find_sides
from chat.flow.shapes.sides.telling import compose
from chat.flow.shapes.sides.value import Sides, SidesKind
from chat.flow.steps import Judged
from chat.flow.writing.labelled import Labelled
from chat.verify.quotations import Quotation

_MOST_QUOTED = 4  # sentences of an answer that is no list


def beside(quoted: Sequence[Quotation], *, judged: Judged, today: date) -> tuple[list[Labelled], Sides | None]:
    """Return the quotations to show, each with what introduces it, and the sides that they are of; None where one side is told."""
    alone: list[Labelled] = [("", quotation) for quotation in quoted]
    if not quoted or len(quoted) > _MOST_QUOTED:
        return alone, None
    places = {(one.marker, one.start) for one in quoted}
    held = [one for one in judged.candidates if (one.evidence.marker, one.sentence.start) in places]
    for at, one in enumerate(held):
        sides = find_sides(judged.question, judged.candidates, one, today=today)
        # Years and subjects are those of what answers best; what was replaced is told so wherever it is quoted.
        if sides is not None and (at == 0 or sides.kind == SidesKind.CHANGE):
            return compose(sides, quoted), sides
    return alone, None

"""What became of questions that were handed to people, beside their answers."""

from collections.abc import Sequence
from typing import Any

from django import template

from chat.models import Turn
from curation.handover.models import Handover

register = template.Library()


@register.simple_tag
def load_handovers(turns: Sequence[tuple[Turn, Any]]) -> str:
    """Read those of all turns of a page in one query, so that `handover_of` asks for none of them."""
    rows = [turn for turn, _answer in turns]
    found = {row.turn_id: row for row in Handover.objects.filter(turn__in=rows).select_related("taken_by")} if rows else {}
    for turn in rows:
        turn.__dict__["handed_over"] = found.get(turn.pk)
    return ""


@register.simple_tag
def handover_of(turn: Turn) -> Handover | None:
    """Return what became of a turn's question; None where it was handed to nobody."""
    if "handed_over" not in turn.__dict__:
        turn.__dict__["handed_over"] = Handover.objects.filter(turn=turn).select_related("taken_by").first()
    found: Handover | None = turn.__dict__["handed_over"]
    return found

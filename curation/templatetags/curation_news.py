"""What was done about one's own questions, for the pages on which they are asked."""

from typing import Any

from django import template

from curation.gaps.models import Gap, GapQuestion

register = template.Library()
SHOWN = 3


@register.inclusion_tag("curation/_news.html", takes_context=True)
def gap_news(context: dict[str, Any]) -> dict[str, Any]:
    """The questions of who looks that have an answer now; one query."""
    request = context["request"]
    answered = GapQuestion.objects.filter(
        case__person_id=str(request.user.pk), told_at=None, gap__state=Gap.State.ANSWERED, gap__answered_at__isnull=False
    )
    rows = answered.select_related("gap__collection", "case__event").order_by("-gap__answered_at")[: SHOWN * 4]
    news = list({row.gap_id: row for row in rows if row.case.event.summary and _is_answered_since(row)}.values())
    return {"news": news[:SHOWN], "csrf_token": context.get("csrf_token")}


def _is_answered_since(row: GapQuestion) -> bool:
    return row.gap.answered_at is not None and row.case.at < row.gap.answered_at

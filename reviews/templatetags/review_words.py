"""The desk's codes in words, for its templates."""

from django import template
from django.utils.translation import gettext_lazy as _

from reviews.desk import queues
from reviews.models import Case, Verdict

register = template.Library()

QUEUES = {
    "sample": _("Random sample"),
    "uncertain": _("Uncertain"),
    "unhelpful": _("Rated not helpful"),
    "withheld": _("Sentences withheld"),
    "refused": _("Refused"),
    "guarded": _("Flagged by guards"),
    "mine": _("Assigned to me"),
    "overdue": _("Overdue"),
    "second": _("Second review"),
    "disputed": _("Reviewers differ"),
    "all": _("All"),
}
TONES = {"correct": "ok", "leak": "danger", "wrong": "danger", "unsupported": "warn", "beside": "warn", "should_refuse": "warn"}


@register.filter
def queue_word(queue: str) -> str:
    return str(QUEUES.get(queue, queue))


@register.filter
def verdict_word(verdict: str) -> str:
    return str(Verdict(verdict).label) if verdict in Verdict.values else verdict


@register.filter
def verdict_tone(verdict: str) -> str:
    return TONES.get(verdict, "")


@register.filter
def is_overdue(case: Case) -> bool:
    return queues.is_overdue(case)


@register.filter
def percent_of(share: int, width: int) -> int:
    """Return a width in the units of a drawing for a share in percent."""
    return round(share * width / 100)

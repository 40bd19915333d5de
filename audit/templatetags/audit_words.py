"""The audit's codes in words, for its templates."""

from urllib.parse import parse_qsl

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.looking.search import FilterForm
from audit.models import Event
from audit.words import ACTIONS, OUTCOMES, PROBLEMS, RATING_REASONS

register = template.Library()

TABS = {
    "questions": _("Questions"),
    "feedback": _("Feedback"),
    "sources": _("Sources viewed"),
    "documents": _("Documents"),
    "people": _("Accounts and sign-ins"),
    "curation": _("Curation"),
    "audit": _("Reviews"),
    "all": _("All events"),
}
TONES = {
    "answered": "ok",
    "refused": "warn",
    "failed": "danger",
    "supported": "ok",
    "corrected": "ok",
    "withheld": "danger",
    "stopped": "warn",
    "helpful": "ok",
    "unhelpful": "warn",
    "deleted": "danger",
    "erased": "danger",
    "break_glass": "danger",
}


@register.filter
def action_word(action: str) -> str:
    return str(ACTIONS.get(action, action))


@register.filter
def rating_reason(code: str) -> str:
    """Why an answer was rated unhelpful."""
    return str(RATING_REASONS.get(code, code))


@register.filter
def outcome_word(action: str) -> str:
    """The outcome alone, where the column already says that it is a question's."""
    return str(OUTCOMES.get(action.removeprefix("question.").removeprefix("golden."), action))


@register.filter
def problem_word(code: str) -> str:
    return str(PROBLEMS.get(code, code))


@register.filter
def answer_number(event: Event) -> str:
    """The receipt of the answer that a rating is about; "" of any other event."""
    return event.subject.removeprefix("event:") if event.action.startswith("answer.") else ""


@register.filter
def tab_word(kind: str) -> str:
    return str(TABS.get(kind, kind))


@register.filter
def tone(code: str) -> str:
    """The colour of a badge for an action, an outcome or a verdict; "" for none."""
    return TONES.get(code.rpartition(".")[2], "")


@register.filter
def summary_word(event: Event) -> str:
    """An event's one line; of a search of the audit, its filters in words ("Questions · Person: Priya")."""
    if not event.action.startswith(("audit.viewed", "audit.exported", "audit.viewing")):
        return event.summary
    searched = dict(parse_qsl(event.summary))
    if searched.get("lists", "").isdecimal():
        count = int(searched["lists"])
        return ngettext("%(count)s list viewed", "%(count)s lists viewed", count) % {"count": count}
    parts = [str(TABS.get(searched.pop("kind", ""), ""))]
    fields = FilterForm.base_fields
    parts += (f"{fields[name].label}: {OUTCOMES.get(value, value)}" for name, value in searched.items() if name in fields)
    return " · ".join(filter(None, parts)) or event.summary

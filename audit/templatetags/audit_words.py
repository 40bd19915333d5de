"""The audit's codes in words, for its templates."""

from django import template
from django.utils.translation import gettext_lazy as _

from audit.words import ACTIONS, OUTCOMES, PROBLEMS

register = template.Library()

TABS = {
    "questions": _("Questions"),
    "feedback": _("Feedback"),
    "sources": _("Sources viewed"),
    "documents": _("Documents"),
    "people": _("People and sign-ins"),
    "audit": _("Reviews"),
    "all": _("Everything"),
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
}


@register.filter
def action_word(action: str) -> str:
    return str(ACTIONS.get(action, action))


@register.filter
def outcome_word(action: str) -> str:
    """The outcome alone, where the column already says that it is a question's."""
    return str(OUTCOMES.get(action.removeprefix("question."), action))


@register.filter
def problem_word(code: str) -> str:
    return str(PROBLEMS.get(code, code))


@register.filter
def tab_word(kind: str) -> str:
    return str(TABS.get(kind, kind))


@register.filter
def tone(code: str) -> str:
    """The colour of a badge for an action, an outcome or a verdict; "" for none."""
    return TONES.get(code.rpartition(".")[2], "")

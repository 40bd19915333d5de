"""Codes of curation in words, for its templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.words import ORIGINS, REASONS, STEPS
from curation.golden.models import GoldenResult

register = template.Library()

CHANGES = {
    "documents": gettext_lazy("Documents"),
    "rights": gettext_lazy("Readers"),
    "words": gettext_lazy("Vocabulary"),
    "encoder": gettext_lazy("Embedding model"),
    "judge": gettext_lazy("Judge"),
    "threshold": gettext_lazy("Answer threshold"),
    "prompt": gettext_lazy("Prompt"),
    "model": gettext_lazy("Language model"),
    "route": gettext_lazy("Route"),
}
CONDITIONS = {
    "documents": gettext_lazy("Documents that answer"),
    "versions": gettext_lazy("Versions of the documents"),
    "encoder": gettext_lazy("Embedding model"),
    "judge": gettext_lazy("Judge"),
    "calibration": gettext_lazy("Calibration"),
    "threshold": gettext_lazy("Answer threshold"),
    "words": gettext_lazy("Vocabulary"),
    "prompt": gettext_lazy("Prompt"),
    "models": gettext_lazy("Language models and routes"),
}
TONES = {"passed": "ok", "failed": "danger", "error": "warn", "worse": "danger", "better": "ok", "new": ""}
MOVES = {
    "worse": gettext_lazy("No longer passes"),
    "better": gettext_lazy("Passes now"),
    "same": gettext_lazy("As before"),
    "new": gettext_lazy("New"),
}


@register.filter
def change_word(code: str) -> str:
    return str(CHANGES.get(code, code))


@register.filter
def condition_word(code: str) -> str:
    return str(CONDITIONS.get(code, code))


@register.filter
def move_word(code: str) -> str:
    return str(MOVES.get(code, code))


@register.filter
def curation_tone(code: str) -> str:
    """The colour of a badge; "" for none."""
    return TONES.get(code, "")


@register.filter
def miss_sentence(miss: Mapping[str, Any]) -> str:
    """What an answer lacks, in a sentence."""
    value = str(miss.get("value", ""))
    return {
        "refused": _("It was refused."),
        "answered": _("It was answered but should have been refused."),
        "no_question": _("It was taken for small talk."),
        "fact": _("Missing fact: %(value)s") % {"value": value},
        "document": _("Not cited: %(value)s") % {"value": value},
        "error": _("There was no answer (%(value)s).") % {"value": value},
    }.get(miss.get("code", ""), value)


@register.filter
def verdict_label(verdict: str) -> str:
    return str(GoldenResult.Verdict(verdict).label) if verdict else _("Not asked")


@register.filter
def times(number: int, unit: int) -> int:
    return number * unit


@register.filter
def unlocal(number: float) -> str:
    """A number as drawings need it, whatever the language."""
    return f"{number:.2f}"


@register.filter
def reason_word(code: str) -> str:
    """Why a sentence has no source."""
    return str(REASONS.get(code, code))


@register.filter
def step_word(code: str) -> str:
    return str(STEPS.get(code, code))


@register.filter
def share_word(name: str, table: str) -> str:
    """A row of a table of shares, in words."""
    if table == "origins":
        return str(ORIGINS.get(name, name))
    if table == "languages":
        return {"en": _("English"), "zh": _("Chinese")}.get(name, name)
    if table == "models" and name == "extractive":
        return _("No model: documents quoted")
    return f"{name} – {float(name) + 0.1:.1f}" if table == "certainty" else name


@register.filter
def prompt_word(name: str) -> str:
    """A prompt by what it is for."""
    return {
        "answer.en": _("Answers in English"),
        "answer.zh": _("Answers in Chinese"),
        "structured.en": _("Answers in English, as JSON"),
        "structured.zh": _("Answers in Chinese, as JSON"),
    }.get(name, name)

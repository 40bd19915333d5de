"""Why a document failed, and what its warnings say, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from ingest.errors import MESSAGES, WARNINGS
from ingest.obstacles import SENTENCES
from kb.models import DocumentVersion

register = template.Library()
MAX_STRETCHES = 12


@register.filter
def failure(version: DocumentVersion) -> str:
    """The sentence for the version's error code; its stored English where the code is unknown."""
    known = MESSAGES.get(version.error_code)
    return gettext(known) if known else version.error_message


@register.filter
def obstacle(code: str) -> str:
    """The sentence for what a job waits out."""
    return gettext(SENTENCES[code]) if code in SENTENCES else code


@register.filter
def warning(row: Mapping[str, Any]) -> str:
    """The sentence for a warning {"code", "pages", "values"}."""
    known = WARNINGS.get(str(row.get("code", "")))
    return gettext(known) % row.get("values", {}) if known else str(row.get("message", ""))


@register.filter
def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers in short: "1, 3–7, …"; at most twelve stretches."""
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and number <= stretches[-1][1] + 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    told = [str(first) if first == last else f"{first}–{last}" for first, last in stretches[:MAX_STRETCHES]]
    return ", ".join(told + ["…"] * (len(stretches) > MAX_STRETCHES))


@register.filter
def seconds(milliseconds: float | None) -> str:
    """Milliseconds as seconds with two decimals; a dash where a stage was not timed."""
    return "–" if milliseconds in (None, "") else f"{float(milliseconds) / 1000:.2f}"

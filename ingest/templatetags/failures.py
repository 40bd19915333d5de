"""Explain failures and warnings of documents in the reader's language."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext

from ingest.errors import MESSAGES, message_for, warning_for
from ingest.queue.obstacles import SENTENCES
from kb.models import DocumentVersion

register = template.Library()
register.filter("warning", warning_for)
MAX_STRETCHES = 12


@register.filter
def failure(version: DocumentVersion) -> str:
    """The sentence for the version's error code; its stored English where the code is unknown."""
    return message_for(version.error_code) if version.error_code in MESSAGES else version.error_message


@register.filter
def reason(code: str) -> str:
    """The sentence for why something was not done."""
    return message_for(code)


@register.filter
def obstacle(code: str) -> str:
    """The sentence for what a job waits out."""
    return gettext(SENTENCES[code]) if code in SENTENCES else code


@register.filter
def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers in short: "1, 3–7, …"; at most twelve stretches."""
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and number <= stretches[-1][1] + 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    ranges = [str(first) if first == last else f"{first}–{last}" for first, last in stretches[:MAX_STRETCHES]]
    return ", ".join(ranges + ["…"] * (len(stretches) > MAX_STRETCHES))


@register.filter
def seconds(milliseconds: float | str | None) -> str:
    """Milliseconds as seconds with two decimals; a dash where a stage was not timed (None, or "" from a template)."""
    return "–" if milliseconds is None or milliseconds == "" else f"{float(milliseconds) / 1000:.2f}"

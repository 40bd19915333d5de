"""Moments as people read them: the one place where a page's dates and times are formatted.

The server writes a moment in the reader's time zone where the browser has named it (`config.requests.time_zone`), else in the
installation's; `static/js/moments.js` writes it anew in the browser's zone and language. `datetime` holds it in ISO's form.
"""

from datetime import UTC, date, datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

FORMS = ("day", "minute", "second", "exact", "clock")


@register.simple_tag
def moment(at: datetime | str | None, form: str = "minute") -> SafeString | str:
    """Return a `<time>` element; "" where there is no moment.

    Args:
        at: a moment, or one as ISO 8601 writes it, as signed files hold it; any other text is returned as it is.
        form: "day", "minute" (day, hour and minute), "second", "exact" (with the zone), or "clock" (hour and minute alone).
    """
    found = _parse(at) if isinstance(at, str) else at
    if isinstance(found, datetime):
        return _element(found, format_moment(found, form), form)
    return at if isinstance(at, str) else ""


@register.simple_tag
def moment_ago(at: datetime | None) -> SafeString | str:
    """Return a `<time>` element that says how long ago it was, and when on pointing at it; "" where there is no moment."""
    return _element(at, naturaltime(at), "ago") if at else ""


@register.filter
def day_of(at: date | datetime | None) -> str:
    """Return a day for the middle of a sentence or an attribute, which hold no element; "" where there is none."""
    return format_moment(at, "day") if at else ""


@register.filter
def iso_day(text: str) -> str:
    """Return a day that is kept as YYYY-MM-DD for the middle of a sentence; any other text as it is."""
    try:
        return format_moment(date.fromisoformat(text), "day")
    except ValueError:
        return text


def format_moment(at: date | datetime, form: str) -> str:
    """Return a moment in words, in the active language and time zone; a bare date stays the day that it names.

    Raises: ValueError: no such form.
    """
    if form not in FORMS:
        raise ValueError(f"no form of a moment: {form}")
    if not isinstance(at, datetime):
        return date_format(at, "DATE_FORMAT")
    local = timezone.localtime(at)
    if form == "clock":
        return date_format(local, "TIME_FORMAT")
    if form in ("day", "minute"):
        return date_format(local, "DATE_FORMAT" if form == "day" else "DATETIME_FORMAT")
    text = f"{date_format(local, 'DATETIME_FORMAT')}:{local:%S}"
    return f"{text} {_zone(local)}" if form == "exact" else text


def _parse(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:  # a 13th month
        return None


def _zone(local: datetime) -> str:
    """Return the difference to Greenwich as browsers write it: "GMT", "GMT+08:00"."""
    offset = f"{local:%z}"
    return f"GMT{offset[:3]}:{offset[3:5]}" if offset.strip("+-0") else "GMT"


def _element(at: datetime, text: str, form: str) -> SafeString:
    return format_html(
        '<time datetime="{}" data-moment="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        form,
        format_moment(at, "exact"),
        text,
    )

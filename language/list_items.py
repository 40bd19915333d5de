"""Markers of list items: "-", "2.", "(3)", "（三）", "四、"."""

import re

_HAN_DIGITS = "一二三四五六七八九十"
_MARKER = (
    rf"(?:[-*+•·◦▪●○]|(?P<number>\d{{1,3}})[.)、]|[（(]\s*(?:(?P<inner>\d{{1,2}})|(?P<inner_han>[{_HAN_DIGITS}]{{1,3}}))\s*[）)]"
    rf"|(?P<han>[{_HAN_DIGITS}]{{1,3}})、)"
)
_ALONE = re.compile(rf"{_MARKER}\Z")
_BEFORE_TEXT = re.compile(rf"\s*{_MARKER}(?=\s|(?<=[）)、])\S)")


def is_item_marker(text: str) -> bool:
    """Tell whether a text is the marker of a list item, and nothing else."""
    return _ALONE.match(text) is not None


def begins_with_item(text: str) -> bool:
    """Tell whether a text begins with a list item, after white space at most."""
    return _BEFORE_TEXT.match(text) is not None


def item_number(marker: str) -> int | None:
    """Return the number that a marker gives its item; None for a bullet."""
    found = _ALONE.match(marker)
    if found is None:
        return None
    if digits := found["number"] or found["inner"]:
        return int(digits)
    han = found["inner_han"] or found["han"]
    return _read_han(han) if han else None


def _read_han(text: str) -> int:
    """Return a number below a hundred: 十二 is 12, 二十 is 20."""
    tens, ten, ones = text.rpartition("十")
    value = _HAN_DIGITS.index(ones) + 1 if ones else 0
    return value + (10 * (_HAN_DIGITS.index(tens) + 1 if tens else 1) if ten else 0)

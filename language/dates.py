"""Dates in one form, whatever form they are written in: 2023年1月5日, 2023/1/5, 5 January 2023 and Jan 5, 2023 are 2023-01-05."""

import re
from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = ("uary", "ruary", "ch", "il", "", "e", "y", "ust", "(?:t(?:ember)?|ember)", "ober", "ember", "ember")
_NAME = "(" + "|".join(f"{short}(?:{rest})?" for short, rest in zip(_MONTHS, _LONG, strict=True)) + r")\.?"
_DIGITS = dict(zip("〇零一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_HAN_NUMBER = "[〇零一二三四五六七八九十]"
_NUMERIC = re.compile(r"(?<![\d./-])((?:1[5-9]|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?![\d./-]*\d)")
_HAN = re.compile(
    rf"((?<!\d)(?:1[5-9]|20)\d\d|[一二][〇零一二三四五六七八九]{{3}}) ?年 ?(\d{{1,2}}|{_HAN_NUMBER}{{1,2}}) ?月"
    rf"(?: ?(\d{{1,2}}|{_HAN_NUMBER}{{1,3}}) ?[日号])?"
)
_HAN_YEAR = re.compile(r"([一二][〇零一二三四五六七八九]{3}) ?年")
_MONTH_FIRST = re.compile(rf"\b{_NAME}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+((?:1[5-9]|20)\d\d)\b")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_NAME},?\s+((?:1[5-9]|20)\d\d)\b")


def find_dates(text: str) -> Iterator[str]:
    """Yield what is dated in `text`: days as 2023-01-05, months as 2023-01, years only where they are written in Chinese numerals.

    Args:
        text: in lower case, full-width forms folded.
    """
    for match in _NUMERIC.finditer(text):
        yield from _date(match[1], int(match[3]), int(match[4]))
    for match in _HAN.finditer(text):
        yield from _date(_year(match[1]), _number(match[2]), _number(match[3]) if match[3] else None)
    for match in _HAN_YEAR.finditer(text):
        yield _year(match[1])
    for match in _MONTH_FIRST.finditer(text):
        yield from _date(match[3], _MONTHS.index(match[1][:3]) + 1, int(match[2]))
    for match in _DAY_FIRST.finditer(text):
        yield from _date(match[3], _MONTHS.index(match[2][:3]) + 1, int(match[1]))


def _date(year: str, month: int, day: int | None) -> Iterator[str]:
    if not 1 <= month <= 12:
        return
    yield f"{year}-{month:02}"
    if day is not None and 1 <= day <= 31:
        yield f"{year}-{month:02}-{day:02}"


def _year(written: str) -> str:
    return written if written.isdecimal() and written.isascii() else "".join(str(_DIGITS[digit]) for digit in written)


def _number(written: str) -> int:
    """Return a number below 100 in digits or Chinese numerals."""
    if written.isascii():
        return int(written)
    tens, ten, ones = written.partition("十")
    if not ten:
        return _DIGITS[written] if len(written) == 1 else 0
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)

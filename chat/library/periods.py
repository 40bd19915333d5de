"""A period as people write it ("last week", "上个月") as the days from its first to its last."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from language.dates import find_dates

_RECENTLY_DAYS = 30
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "a": 1}
_DIGITS_ZH = {mark: number for number, mark in enumerate("零一二三四五六七八九")} | {"两": 2}
_DAYS = {"day": 1, "week": 7, "month": 30, "天": 1, "周": 7, "星期": 7, "月": 30}
_SPAN = re.compile(r"\bthe (?:last|past)(?: (?P<count>\w+))? (?P<unit>day|week|month)s?$", re.IGNORECASE)
_SPAN_ZH = re.compile(r"(?:最近|过去|近)(?P<count>[一二两三四五六七八九十\d]+)个?(?P<unit>天|周|星期|月)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first` to `last`, both of them included."""

    first: date
    last: date


def read_period(text: str, *, today: date) -> Period | None:
    """Return the days that a period names, seen from `today`; None for words that name none."""
    words = text.casefold().strip()
    if (span := _SPAN.search(words)) or (span := _SPAN_ZH.search(words)):
        count = _number(span["count"])
        return Period(first=today - timedelta(days=count * _DAYS[span["unit"]] - 1), last=today) if count else None
    if words.startswith("since "):
        named = max(find_dates(words), key=len, default="")  # a day rather than its month
        try:
            return Period(first=date.fromisoformat(named), last=today)
        except ValueError:
            return None
    return _named(words, today)


def _named(words: str, today: date) -> Period | None:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    match words:
        case "today" | "今天":
            return Period(first=today, last=today)
        case "yesterday" | "昨天":
            return Period(first=today - timedelta(days=1), last=today - timedelta(days=1))
        case "this week" | "本周" | "这周" | "这个星期" | "这星期":
            return Period(first=monday, last=today)
        case "last week" | "上周" | "上星期" | "上个星期":
            return Period(first=monday - timedelta(days=7), last=monday - timedelta(days=1))
        case "this month" | "本月" | "这个月":
            return Period(first=month, last=today)
        case "last month" | "上月" | "上个月":
            end = month - timedelta(days=1)
            return Period(first=end.replace(day=1), last=end)
        case "this year" | "今年":
            return Period(first=today.replace(month=1, day=1), last=today)
        case "last year" | "去年":
            return Period(first=date(today.year - 1, 1, 1), last=date(today.year - 1, 12, 31))
        case "recently" | "lately" | "最近" | "近期":
            return Period(first=today - timedelta(days=_RECENTLY_DAYS - 1), last=today)
    return None


def _number(text: str | None) -> int:
    """Return a small number written in digits or words; 1 where there is none, 0 where it is no number."""
    if not text:
        return 1
    if text.isdecimal():
        return min(int(text), 10_000)
    if text in _WORDS:
        return _WORDS[text]
    if "十" in text:
        tens, _mark, ones = text.partition("十")
        return (_DIGITS_ZH.get(tens, 1) if tens else 1) * 10 + (_DIGITS_ZH.get(ones, 0) if ones else 0)
    return _DIGITS_ZH.get(text, 0)

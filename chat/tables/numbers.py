"""Numbers as cells hold them: "$34,819", "(0.2)", "29.4%", "20 thousand euros", "1.2万元"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_CELL = re.compile(
    r"^(?P<lead>[^\d()+\-−–.]{0,12}?)\s*(?P<open>\()?\s*(?P<sign>[-−–+])?\s*(?P<mark>[$€£¥￥]|(?:US|HK|A|C|NZ|S)\$|RMB|USD|EUR|GBP|CNY)?\s*"
    r"(?P<digits>\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s*(?P<close>\))?\s*"
    r"(?P<unit>[^\d]{0,40}?)(?P<note>\s*\(\w{1,2}\))?\s*$"
)
_MARK = re.compile(r"[$€£¥￥]|(?:US|HK|A|C|NZ|S)\$|RMB|USD|EUR|GBP|CNY|HKD|AUD|CAD|JPY|CHF|约|≈|~")
_NONE = frozenset({"—", "–", "-", "−", "--", "nil", "n/a", "na", "n.a.", "*", "无", "/"})
_RANGE_OR_DATE = re.compile(r"\d\s*[-–/]\s*\d|\d:\d")


@dataclass(frozen=True, slots=True)
class Number:
    """A number and what it is counted in. `unit`: what stands after it ("%", "thousand euros"); `mark`: a currency before it."""

    value: Decimal
    unit: str = ""
    mark: str = ""


@lru_cache(maxsize=1 << 16)
def read_number(text: str) -> Number | None:
    """Return the number that a cell holds, None for words, dates and ranges. Brackets around it mean less than nothing."""
    bare = text.strip()
    if bare.casefold() in _NONE or _RANGE_OR_DATE.search(bare):
        return None
    found = _CELL.match(bare)
    if found is None or (found["lead"].strip() and not _MARK.fullmatch(found["lead"].strip())):
        return None
    value = Decimal(re.sub(r"[, \u00a0\u202f]", "", found["digits"]))
    unit = found["unit"].strip().strip("()").strip()
    if re.search(r"\b(?:and|to|or|of|over|under)\b", unit):
        return None  # "7 and higher"
    if unit and not re.fullmatch(r"[%°¢‰\w][\w\s%/.²³µ·-]*|[％]", unit):
        return None
    is_negative = bool(found["open"]) or (found["sign"] or "") in ("-", "−", "–")
    mark = (found["mark"] or found["lead"] or "").strip()
    return Number(-value if is_negative else value, unit.replace("％", "%"), mark)


def is_blank(text: str) -> bool:
    """Tell whether a cell says that there is nothing."""
    return not text.strip() or text.strip().casefold() in _NONE


def write_number(value: Decimal, *, places: int | None = None) -> str:
    """Return a number with separated thousands, rounded to `places`; without one, as it is."""
    if places is not None:
        value = round(value, places)
    text = f"{value:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text

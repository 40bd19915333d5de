"""Numbers, amounts and dates of a text in one form, whatever way they were written.

"six" = 6, 十二 = 12, 1.2万 = 12,000, "$1.5 million" = 1,500,000 USD, 百分之五 = 5 %, "5 January 2024" = 2024-01-05 = 2024年1月5日.
Texts are expected as `normalize` leaves them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from language.raised import fold_compatibility
from language.units import CURRENCY_PREFIXES, UNIT_WORDS, UNITS_ZH, unit_of

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<y>[12]\d{3})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<y>[12]\d{3})\s*年\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号])?",
        r"(?<!\d)(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<y>[12]\d{{3}}))?\b",
        rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>[12]\d{{3}}))?\b(?!\s*(?:%|percent))",
        rf"\b{_MONTH},?\s+(?:of\s+)?(?P<y>[12]\d{{3}})\b",
    )
)
_TIME = re.compile(
    r"(?<![\d:])(?P<h>\d{1,2})(?::(?P<min>\d{2}))?\s*(?P<half>[ap]\.?m\b\.?)|(?<![\d:])(?P<h2>\d{1,2}):(?P<min2>\d{2})(?![\d:])",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    r"(?P<cur>US\$|HK\$|[$€£¥])?\s?(?<![A-Za-z_.\d])(?<![A-Za-z]-)(?P<n>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<suffix>[A-Za-z]*)"
)
_SUFFIXES = frozenset(
    [
        "st",
        "nd",
        "rd",
        "th",
        "s",
        "k",
        "m",
        "bn",
        "mn",
        "b",
        "h",
        "hr",
        "hrs",
        "min",
        "km",
        "kg",
        "g",
        "mg",
        "cm",
        "mm",
        "ft",
        "mb",
        "gb",
        "tb",
        "kb",
        "am",
        "pm",
        "x",
    ]
)
_SCALES = {
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "mn": 1e6,
    "bn": 1e9,
    "万亿": 1e12,
    "千万": 1e7,
    "百万": 1e6,
    "亿": 1e8,
    "万": 1e4,
    "千": 1e3,
    "百": 1e2,
}
_SCALE = re.compile(r"\s?(thousand|million|billion|trillion|mn\b|bn\b)|\s?(万亿|千万|百万|亿|万|千(?!米|克|瓦)|百)", re.IGNORECASE)
_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"],
        start=1,
    )
}
_BIG = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "dozen": 12}
_WORD = "|".join(sorted([*_SMALL, *_BIG, "half"], key=len, reverse=True))
_WORDS = re.compile(rf"\b(?:(?:{_WORD})(?:[\s-]+(?:and\s+)?(?=(?:{_WORD})\b))?)+\b", re.IGNORECASE)
_DIGITS_ALONE = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"\b(" + "|".join(_ORDINALS) + r")\b", re.IGNORECASE)
_DIGITS_ZH = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES_ZH = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_NUMERAL_ZH = re.compile(
    r"(?P<percent>百分之)?(?P<nth>第)?(?P<n>[零〇一二两三四五六七八九十百千万亿]+(?:点[零一二三四五六七八九]+)?|(?<=百分之)\d+(?:\.\d+)?)"
)
_CLASSIFIERS = "个年月日天周小分秒元块美人名位次倍章条款项级种件届期家台座部岁公米厘吨亩股份页场支只辆艘架成半多余工"
_CODE = re.compile(
    r"\b[A-Za-z]+-?\d[\w-]*|(?<![\d.,$€£¥])\d+(?:-[A-Za-z]\b|\([a-z]\)|[kK]\b)", re.ASCII
)  # "SF-50", "401(k)", "10-K"
_RANGE_UNIT = re.compile(r"\s*(?:-|–|—|~|to|and|or|至|到|或)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit ("" where none is known), or a date."""

    value: float
    unit: str
    start: int
    end: int
    is_required: bool = True  # False: a word like "one" or 一, that evidence may use and a claim need not prove
    date: tuple[int | None, int | None, int | None] | None = None  # year, month, day


def normalize(text: str) -> str:
    """Return `text` in compatibility form (full-width digits become ASCII), one space between words."""
    text = text.replace("，", "， ").replace("％", "%")
    return re.sub(r"[^\S\n]+", " ", fold_compatibility(text)).strip()


def read_quantities(text: str) -> list[Quantity]:
    """Return the quantities of a normalised text, dates included, by position."""
    found: list[Quantity] = []
    taken = bytearray(len(text))
    for match in _CODE.finditer(text):
        taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for reader in (_read_dates, _read_times, _read_percent_zh, _read_digits, _read_words, _read_numerals_zh):
        for quantity in reader(text):
            if not any(taken[quantity.start : quantity.end]):
                taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
                found.append(quantity)
    found.sort(key=lambda quantity: quantity.start)
    return _share_units(text, found)


def find_numbers(text: str) -> list[tuple[int, int]]:
    """Return where numbers stand in an English text, in digits or in words, as (start, end) in code points, in their order."""
    return sorted(found.span() for pattern in (_DIGITS_ALONE, _WORDS) for found in pattern.finditer(text))


def _read_dates(text: str) -> Iterator[Quantity]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            month = _MONTHS[groups["month"].lower()] if groups.get("month") else int(groups["m"]) if groups.get("m") else None
            year = int(groups["y"]) if groups.get("y") else None
            day = int(groups["d"]) if groups.get("d") else None
            if (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31):
                yield Quantity(0, "date", match.start(), match.end(), date=(year, month, day))


def _read_times(text: str) -> Iterator[Quantity]:
    for match in _TIME.finditer(text):
        hour = int(match["h"] or match["h2"])
        minute = int(match["min"] or match["min2"] or 0)
        half = (match["half"] or "").lower()
        if hour < 24 and minute < 60:
            hour = hour % 12 + 12 if half.startswith("p") else hour % 12 if half else hour
            yield Quantity(hour * 60 + minute, "clock", match.start(), match.end())


def _read_percent_zh(text: str) -> Iterator[Quantity]:
    for match in re.finditer(r"百分之(\d+(?:\.\d+)?)", text):
        yield Quantity(float(match[1]), "%", match.start(), match.end())


def _read_digits(text: str) -> Iterator[Quantity]:
    for match in _DIGITS.finditer(text):
        suffix = match["suffix"]
        if suffix and suffix.lower() not in _SUFFIXES:
            continue  # a code: names see to it
        value = float(match["n"].replace(",", ""))
        end, unit = match.end(), CURRENCY_PREFIXES.get(match["cur"] or "", "")
        lower = suffix.lower()
        if unit and lower in ("k", "m", "b", "bn", "mn"):
            value *= {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}[lower]
        elif lower in UNIT_WORDS:
            unit = UNIT_WORDS[lower]
        elif lower == "s" and value >= 1000:
            unit = "decade"
        elif lower in ("st", "nd", "rd", "th"):
            unit = "nth"
        if not suffix:
            scale = _SCALE.match(text, end)
            if scale:
                value *= _SCALES[(scale[1] or scale[2]).lower()]
                end = scale.end()
        if text[max(match.start() - 1, 0) : match.start()] == "第":
            unit = "nth"
        if not unit:
            unit, end = unit_of(text, end)
        yield Quantity(value, unit, match.start("n") if not match["cur"] else match.start("cur"), end)


def _read_words(text: str) -> Iterator[Quantity]:
    for match in _WORDS.finditer(text):
        words = [word for word in re.split(r"[\s-]+", match.group(0).lower()) if word != "and"]
        unit, end = unit_of(text, match.end())
        yield Quantity(
            _value_of(words), unit, match.start(), end, is_required=words not in (["one"], ["half"], ["zero"]) or bool(unit)
        )
    for match in _ORDINAL.finditer(text):
        yield Quantity(
            _ORDINALS[match[1].lower()], "nth", match.start(), match.end(), is_required=match[1].lower() not in ("first", "second")
        )


def _value_of(words: list[str]) -> float:
    total = current = 0.0
    for word in words:
        if word == "half":
            current += 0.5
        elif word in _SMALL:
            current += _SMALL[word]
        elif word in ("hundred", "dozen"):
            current = max(current, 1) * _BIG[word]
        else:
            total += max(current, 1) * _BIG[word]
            current = 0
    return total + current


def _read_numerals_zh(text: str) -> Iterator[Quantity]:
    for match in _NUMERAL_ZH.finditer(text):
        numeral = match["n"]
        value = _value_zh(numeral)
        if value is None:
            continue
        if match["percent"]:
            yield Quantity(value, "%", match.start(), match.end())
            continue
        unit, end = ("nth", match.end()) if match["nth"] else unit_of(text, match.end())
        following = text[match.end() : match.end() + 1]
        is_counting = bool(match["nth"]) or bool(unit) or (following in _CLASSIFIERS and numeral != "一") or len(numeral) > 1
        if following in _CLASSIFIERS or is_counting:
            yield Quantity(
                value, unit, match.start(), end, is_required=is_counting and following != "" and numeral not in ("万一", "一一")
            )


def _value_zh(numeral: str) -> float | None:
    if numeral[0].isdigit():  # 百分之75
        return float(numeral)
    whole, _, fraction = numeral.partition("点")
    if not any(char in _PLACES_ZH for char in whole):  # read digit by digit: 二〇二四
        digits = "".join(str(_DIGITS_ZH[char]) for char in whole)
        value = float(digits) if digits else 0.0
    else:
        total = section = digit = 0.0
        for char in whole:
            if char in _DIGITS_ZH:
                digit = _DIGITS_ZH[char]
            elif char in "万亿":
                total = (total + section + digit) * _PLACES_ZH[char] if total + section + digit else _PLACES_ZH[char]
                section = digit = 0.0
            else:
                section += (digit or 1) * _PLACES_ZH[char]
                digit = 0.0
        value = total + section + digit
    if fraction:
        value += float("0." + "".join(str(_DIGITS_ZH[char]) for char in fraction))
    return value


def _share_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """Give the first number of a range the unit of the second: "3–15 years"."""
    shared = list(found)
    for i in range(len(shared) - 2, -1, -1):
        left, right = shared[i], shared[i + 1]
        if (
            not left.unit
            and right.unit
            and right.unit not in ("date", "clock")
            and _RANGE_UNIT.fullmatch(text[left.end : right.start])
        ):
            shared[i] = Quantity(left.value, right.unit, left.start, left.end, left.is_required)
    return shared


def unit_mentions(text: str) -> frozenset[str]:
    """Return the measures that a normalised text speaks of, with or without a number: "per month", 每月, "annual"."""
    words = {UNIT_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in UNIT_WORDS and len(word) > 2}
    chinese = {unit for word, unit in UNITS_ZH if len(word) > 1 and word in text}
    chinese |= {unit_of(text, match.end())[0] for match in re.finditer(r"[每按]", text)} - {""}
    return frozenset(words | chinese | {quantity.unit for quantity in read_quantities(text)} - {"", "date", "clock", "nth"})

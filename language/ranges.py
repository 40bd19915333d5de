"""Ranges that a text speaks of ("between 3 and 15 years", 满10年不满20年), and whether a question's number falls into one."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from language.lexicon import word_set
from language.quantities import Quantity, normalize, read_quantities
from language.units import UNIT_WORDS

_JOINT = re.compile(
    r"\s*(?:-|–|—|~|to|and|至|到|以上|的?[,，]?\s*(?:但)?(?:不满|不足|未满|不到))\s*(?:less than|under|不满|不足)?\s*",
    re.IGNORECASE,
)
# “Over” is a bound before a quantity ("over 500 dollars", "over a year"), and not as the particle of a verb. In "carry over unused
# leave" and "over the weekend" it bounds nothing: read as "more than" there, it turned a question round against every text with
# "up to" or "less than" in it.
# Verbs that take "over" even before a number: "you may carry over five days" are five, not more. With others ("the repairs took
# over 3 hours") it bounds the number.
_VERBS = word_set("carry carries carried carrying roll rolls rolled rolling hand hands handed handing left bring brings brought")
_COUNTS = word_set(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion billions "
    "dozen dozens half third quarter"
)
_UNITS = "|".join(map(re.escape, sorted(UNIT_WORDS, key=len, reverse=True)))
_LIMITS = "age|amount|limit|maximum|minimum|sum|threshold|value"
OVER = "".join(rf"(?<!\b{verb}[ \n-])" for verb in sorted(_VERBS)) + r"\bover\b"  # where a number is known to follow
OVER_A_QUANTITY = (
    rf"{OVER}(?= (?:about |nearly )?(?:[\d$€£¥]|(?:an? )?(?:{'|'.join(sorted(_COUNTS))})\b|an? (?:{_UNITS})\b|the (?:{_LIMITS})\b))"
)
_LOWER_BEFORE = re.compile(
    rf"(?:more than|{OVER}|at least|above|exceeding|greater than|after|minimum of|(?<!不)(?<!未)满|超过|至少|高于|大于)\s*$",
    re.IGNORECASE,
)
_HOLDS_ITSELF = re.compile(r"at least|after|minimum|满|至少", re.IGNORECASE)
_LOWER_AFTER = re.compile(r"^\s*(?:or more|or above|or over|and above|以上|及以上)", re.IGNORECASE)
_UPPER_BEFORE = re.compile(
    r"(?:less than|fewer than|under|up to|below|within|at most|before|不满|未满|不足|不到|不超过|低于|少于)\s*$", re.IGNORECASE
)
_UPPER_AFTER = re.compile(r"^\s*(?:or less|or fewer|or under|and below|以下|以内|及以下)", re.IGNORECASE)
_LATEST_COUNT = 1000  # a larger number of years is a calendar year


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high` of one unit."""

    low: float
    high: float
    unit: str
    is_above: bool = False  # "more than 5": 5 itself is out; "after 5", "at least 5" hold it

    def holds(self, value: float) -> bool:
        return self.low < value if self.is_above else self.low <= value <= self.high


def fits_a_range(question: str, text: str) -> bool | None:
    """Return whether a number of the question falls into a range of the text; None where the text has no range of its unit."""
    whole = normalize(question)
    asked = [quantity for quantity in read_quantities(whole) if _is_count(quantity)]
    if not asked:
        return None
    ranges = list(read_ranges(text))
    answers = [
        any(_fits(quantity.value, _bound(quantity, whole), span) for span in of_unit)
        for quantity in asked
        if (of_unit := [r for r in ranges if r.unit == quantity.unit])
    ]
    return any(answers) if answers else None


def _fits(value: float, asked: Range | None, span: Range) -> bool:
    """Tell whether a number falls into a range. One that is asked about with a bound of its own ("more than 80 hours") fits the
    same bound, and no range that only touches it from the other side ("80 hours or less")."""
    if asked is None or span == asked:
        return asked is not None or span.holds(value)
    is_beyond = (asked.is_above and span.high == asked.low) if math.isinf(asked.high) else span.low == asked.high
    return span.holds(value) and not is_beyond


def is_in_a_range(quantity: Quantity, text: str, *, of: str) -> bool:
    """Tell whether a number of the text `of` falls into a range of `text`: 12 people into "more than ten people"."""
    if _is_count(quantity):
        return any(span.unit == quantity.unit and span.holds(quantity.value) for span in read_ranges(text))
    counted = _counted(quantity, of)
    if quantity.unit or quantity.date or not counted:
        return False
    return any(
        (span := _bound(other, text)) is not None and span.holds(quantity.value)
        for other in read_quantities(text)
        if not other.unit and not other.date and _counted(other, text) == counted
    )


def _counted(quantity: Quantity, text: str) -> str:
    """Return the word that a bare number counts: "people"."""
    found = re.match(r"\s*(?:or (?:more|less|fewer) )?([^\W\d_]+)", text[quantity.end :])
    return found[1].lower()[:6] if found else ""


def _bound(quantity: Quantity, text: str) -> Range | None:
    """Return the range that a number bounds by itself; None where it bounds none."""
    before, after = text[: quantity.start], text[quantity.end :]
    if lower := _LOWER_BEFORE.search(before):
        return Range(quantity.value, math.inf, quantity.unit, is_above=not _HOLDS_ITSELF.match(lower.group(0)))
    if _LOWER_AFTER.match(after):
        return Range(quantity.value, math.inf, quantity.unit)
    if _UPPER_BEFORE.search(before) or _UPPER_AFTER.match(after):
        return Range(0, quantity.value, quantity.unit)
    return None


def read_ranges(text: str) -> Iterator[Range]:
    """Yield the ranges of a normalised text, by position."""
    quantities = [quantity for quantity in read_quantities(text) if _is_count(quantity)]
    position = 0
    while position < len(quantities):
        quantity = quantities[position]
        following = quantities[position + 1] if position + 1 < len(quantities) else None
        if following and following.unit == quantity.unit and _JOINT.fullmatch(text[quantity.end : following.start]):
            yield Range(min(quantity.value, following.value), max(quantity.value, following.value), quantity.unit)
            position += 2
            continue
        if (span := _bound(quantity, text)) is not None:
            yield span
        position += 1


def _is_count(quantity: Quantity) -> bool:
    is_measure = bool(quantity.unit) and quantity.unit not in ("nth", "clock", "date", "decade")
    return is_measure and quantity.date is None and not (quantity.unit == "year" and quantity.value >= _LATEST_COUNT)

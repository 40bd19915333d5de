"""Check one claim against one window of evidence."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chat.verify.alignment import Alignment, align, swapped_name, swapped_number, swapped_words
from chat.verify.windows import Window
from language.names import chinese_nouns, find_foreign_name, opening_word
from language.polarity import count_negations, find_contradiction
from language.quantities import Quantity, read_quantities, unit_mentions
from language.ranges import read_ranges
from language.wording import Wording, coverage, has_invented_run, read_wording, weakest_clause

# Coverage of the claim's terms by the window; between the two, meaning decides (MaxSim).
SURE_COVERAGE = 0.8
LEAST_COVERAGE = 0.5
LEAST_COVERAGE_ZH = 0.5
LEAST_CLAUSE = 0.34
LEAST_MAXSIM = 0.65
NAME_COPY = 0.62  # share of the claim's words that follow a sentence, from which a name cannot have moved: it stands for another
LEAST_WORD_MAXSIM = 0.52
_SEGMENT_BREAKS = ";；。!?\n"
_CLAUSE_BREAKS = _SEGMENT_BREAKS + ",，:"


@dataclass(frozen=True)
class Claim:
    """A sentence of the answer, without markers, analysed once."""

    text: str  # normalised

    @cached_property
    def wording(self) -> Wording:
        return read_wording(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        return [quantity for quantity in read_quantities(self.text) if quantity.is_required]

    @cached_property
    def units(self) -> frozenset[str]:
        return unit_mentions(self.text)

    @property
    def says_something(self) -> bool:
        return bool(self.wording.terms or self.quantities)


@dataclass(frozen=True)
class Judgement:
    """How one window supports a claim: `reason` is "" where nothing speaks against it."""

    window: Window
    reason: str
    coverage: float
    swaps: tuple[tuple[str, str], ...] = ()  # words set in the place of others: meaning must tell whether they are the same

    @property
    def is_sure(self) -> bool:
        return not self.reason and not self.swaps and self.coverage >= SURE_COVERAGE


def judge(claim: Claim, window: Window) -> Judgement:
    """Compare facts and wording; the window's context may give terms, names, years and units, but no polarity."""
    share = coverage(claim.wording.terms, window.terms)
    is_chinese = claim.wording.is_chinese
    reason = ""
    if share < _least_coverage(claim) or (
        claim.wording.terms and not claim.wording.terms & window.own_terms and not claim.wording.terms <= window.terms
    ):
        reason = "unsupported"
    reason = (
        reason
        or compare_quantities(claim, window)
        or ("name" if find_foreign_name(claim.text, window.whole) else "")
        or find_contradiction(claim.text, window.led_text)
    )
    if not reason and (
        weakest_clause(claim.text, window.terms) < LEAST_CLAUSE
        or has_invented_run(claim.wording, claim.text, window.terms, window.whole)
    ):
        reason = "invented"
    swaps: list[tuple[str, str]] = []
    alignment = None if reason else align(claim.text, [sentence.text for sentence in window.sentences], is_chinese=is_chinese)
    if alignment:
        reason = _turned(claim, alignment, window)
        swaps = swapped_words(alignment)
        if is_chinese and any(not set(said) & set(stands) for said, stands in swaps_of_nouns(swaps, claim.text)):
            reason = reason or "unsupported"
    opening = "" if is_chinese else opening_word(claim.text)
    if opening and not set(read_wording(opening).terms) <= window.terms:
        swaps.append((opening, window.text))
    return Judgement(window, reason, share, () if is_chinese else tuple(swaps))


def swaps_of_nouns(swaps: Sequence[tuple[str, str]], claim: str) -> list[tuple[str, str]]:
    """Return the swaps that replace one thing by another. The encoder reads no Chinese: there, any swap may be a false one."""
    nouns = chinese_nouns(claim)
    return [(said, stands) for said, stands in swaps if any(len(unit) > 1 and unit in nouns for unit in said.split())]


def _least_coverage(claim: Claim) -> float:
    """A short claim has no words to spare."""
    if claim.wording.is_chinese:
        return LEAST_COVERAGE_ZH
    return LEAST_COVERAGE if len(claim.wording.terms) >= 8 else 0.6 if len(claim.wording.terms) >= 5 else 0.75


def _turned(claim: Claim, alignment: Alignment, window: Window) -> str:
    """Return the kind of fact that a near copy changes: "number", "name", "negation" or ""."""
    ranged = [quantity.value for quantity in claim.quantities if not quantity.date and _falls_into_range(claim, quantity, window)]
    if swapped_number(alignment, within_range=ranged):
        return "number"
    if alignment.claim_share >= NAME_COPY and swapped_name(claim.text, alignment):
        return "name"
    return "negation" if alignment.is_copy and count_negations(claim.text) != count_negations(alignment.sentence) else ""


def compare_quantities(claim: Claim, window: Window) -> str:
    """Return "number", "date", "unit" or "": the window must hold each quantity of the claim, with its unit."""
    for quantity in claim.quantities:
        if quantity.date:
            if not _has_date(quantity, window):
                return "date"
            continue
        same = [other for other in (*window.quantities, *window.context_quantities) if _is_same_value(quantity, other)]
        if not same:
            if _falls_into_range(claim, quantity, window):
                continue
            return "number"
        if quantity.unit and not any(_is_same_unit(quantity.unit, other.unit, window) for other in same):
            return "unit"
    if claim.units - window.units - {"second"}:
        return "unit"
    return _misplaced(claim, window)


def _falls_into_range(claim: Claim, quantity: Quantity, window: Window) -> bool:
    """Tell whether one row or clause has a range that includes the value, and all other quantities of the claim.

    "After five years" is supported by "between 3 and 15 years: 6 hours", not by the row beside it.
    """
    if any(math.isfinite(span.high) and quantity.value in (span.low, span.high) for span in read_ranges(claim.text)):
        return False  # the claim states a range itself: its ends must stand in the evidence
    others = [other for other in claim.quantities if other is not quantity]
    for segment in re.split(f"[{_SEGMENT_BREAKS}]", window.text):
        found = read_quantities(segment)
        if any(span.unit == quantity.unit and span.holds(quantity.value) for span in read_ranges(segment)) and all(
            any(_is_same_value(other, stands) for stands in found) for other in others
        ):
            return bool(others)
    return False


def _is_same_value(left: Quantity, right: Quantity) -> bool:
    if right.date:
        return left.unit in ("", "year", "nth") and left.value in [part for part in right.date if part]
    if (left.unit == "clock") != (right.unit == "clock"):
        return False
    return abs(left.value - right.value) <= 1e-9 * max(1.0, abs(left.value))


def _is_same_unit(claimed: str, found: str, window: Window) -> bool:
    return (
        claimed == found
        or (not found and (claimed in window.units or claimed in ("nth", "person", "times")))
        or found in ("date", "nth")
    )


def _has_date(quantity: Quantity, window: Window) -> bool:
    year, month, day = quantity.date or (None, None, None)
    for other in (*window.quantities, *window.context_quantities):
        if not other.date:
            continue
        found_year, found_month, found_day = other.date
        if month != found_month or (day and day != found_day):
            continue
        if year and found_year and year != found_year:
            continue
        if year and not found_year and not _names_year(year, window):
            continue
        return True
    return False


def _names_year(year: int, window: Window) -> bool:
    return any(
        other.value == year or (other.date is not None and other.date[0] == year)
        for other in (*window.quantities, *window.context_quantities)
    )


def _misplaced(claim: Claim, window: Window) -> str:
    """Return "number" where the window has the claim's value beside other words, and another value beside the claim's words."""
    for quantity in claim.quantities:
        if quantity.date or not quantity.unit:
            continue
        rivals = [other for other in window.quantities if other.unit == quantity.unit]
        if len({other.value for other in rivals}) < 2 or any(
            _falls_into_range(claim, other, window) for other in claim.quantities if other is not quantity and not other.date
        ):
            continue
        for breaks in (_CLAUSE_BREAKS, _SEGMENT_BREAKS):
            around = _terms_around(claim.text, quantity, breaks)
            scores = [
                (len(around & _terms_around(window.text, other, breaks)), _is_same_value(quantity, other)) for other in rivals
            ]
            own = max((score for score, is_same in scores if is_same), default=-1)
            best = max((score for score, is_same in scores if not is_same), default=-1)
            if 0 <= own <= best - 2 or (own == 0 and best > 0):
                return "number"
    return ""


def _terms_around(text: str, quantity: Quantity, breaks: str) -> frozenset[str]:
    """Return the terms and numbers between the `breaks` around `quantity`, without the quantity itself."""
    start = max(text.rfind(mark, 0, quantity.start) for mark in breaks) + 1
    ends = [position for position in (text.find(mark, quantity.end) for mark in breaks) if position >= 0]
    end = min(ends, default=len(text))
    numbers = (
        other
        for other in read_quantities(text[start:end])
        if (other.start, other.end) != (quantity.start - start, quantity.end - start)
    )
    words = read_wording(text[start : quantity.start] + " " + text[quantity.end : end]).terms
    return words | frozenset(f"#{other.value:g}{other.date or ''}" for other in numbers)

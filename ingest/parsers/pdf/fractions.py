"""Fractions of a PDF, drawn as one line of text above a bar and one below, are written as a line: "k = (P + 2 Q)/(3 A)".

A bar of a fraction stands on the level of the text beside it; a line below a word does not.
"""

import re
from dataclasses import replace

from ingest.parsers.pdf.page import Line, RawPage, Word
from ingest.parsers.pdf.raised import SUMS
from ingest.parsers.pdf.tables.rules import Rule

LONGEST = 220.0  # points: longer bars are rules
BESIDE = 1.2  # of the height of a line: how far from the bar the text beside it stands
LEVEL = 0.3  # of that height: how far from its middle the bar may run
NEAR = 0.55  # of that height: how far from the bar the parts end
OVERHANG = 3.0  # points that a part may reach beyond the bar
MOST_WORDS = 14  # of a part
DIGITS = 3  # of a fraction such as 3/8 in a sentence, at most
OPERATOR = re.compile(r"[=≈≤≥<>+−×·∙*/(-]$|^[=≈≤≥<>+−×·∙*/)-]")  # beside a bar: it belongs to a formula
SMALLER = 0.85  # of the height of the sign of a sum: its limits
EDGE = 0.3  # of that height: within its box the sign has white above and below
MOST_IN_LIMIT = 5  # words


def write_fractions(page: RawPage) -> None:
    """Put the parts of each fraction and the limits of each sum into the line that they belong to, in place."""
    for bar in page.strokes:
        if bar.end - bar.start <= LONGEST:
            _write_fraction(page, bar)
    if any(SUMS & set(word.text) for line in page.lines for word in line.words):
        _write_limits(page)


def _write_fraction(page: RawPage, bar: Rule) -> None:
    found = _beside(page, bar)
    if found is None:
        return
    line, neighbour = found
    height = neighbour.bottom - neighbour.top
    over, under = _part(page, bar, height, is_above=True), _part(page, bar, height, is_above=False)
    if not over or not under or not (OPERATOR.search(neighbour.text) or (_is_number(over) and _is_number(under))):
        return  # a name over several columns, beside another one
    text = f"{_as_part(over)}/{_as_part(under)}"
    fraction = Word(text, bar.start, over[0].top, bar.end, under[0].bottom, spaced=True)
    _replace(page, line, {id(word) for word in (*over, *under)}, fraction)


def _beside(page: RawPage, bar: Rule) -> tuple[Line, Word] | None:
    """Return the line on the level of a bar, and its word right before the bar or right behind it."""
    for line in page.lines:
        if line.turn or line.apart or not line.top < bar.at < line.bottom:
            continue
        for word in line.words:
            height = word.bottom - word.top
            is_level = abs((word.top + word.bottom) / 2 - bar.at) < LEVEL * height
            gap = max(bar.start - word.right, word.left - bar.end)
            if is_level and -0.2 * height < gap < BESIDE * height:
                return line, word
    return None


def _part(page: RawPage, bar: Rule, height: float, *, is_above: bool) -> list[Word]:
    """Return the words right above or right below a bar, all of them within its ends; none where others stand there."""
    words: list[Word] = []
    for line in page.lines:
        if line.turn or line.apart:
            continue
        for word in line.words:
            gap = bar.at - word.bottom if is_above else word.top - bar.at
            if -0.25 * height < gap < NEAR * height and word.right > bar.start and word.left < bar.end:
                words.append(word)
    is_inside = all(bar.start - OVERHANG <= word.left and word.right <= bar.end + OVERHANG for word in words)
    return sorted(words, key=lambda word: word.left) if is_inside and len(words) <= MOST_WORDS else []


def _is_number(words: list[Word]) -> bool:
    return len(words) == 1 and words[0].text.isdigit() and len(words[0].text) <= DIGITS


def _as_part(words: list[Word]) -> str:
    text = "".join((" " if number and word.spaced else "") + word.text for number, word in enumerate(words))
    is_simple = text.isalnum() or text.replace(".", "").replace(",", "").isdigit()
    return text if is_simple else f"({text})"


def _write_limits(page: RawPage) -> None:
    """Write what stands small above and below the sign of a sum behind it: "∑_(i=1)^(n)"."""
    for line in list(page.lines):
        for sign in line.words:
            if not SUMS & set(sign.text) or line.turn:
                continue
            limits = {True: _limit(page, sign, is_above=True), False: _limit(page, sign, is_above=False)}
            if not any(limits.values()):
                continue
            lower = f"_({_joined(limits[False])})" if limits[False] else ""
            upper = f"^({_joined(limits[True])})" if limits[True] else ""
            gone = {id(word) for part in limits.values() for word in part} | {id(sign)}
            _replace(page, line, gone, replace(sign, text=f"{sign.text}{lower}{upper}"))
            break


def _limit(page: RawPage, sign: Word, *, is_above: bool) -> list[Word]:
    """Return the small words right above or right below a sign, in its middle."""
    height, middle = sign.bottom - sign.top, (sign.left + sign.right) / 2
    words = [word for line in page.lines if not line.turn for word in line.words if _is_limit(word, sign, is_above=is_above)]
    if not words or len(words) > MOST_IN_LIMIT:
        return []
    centre = (min(word.left for word in words) + max(word.right for word in words)) / 2
    return sorted(words, key=lambda word: word.left) if abs(centre - middle) < 0.6 * height else []


def _is_limit(word: Word, sign: Word, *, is_above: bool) -> bool:
    height = sign.bottom - sign.top
    middle = (word.top + word.bottom) / 2
    distance = sign.top + EDGE * height - middle if is_above else middle - (sign.bottom - EDGE * height)
    is_small = word is not sign and word.bottom - word.top < SMALLER * height
    return is_small and 0 < distance < height and word.left < sign.right + EDGE * height and word.right > sign.left - 0.6 * height


def _joined(words: list[Word]) -> str:
    return "".join(word.text for word in words)


def _replace(page: RawPage, line: Line, gone: set[int], written: Word) -> None:
    """Put a word into a line by its place, and take others out of the page."""
    lines: list[Line] = []
    for other in page.lines:
        words = [word for word in other.words if id(word) not in gone]
        if other is line:
            words = sorted([*words, written], key=lambda word: word.left)
        if len(words) == len(other.words) and other is not line:
            lines.append(other)
        elif words:
            lines.append(Line(words, bold=other.bold, hyphenated=other.hyphenated and words[-1] is other.words[-1]))
    page.lines = lines

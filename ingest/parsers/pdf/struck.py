"""Words that are struck out: by a rule drawn through them, or by the marker of an annotation. They do not hold any more."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import groupby

from ingest.parsers.pdf.page import Line, RawPage, Word
from ingest.parsers.pdf.tables.rules import Rule

Rectangle = tuple[float, float, float, float]

UPPER, LOWER = 0.38, 0.74  # of the height of a line, from its top: a rule here crosses letters; one for underlining lies lower
COVERED = 0.6  # of a word's width
OVERHANG = 1.2  # heights of a line that a rule may reach beyond the words it strikes out: longer ones part rows and columns
MARKED = 0.5  # of a word's height that a marker covers


def drop_struck(page: RawPage) -> list[str]:
    """Take the struck-out words out of a page, in place. Returns: the stretches that went."""
    if not page.strokes and not page.annotations.struck:
        return []
    gone: set[int] = set()
    strokes = sorted(page.strokes, key=lambda rule: rule.at)
    places = [rule.at for rule in strokes]
    for line in page.lines:
        if line.apart or line.turn:
            continue
        if page.annotations.struck:
            gone.update(id(word) for word in line.words if _is_marked(word, page.annotations.struck))
        for rule in strokes[bisect_left(places, line.top) : bisect_left(places, line.bottom)]:
            gone.update(map(id, _crossed(line, rule)))
    if not gone:
        return []
    kept: list[Line] = []
    stretches: list[str] = []
    for line in page.lines:
        words = [word for word in line.words if id(word) not in gone]
        for is_gone, stretch in groupby(line.words, key=lambda word: id(word) in gone):
            stretches += [" ".join(word.text for word in stretch)] * is_gone
        if len(words) == len(line.words):
            kept.append(line)
        elif words:
            is_whole = words[-1] is line.words[-1]
            kept.append(Line(words, bold=line.bold, hyphenated=line.hyphenated and is_whole))
    page.lines = kept
    return stretches


def _is_marked(word: Word, boxes: Iterable[Rectangle]) -> bool:
    middle = (word.left + word.right) / 2
    return any(
        left <= middle <= right and min(bottom, word.bottom) - max(top, word.top) > MARKED * (word.bottom - word.top)
        for left, top, right, bottom in boxes
    )


def _crossed(line: Line, rule: Rule) -> list[Word]:
    """Return the words of a line that a rule runs through; none where it reaches far beyond them, as a rule of a table does."""
    if not line.top < rule.at < line.bottom or rule.end < line.left or rule.start > line.right:
        return []
    words = [word for word in line.words if _crosses(word, rule)]
    if not words:
        return []
    reach = OVERHANG * line.size
    return words if rule.start > words[0].left - reach and rule.end < words[-1].right + reach else []


def _crosses(word: Word, rule: Rule) -> bool:
    height = word.bottom - word.top
    covered = min(word.right, rule.end) - max(word.left, rule.start)
    return UPPER < (rule.at - word.top) / height < LOWER and covered > COVERED * (word.right - word.left) if height > 0 else False

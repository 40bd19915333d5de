"""Words that are struck out: by a rule drawn through them, or by the marker of an annotation. They do not hold any more."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby

from ingest.parsers.pdf.page import Line, RawPage, Word
from ingest.parsers.pdf.tables.rules import Rule

Rectangle = tuple[float, float, float, float]

UPPER, LOWER = 0.38, 0.74  # of the height of a line, from its top: a rule here crosses letters; one for underlining lies lower
COVERED = 0.6  # of a word's width
OVERHANG = 1.2  # heights of a line that a rule may reach beyond the words it strikes out: longer ones part rows and columns
MARKED = 0.5  # of a word's height that a marker covers
INSIDE = 0.15  # of a word's height: what ends so far inside of it strikes a part out


def cut_struck(page: RawPage, firsts: Iterable[tuple[Word, int]], corners: Callable[[int], Rectangle | None]) -> None:
    """Cut the words that are struck out in part into what is struck out and what stays, in place.

    Args:
        firsts: words whose characters are known, each with the number of its first one.
        corners: of a character by its number.
    """
    if not page.strokes and not page.annotations.struck:
        return
    known = {id(word): first for word, first in firsts}
    strokes = sorted(page.strokes, key=lambda rule: rule.at)
    places = [rule.at for rule in strokes]
    for number, line in enumerate(page.lines):
        if line.apart or line.turn:
            continue
        near = strokes[bisect_left(places, line.top) : bisect_left(places, line.bottom)]
        if not near and not page.annotations.struck:
            continue
        words = [part for word in line.words for part in _parts(word, known.get(id(word), -1), near, page, corners)]
        if len(words) > len(line.words):
            page.lines[number] = Line(words, bold=line.bold, hyphenated=line.hyphenated)


def _parts(
    word: Word, first: int, strokes: Iterable[Rule], page: RawPage, corners: Callable[[int], Rectangle | None]
) -> list[Word]:
    spans = [(rule.start, rule.end) for rule in strokes if _is_between(word, rule)]
    spans += [(box[0], box[2]) for box in page.annotations.struck if _reaches(word, box)]
    margin = INSIDE * (word.bottom - word.top)
    inside = [
        (start, end)
        for start, end in spans
        if min(word.right, end) - max(word.left, start) > margin and (start > word.left + margin or end < word.right - margin)
    ]
    if first < 0 or not inside:
        return [word]
    boxes = [corners(first + position) for position in range(len(word.text))]
    struck = [
        box is not None and any(min(box[2], end) - max(box[0], start) > COVERED * (box[2] - box[0]) for start, end in inside)
        for box in boxes
    ]
    parts: list[Word] = []
    for _, group in groupby(range(len(boxes)), key=struck.__getitem__):
        positions = list(group)
        found = [box for position in positions if (box := boxes[position])]
        edges = (min(box[0] for box in found), max(box[2] for box in found)) if found else (word.left, word.right)
        text = word.text[positions[0] : positions[-1] + 1]
        parts.append(replace(word, text=text, left=edges[0], right=edges[1], spaced=word.spaced and not parts))
    return parts


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
        words = _kept(line, gone)
        for is_gone, stretch in groupby(line.words, key=lambda word: id(word) in gone):
            stretches += [_joined(stretch)] * is_gone
        if len(words) == len(line.words):
            kept.append(line)
        elif words:
            is_whole = id(line.words[-1]) not in gone
            kept.append(Line(words, bold=line.bold, hyphenated=line.hyphenated and is_whole))
    page.lines = kept
    return stretches


def _kept(line: Line, gone: set[int]) -> list[Word]:
    """Return the words that stay. The space before what goes stands before what follows it at once."""
    kept: list[Word] = []
    is_spaced = False
    for word in line.words:
        is_spaced = is_spaced or word.spaced
        if id(word) not in gone:
            kept.append(word if word.spaced == is_spaced else replace(word, spaced=is_spaced))
            is_spaced = False
    return kept


def _joined(words: Iterable[Word]) -> str:
    return "".join((" " if word.spaced else "") + word.text for word in words).strip()


def _is_marked(word: Word, boxes: Iterable[Rectangle]) -> bool:
    middle = (word.left + word.right) / 2
    return any(left <= middle <= right and _reaches(word, (left, top, right, bottom)) for left, top, right, bottom in boxes)


def _reaches(word: Word, box: Rectangle) -> bool:
    return min(box[3], word.bottom) - max(box[1], word.top) > MARKED * (word.bottom - word.top)


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
    covered = min(word.right, rule.end) - max(word.left, rule.start)
    return covered > COVERED * (word.right - word.left) and _is_between(word, rule)


def _is_between(word: Word, rule: Rule) -> bool:
    height = word.bottom - word.top
    return height > 0 and UPPER < (rule.at - word.top) / height < LOWER

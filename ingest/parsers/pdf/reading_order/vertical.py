"""Chinese and Japanese text in columns from the right to the left: it is laid out as text that reads downwards is.

pdfium gives such a column as a line whose characters go down, or each character as a line of its own, in the order in which the
page draws them.
"""

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence

from ingest.parsers.cleaning import CJK
from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.reading_order.turning import turned

DOWNWARDS = 3  # turn of ingest.parsers.pdf.reading_order.turning
CELL = re.compile(rf"[{CJK}]|\d{{1,3}}")
LEAST_CELLS, MOST_CELLS = 6, 20_000  # of a page
LEAST_RUN = 4  # characters of a column; shorter ones are columns beside another
BESIDE = 0.5  # of a character's size: how far the middles of a column's characters lie apart at most
GAP = 0.6  # of a character's size, between two of a column
CLOSE = 1.15  # of a character's size: from one to the next, where pdfium parts them: rows of a table lie further apart
NEAR = 3.5  # of a character's size: between two columns of one text


def upended(lines: list[Line], *, width: float, height: float) -> list[Line]:
    """Return the lines with each column as a line of turned words; the same list where there is none.

    `width`, `height`: of the page.
    """
    suspects = [line for line in lines if _may_be_upended(line)]
    if not LEAST_CELLS <= sum(len(line.words) for line in suspects) <= MOST_CELLS:
        return lines
    joined = {id(word) for line in suspects if len(line.words) > 1 for word in line.words}
    bold = {id(word) for line in suspects if line.bold for word in line.words}
    runs = [run for column in _columns([word for line in suspects for word in line.words]) for run in _runs(column)]
    are_sure = [_is_written(run) and (_are_close(run) or any(id(word) in joined for word in run)) for run in runs]
    sure = [run for run, is_sure in zip(runs, are_sure, strict=True) if is_sure]
    kept = [run for run, is_sure in zip(runs, are_sure, strict=True) if is_sure or any(_is_beside(run, one) for one in sure)]
    if not kept:
        return lines
    taken = {id(word) for run in kept for word in run}
    left = [_without(line, taken) for line in lines]
    columns = [
        Line([_turned(word, width, height) for word in run], bold=sum(id(word) in bold for word in run) > len(run) / 2)
        for run in sorted(kept, key=lambda run: (-run[0].right, run[0].top))
    ]
    return [*(line for line in left if line is not None), *columns]


def _may_be_upended(line: Line) -> bool:
    """Tell whether a line is a column, or one character that may be of a column."""
    if line.turn or line.apart or not all(CELL.fullmatch(word.text) for word in line.words):
        return False
    size = _size(line.words)
    return all(
        abs(_middle(one) - _middle(two)) < BESIDE * size and two.top > one.top for one, two in itertools.pairwise(line.words)
    )


def _columns(words: Sequence[Word]) -> Iterator[list[Word]]:
    column: list[Word] = []
    for word in sorted(words, key=_middle):
        if column and _middle(word) - _middle(usual := column[len(column) // 2]) > BESIDE * max(map(_extent, (usual, word))):
            yield column
            column = []
        column.append(word)
    if column:
        yield column


def _runs(column: Sequence[Word]) -> Iterator[list[Word]]:
    size = _size(column)
    run: list[Word] = []
    for word in sorted(column, key=lambda word: word.top):
        # A mark of punctuation or 一 fills little of its place: the place is what follows the one before.
        if run and word.top - run[-1].top > max(run[-1].bottom - run[-1].top, size) + GAP * size:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_written(run: Sequence[Word]) -> bool:
    """Tell whether a column is long enough to be sure, and no column of figures."""
    return len(run) >= LEAST_RUN and 2 * sum(not word.text.isdigit() for word in run) > len(run)


def _are_close(run: Sequence[Word]) -> bool:
    steps = [two.top - one.top for one, two in itertools.pairwise(run)]
    return statistics.median(steps) <= CLOSE * _size(run)


def _is_beside(run: Sequence[Word], other: Sequence[Word]) -> bool:
    """Tell whether a short run is a column beside another one: the last line of a paragraph."""
    size = _size(other)
    is_near = abs(_middle(run[0]) - _middle(other[0])) < NEAR * size
    return is_near and other[0].top - size <= run[0].top and run[-1].bottom <= other[-1].bottom + size


def _without(line: Line, taken: set[int]) -> Line | None:
    words = [word for word in line.words if id(word) not in taken]
    if len(words) == len(line.words):
        return line
    return Line(words, bold=line.bold, hyphenated=line.hyphenated) if words else None


def _turned(word: Word, width: float, height: float) -> Word:
    edges = turned((word.left, word.top, word.right, word.bottom), DOWNWARDS, width=width, height=height)
    return Word(word.text, *edges, spaced=False, turn=DOWNWARDS)


def _middle(word: Word) -> float:
    return (word.left + word.right) / 2


def _size(words: Sequence[Word]) -> float:
    """Return the size of the characters, which one that is small, as a mark of punctuation, does not tell."""
    return statistics.median_high(map(_extent, words))


def _extent(word: Word) -> float:
    return max(word.right - word.left, word.bottom - word.top)

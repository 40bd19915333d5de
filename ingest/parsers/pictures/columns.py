"""Columns of a scan: RapidOCR gives the lines of a page from the top down, so those of two columns come in turns."""

from collections.abc import Sequence
from itertools import pairwise

from ingest.parsers.pdf.page import Word

Row = list[Word]
MIN_LINES = 4  # that each of two columns has
GUTTER = 0.8  # of the height of a line, at least: white between two columns
MAX_ACROSS = 0.35  # share of the lines that may run across the white: titles, captions
FULL, MOST = 0.7, 0.6  # so much of its column's width most lines of running text fill; cells of a table do not
LONG = 10.0  # times as long as high is the usual line of running text, at least
MAX_BESIDE = 0.2  # share of the lines that may stand beside another one of their column
MAX_DEPTH = 3


def in_columns(rows: Sequence[Row], *, depth: int = 0) -> list[Row]:
    """Return the lines with those of columns of running text one after the other, down to the next line that runs across them.

    `rows`: from the top down, those on one baseline from left to right.
    """
    rows = list(rows)
    white = _gutter(rows, depth=depth) if depth < MAX_DEPTH and len(rows) >= 2 * MIN_LINES else None
    if white is None:
        return rows
    ordered: list[Row] = []
    block: list[Row] = []
    for row in rows:
        if row[0].left < white < row[-1].right:
            ordered += [*_block(block, white, depth=depth), row]
            block = []
        else:
            block.append(row)
    return [*ordered, *_block(block, white, depth=depth)]


def _block(rows: list[Row], white: float, *, depth: int) -> list[Row]:
    """Return the lines between two that run across: column by column, or as they are where they are cells."""
    left, right = [row for row in rows if row[-1].right <= white], [row for row in rows if row[0].left >= white]
    if _are_columns(left, right, depth=depth):
        return [*in_columns(left, depth=depth + 1), *in_columns(right, depth=depth + 1)]
    return rows


def _gutter(rows: Sequence[Row], *, depth: int) -> float | None:
    """Return where white parts the page into two columns of text; None where it does not."""
    height = sorted(row[0].bottom - row[0].top for row in rows)[len(rows) // 2]
    best: tuple[int, float] | None = None
    for place in sorted({row[-1].right for row in rows}):
        beyond = [row[0].left for row in rows if row[0].left > place]
        if len(beyond) < MIN_LINES or min(beyond) - place < GUTTER * height:
            continue
        white = (place + min(beyond)) / 2
        left = [row for row in rows if row[-1].right <= white]
        right = [row for row in rows if row[0].left >= white]
        across = len(rows) - len(left) - len(right)
        if across > MAX_ACROSS * len(rows) or not _are_columns(left, right, depth=depth):
            continue
        if best is None or across < best[0]:
            best = (across, white)
    return best[1] if best else None


def _are_columns(left: Sequence[Row], right: Sequence[Row], *, depth: int) -> bool:
    """Tell whether both sides are columns of text; the right one may be several."""
    if not _is_text(left):
        return False
    return _is_text(right) or (
        depth + 1 < MAX_DEPTH and len(right) >= 2 * MIN_LINES and _gutter(right, depth=depth + 1) is not None
    )


def _is_text(rows: Sequence[Row]) -> bool:
    """Tell whether lines are running text: enough of them, one below the other, long, and most fill their column."""
    if len(rows) < MIN_LINES:
        return False
    widths = sorted(row[-1].right - row[0].left for row in rows)
    height = sorted(row[0].bottom - row[0].top for row in rows)[len(rows) // 2]
    beside = sum(_middle(below) - _middle(above) < height / 2 for above, below in pairwise(sorted(rows, key=_middle)))
    if widths[len(rows) // 2] < LONG * height or beside > MAX_BESIDE * len(rows):
        return False
    width = max(row[-1].right for row in rows) - min(row[0].left for row in rows)
    return sum(found >= FULL * width for found in widths) >= MOST * len(rows)


def _middle(row: Row) -> float:
    return (row[0].top + row[0].bottom) / 2

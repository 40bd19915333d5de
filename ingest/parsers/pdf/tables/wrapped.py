"""Cells of tables without rules whose text goes on over several lines.

A file may give the lines of a cell one after the other, so that its first or its last one, not both, follows the rest of the row.

A second line of the first cell is not looked for: a label of the rows below it looks the same.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.tables.cells import Cell, Fragment, count_cells, split_cells

ALIGNED = 2  # points between edges of cells that stand under each other
MAX_LINES = 12  # of a cell, and rows that are looked back upon
NAME_WORDS = 3  # of the first line of a name
TIGHT = 0.75  # of the height of a line: lines of one cell stand no further apart
ROW_GAP = 2.5  # of the height of a line: rows of one table stand no further apart
EVEN = 0.1  # of the height of a line: gaps that differ by less are alike
SECTION = re.compile(r"^[§(]?\d+(?:\.\d+)*[.)]?$|^\(?[a-zA-Z][.)]$")  # what numbers paragraphs, and so names no row of a table


def in_rows(rows: list[Line]) -> list[Line]:
    """Return the lines of a page with the last of a wrapped cell put beside the row that it ends, and the others around it."""
    found: list[Line] = []
    for line in rows:
        if not _end_row(found, line):
            found.append(line)
            _lift(found)
    return found


def _end_row(found: list[Line], line: Line) -> bool:
    """Put a line beside the row on whose baseline it stands, where only lines of the same cell or names above it lie between."""
    for number in range(len(found) - 1, max(-1, len(found) - 2 - MAX_LINES), -1):
        row, between = found[number], found[number + 1 :]
        if line.left < row.right + 0.3 * row.size or not _are_beside(row, between, line):
            continue
        if not _on_one_line(row, line) or any(_on_one_line(row, other) for other in between):
            continue
        is_near = all(abs(above.bottom - below.top) < TIGHT * line.size for above, below in _downwards([row, *between]))
        if not is_near or not (_stands_below(line, found[:number]) or _are_rows(between)):
            return False
        first = replace(line.words[0], spaced=True)
        whole = Line([*row.words, first, *line.words[1:]], bold=row.bold and line.bold, hyphenated=line.hyphenated)
        found[number:] = sorted([whole, *between], key=lambda other: other.top + other.bottom)
        return True
    return False


def _are_beside(row: Line, between: list[Line], line: Line) -> bool:
    """Tell whether lines stand right of the first cell of a row, and beside its end or before another line.

    The first lines of wrapped names make such a row, too: what they name, and the name of the rows, stands below them.
    """
    first = split_cells(row)[0][-1].right if between else 0.0
    if all(other.left > first and (other.left > row.right or other.right < line.left) for other in between):
        return True
    is_inner = min(other.left for other in between) < row.left - 2 * row.size and all(other.right < line.left for other in between)
    return is_inner and all(len(cell) <= NAME_WORDS for one in (row, line) for cell in split_cells(one))


def _lift(found: list[Line]) -> None:
    """Put the last line above the row that it follows, where it begins a cell whose row stands in its middle."""
    if len(found) < 3:
        return
    row, line = found[-2:]
    is_above = 0.2 * line.size < row.top - line.top < ROW_GAP * line.size and row.top - line.bottom < TIGHT * line.size
    is_free = not any(_on_one_line(line, other) for other in found[-6:-2])  # else the row itself goes on over two lines
    if is_above and is_free and line.left > row.right and count_cells(line) == 1 and _stands_below(line, found[:-2]):
        found[-2:] = [line, row]


def _on_one_line(a: Line, b: Line) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.6 * min(a.size, b.size)


def _are_rows(lines: list[Line]) -> bool:
    return bool(lines) and all(count_cells(line) > 1 for line in lines)


def _downwards(lines: Iterable[Line]) -> Iterable[tuple[Line, Line]]:
    return itertools.pairwise(sorted(lines, key=lambda line: line.top))


def _stands_below(line: Line, rows: Sequence[Line]) -> bool:
    """Tell whether a line begins, or has its middle, where a cell of a row shortly before it does."""
    return any(_is_under(line, row) for row in rows[-MAX_LINES:] if count_cells(row) > 1)


def _is_under(line: Line, row: Line) -> bool:
    """Tell whether the first cell of a line stands in a column of a row, but not in the first one."""
    own = split_cells(line)[0]
    cells = split_cells(row)
    for number, cell in enumerate(cells[1:], 1):
        ends = cells[number + 1][0].left if number + 1 < len(cells) else float("inf")
        is_same = min(abs(cell[0].left - own[0].left), abs(_middle(cell) - _middle(own))) <= ALIGNED
        if is_same and cells[number - 1][-1].right < own[0].left and own[-1].right < ends:
            return True
    return False


def _middle(cell: list[Word]) -> float:
    return (cell[0].left + cell[-1].right) / 2


def add_wrapped(rows: Sequence[Line], found: list[bool]) -> None:
    """Take into a table what its last rows leave to the lines below them, and the rows that follow these. `found`: in place."""
    counts = [count_cells(row) for row in rows]
    position = 0
    while position < len(rows):
        start = position
        position += 1
        if counts[start] < 2 or not (found[start] or counts[start] > 2):
            continue
        cores, end = [start], start + 1
        while end < len(rows) and (found[end] or _goes_on(rows, counts, cores, end)):
            cores += [end] if counts[end] > 1 else []
            end += 1
        if len(cores) > 1 and not (counts[start] == 2 and SECTION.match(rows[start].words[0].text)):
            found[start:end] = [True] * (end - start)
        position = end if len(cores) > 1 else position


def _goes_on(rows: Sequence[Line], counts: Sequence[int], cores: Sequence[int], at: int) -> bool:
    row, above = rows[at], rows[at - 1]
    gap = row.top - above.bottom
    if counts[at] == 1:
        if gap < -EVEN * row.size and abs(row.left - rows[cores[0]].left) <= ALIGNED:
            return True  # a name in the middle of its row: the lines of another cell stand higher and lower
        return _is_wrapped(rows, cores, at) and (gap < TIGHT * row.size or _is_first_of_cell(rows, counts, at, gap))
    if not -TIGHT * row.size < gap < ROW_GAP * row.size or (counts[at] == 2 and SECTION.match(row.words[0].text)):
        return False
    cells = split_cells(row)
    starts = [cell[0].left for core in cores[-MAX_LINES:] for cell in split_cells(rows[core])]
    shared = sum(any(abs(cell[0].left - start) <= ALIGNED for start in starts) for cell in cells)
    return 2 * shared > len(cells)


def _is_wrapped(rows: Sequence[Line], cores: Sequence[int], at: int) -> bool:
    return any(_is_under(rows[at], rows[core]) for core in cores[-MAX_LINES:])


def _is_first_of_cell(rows: Sequence[Line], counts: Sequence[int], at: int, gap: float) -> bool:
    """Tell whether a line further below a row begins a cell whose row comes right below it."""
    for number in range(at + 1, min(len(rows), at + MAX_LINES)):
        if rows[number].top - rows[number - 1].bottom > TIGHT * rows[at].size:
            return False
        if counts[number] > 1:
            return gap < ROW_GAP * rows[at].size
    return False


def part_wrapped(rows: Sequence[Line]) -> tuple[list[Line], list[list[Line]]]:
    """Return the rows of a table and, for each, the lines beside them that belong to one of its cells, from the top down."""
    widest = [row for row in rows if count_cells(row) > 1]
    is_loose = [count_cells(row) == 1 and any(_is_under(row, other) for other in widest) for row in rows]
    cores: list[Line] = []
    lines: list[list[Line]] = []
    waiting: list[Line] = []
    for row, loose in zip(rows, is_loose, strict=True):
        if loose:
            waiting.append(row)
            continue
        cut = _boundary(cores[-1] if cores else None, waiting, row)
        if cores:
            lines[-1] += waiting[:cut]
        cores.append(row)
        lines.append(waiting[cut:])
        waiting = []
    if cores:
        lines[-1] += waiting
    return cores, lines


def _boundary(above: Line | None, waiting: list[Line], below: Line) -> int:
    """Return how many of the lines between two rows belong to the upper one: down to the widest gap; where all are alike, all."""
    if above is None or not waiting:
        return 0
    stack = [above, *waiting, below]
    gaps = [lower.top - upper.bottom for upper, lower in itertools.pairwise(stack)]
    if gaps[-1] >= max(gaps) - EVEN * below.size:
        return len(waiting)
    return gaps.index(max(gaps))


def add_lines(cells: list[Cell], own: Line, lines: Sequence[Line], extents: Sequence[tuple[float, float] | None]) -> list[Cell]:
    """Return the cells of a row with the lines beside it added to those that they belong to. `extents`: of the columns."""
    cells = list(cells)
    if own.hyphenated and cells and cells[-1] and cells[-1][-1].words[-1].right == own.right:
        cells[-1] = [*cells[-1][:-1], cells[-1][-1]._replace(hyphenated=True)]
    for line in lines:
        known = [number for number, extent in enumerate(extents) if extent and number]
        if not known:
            continue
        column = max(known, key=lambda number: _shared(line, extents[number]))
        cells += [[] for _ in range(column + 1 - len(cells))]
        cells[column] = sorted([*cells[column], Fragment(line.words, line.hyphenated)], key=lambda part: part.words[0].top)
    return cells


def _shared(line: Line, extent: tuple[float, float] | None) -> float:
    left, right = extent or (0.0, 0.0)
    return min(line.right, right) - max(line.left, left)

"""Rows and cells: from a grid of rules where a table has one, else from the gaps between texts that repeat line after line."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.parsers.pdf_rules import Grid
from ingest.parsers.pdf_text import Line, Word

BULLET = re.compile(
    r"^(?:[•●▪◦‣·■□–—*-]|[(（]?\d{1,3}[.)）]|\(?[a-z][.)]|\([ivx]{1,4}\)|[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}、)$"
)
NUMERIC = re.compile(r"^[-–—$€£¥(]*\d[\d,.]*\)?%?\)?$|^[-–—]+%?$")
YEAR = re.compile(r"^(?:19|20)\d\d[,:]?$")
MONTH = re.compile(r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?$", re.IGNORECASE)
OPENERS, CLOSERS = frozenset("$€£¥("), frozenset((")", "%", ")%"))
MAX_CELL_WORDS = 250  # a "cell" with more is a column of a page, not of a table
MAX_HEADER_ROWS = 3
ALIGNED = 2  # points between edges of cells that stand under each other
WORD_SPACE = 0.4  # of the height of a line: words of one text stand no further apart
MIN_COLUMN_WORDS, MIN_COLUMN_ROWS = 4, 4  # two columns of prose rather than of a table


class Fragment(NamedTuple):
    """A line of text within a cell. `hyphenated`: the break alone put a hyphen there, and it is gone already."""

    words: list[Word]
    hyphenated: bool = False


Cell = list[Fragment]


@dataclass(slots=True)
class Table:
    """Rows of cells, and how many rows at the top name the columns."""

    rows: list[list[Cell]]
    header_rows: int


def take_ruled(lines: list[Line], grids: Sequence[Grid]) -> list[Line | Table]:
    """Return the lines with those inside of ruled tables put together to tables, in reading order."""
    if not grids:
        return list(lines)
    builders = [_Ruled(grid) for grid in grids]
    items: list[Line | _Ruled] = []
    for line in lines:
        rest: list[Word] = []
        taken: dict[int, list[tuple[tuple[int, int], Word]]] = {}
        for word in line.words:
            x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
            for number, builder in enumerate(builders):
                if place := builder.grid.cell_at(x, y):
                    taken.setdefault(number, []).append((place, word))
                    break
            else:
                rest.append(word)
        for number, words in taken.items():
            if not builders[number].lines:
                items.append(builders[number])
            builders[number].add(line, words)
        if rest:
            items.append(line if not taken else Line(rest, bold=line.bold, hyphenated=line.hyphenated))
    found: list[Line | Table] = []
    for item in items:
        if isinstance(item, Line):
            found.append(item)
        elif table := item.build():
            found.append(table)
        else:
            found += item.lines
    return found


@dataclass(slots=True)
class _Ruled:
    """Collects the words of one ruled table."""

    grid: Grid
    lines: list[Line] = field(default_factory=list)
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    plain_rows: set[int] = field(default_factory=set)  # those that are not bold throughout

    def add(self, line: Line, words: list[tuple[tuple[int, int], Word]]) -> None:
        self.lines.append(Line([word for _, word in words], bold=line.bold, hyphenated=line.hyphenated))
        for place, group in itertools.groupby(words, key=lambda entry: entry[0]):
            self._put(place, Fragment([word for _, word in group], line.hyphenated and words[-1][0] == place))
            if not line.bold:
                self.plain_rows.add(place[0])

    def _put(self, place: tuple[int, int], fragment: Fragment) -> None:
        cell = self.cells.setdefault(place, [])
        first = fragment.words[0]
        if cell and _on_one_line(cell[-1].words[-1], first) and first.left >= cell[-1].words[-1].right - 1:
            spaced = Word(first.text, first.left, first.top, first.right, first.bottom, True)
            cell[-1] = Fragment([*cell[-1].words, spaced, *fragment.words[1:]], fragment.hyphenated)
        else:
            cell.append(fragment)

    def build(self) -> Table | None:
        """Return the table; None where what the rules enclose is not one."""
        rows = sorted({row for row, _ in self.cells})
        columns = sorted({column for _, column in self.cells})
        longest = max(sum(len(fragment.words) for fragment in cell) for cell in self.cells.values())
        if len(rows) < 2 or len(columns) < 2 or longest > MAX_CELL_WORDS:
            return None
        table = [[self._cell(row, column) for column in columns] for row in rows]
        header = 0
        while header < min(MAX_HEADER_ROWS, len(rows) - 1) and rows[header] not in self.plain_rows:
            header += 1
        if rows[header] not in self.plain_rows:
            header = 0  # bold throughout says nothing
        figures = [any(map(_has_figure, row)) for row in table[:2]]
        if not header and (len(rows) > 2 or figures[1]) and all(table[0]) and not figures[0]:
            header = 1
        return Table(table, header)

    def _cell(self, row: int, column: int) -> Cell:
        return sorted(self.cells.get((row, column), []), key=lambda fragment: round(fragment.words[0].top))


def _on_one_line(a: Word, b: Word) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.6 * min(a.bottom - a.top, b.bottom - b.top)


def _has_figure(cell: Cell) -> bool:
    return any(NUMERIC.match(word.text) and not YEAR.match(word.text) for fragment in cell for word in fragment.words)


def table_of_rows(rows: list[Line]) -> Table:
    """Return lines that hold cells side by side as a table.

    Where the fullest rows show plainly how the columns stand, a gap in a row becomes an empty cell, and names of columns that
    take several lines become one row.
    """
    cells = [split_cells(row) for row in rows]
    header = header_rows(rows)
    if columns := _find_columns(cells):
        named = _names_above(rows, columns)
        body = [_spread(row, columns) for row in cells[len(named) :]]
        if named:
            first = [[Fragment(row[i]) for row in named if row[i]] for i in range(len(columns))]
            return Table([first, *map(_as_cells, body)], 1)
        cells = body
    return Table([_as_cells(row) for row in cells], header)


def _as_cells(row: list[list[Word]]) -> list[Cell]:
    return [[Fragment(words)] if words else [] for words in row]


def is_cell_gap(before: Word, word: Word, size: float) -> bool:
    """Tell whether a column ends between two neighbouring words; a currency sign or closing bracket stays with its number."""
    least = 0.4 if word.text[0] in OPENERS and word.text != "(" and NUMERIC.match(before.text) else 1.1
    return word.left - before.right > least * size and before.text not in OPENERS and word.text not in CLOSERS


def split_cells(row: Line) -> list[list[Word]]:
    """Return the words of each cell, spaced as they are to be written."""
    cells: list[list[Word]] = [[row.words[0]]]
    for before, word in itertools.pairwise(row.words):
        if is_cell_gap(before, word, row.size):
            cells.append([word])
            continue
        joined = before.text in OPENERS or word.text in CLOSERS
        spaced = not joined and (word.spaced or word.left - before.right > 0.2 * row.size)
        if spaced != word.spaced:
            word = Word(word.text, word.left, word.top, word.right, word.bottom, spaced)
        cells[-1].append(word)
    return cells


def count_cells(row: Line) -> int:
    """Cells in a row; a bullet or number before a text is none of its own."""
    words = row.words[1:] if BULLET.match(row.words[0].text) and len(row.words) > 1 else row.words
    return 1 + sum(is_cell_gap(before, word, row.size) for before, word in itertools.pairwise(words))


Columns = list[tuple[float, float]]


def _find_columns(rows: list[list[list[Word]]]) -> Columns:
    """Return from where to where each column reaches, as the fullest rows tell; none where they do not agree."""
    width = max(map(len, rows))
    full = [row for row in rows if len(row) == width]
    if width < 3 or len(full) < max(2, len(rows) / 4):
        return []
    columns = [(min(row[i][0].left for row in full), max(row[i][-1].right for row in full)) for i in range(width)]
    return [] if any(left[1] > right[0] for left, right in itertools.pairwise(columns)) else columns


def _spread(row: list[list[Word]], columns: Columns) -> list[list[Word]]:
    """Put empty cells where a row lacks one; a row of one cell is a label or a caption and stays alone."""
    if not 1 < len(row) < len(columns):
        return row
    spread: list[list[Word]] = [[] for _ in columns]
    last = -1
    for cell in row:
        left, right = cell[0].left, cell[-1].right
        shared = [min(right, column[1]) - max(left, column[0]) for column in columns]
        best = max(range(len(columns)), key=shared.__getitem__)
        if best <= last:
            return row
        spread[best] = cell
        last = best
    return spread


def _name_columns(row: list[list[Word]], columns: Columns) -> list[list[Word]]:
    """Return the cells of a row that names the columns right of the labels, each over its own; none where it does not.

    Names stand closer together than cells: the gaps between them need only be wider than those within them.
    """
    words = [word for cell in row for word in cell]
    if words[0].left < (columns[0][1] + columns[1][0]) / 2 and words[0].left < columns[1][0] - 30:
        return []
    named: list[list[Word]] = [[] for _ in columns]
    within, between = [0.0], []
    last = 0
    for before, word in itertools.pairwise([words[0], *words]):
        middle = (word.left + word.right) / 2
        place = min(range(1, len(columns)), key=lambda i: max(columns[i][0] - middle, middle - columns[i][1], 0.0))
        if place < last:
            return []
        (between if last and place > last else within).append(word.left - before.right)
        named[place].append(word)
        last = place
    if between and min(between) <= max(1.2 * max(within), WORD_SPACE * (words[0].bottom - words[0].top)):
        return []
    return named


def _names_above(rows: list[Line], columns: Columns) -> list[list[list[Word]]]:
    """Return the rows at the top of a table that name its columns, all of them in at least one row; else none."""
    named: list[list[list[Word]]] = []
    for row in rows[:MAX_HEADER_ROWS]:
        cells = [] if _figures(row) else _name_columns([row.words], columns)
        if not cells:
            break
        named.append(cells)
    return named if any(all(cells[1:]) for cells in named) else []


def _figures(row: Line) -> bool:
    """Tell whether a row holds a figure that is no part of a date, its first word aside."""
    return any(
        NUMERIC.match(word.text) and not YEAR.match(word.text) and not MONTH.match(before.text)
        for before, word in itertools.pairwise(row.words)
    )


def find_table_rows(rows: list[Line]) -> list[bool]:
    """Which rows belong to a table: at least two rows of several cells, and the short label rows between them."""
    counts = [count_cells(row) for row in rows]
    found = [count >= 2 for count in counts]
    for position, row in enumerate(rows):
        if found[position]:
            continue
        before = any(found[max(0, position - 1) : position]) and row.top - rows[position - 1].bottom < 2 * row.size
        after = any(counts[i] >= 2 for i in range(position + 1, min(len(rows), position + 3)))
        found[position] = before and after and row.top > rows[position - 1].top
    for position in range(len(rows)):
        alone = found[position] and not any(found[max(0, position - 1) : position]) and not any(found[position + 1 : position + 2])
        if alone:
            found[position] = False
    for start, end in _runs(found):
        if not _has_columns([split_cells(row) for row in rows[start:end]]):
            found[start:end] = [False] * (end - start)
    _add_names(rows, found)
    return found


def _runs(found: list[bool]) -> list[tuple[int, int]]:
    """Return from where to where rows of a table follow each other."""
    runs, position = [], 0
    for is_row, group in itertools.groupby(found):
        length = len(list(group))
        if is_row:
            runs.append((position, position + length))
        position += length
    return runs


def _has_columns(rows: list[list[list[Word]]]) -> bool:
    """Tell whether cells stand under each other: words that were spread to fill their line do not, nor two texts that meet."""
    several = [[_places(cell) for cell in row[1:]] for row in rows if len(row) > 1]
    aligned = 0
    for number, row in enumerate(several):
        around = [cell for other in several[max(0, number - 2) : number] + several[number + 1 : number + 3] for cell in other]
        shared = sum(any(_stand_alike(cell, other) for other in around) for cell in row)
        aligned += 2 * shared >= len(row)
    return 2 * aligned > len(several)


def _places(cell: list[Word]) -> tuple[float, ...]:
    """Where a cell begins and has its middle, and of a figure where it ends: every text of a page ends at its right edge."""
    left, right = cell[0].left, cell[-1].right
    has_digit = any(character.isdigit() for character in cell[-1].text) or NUMERIC.match(cell[-1].text)
    return (left, (left + right) / 2, right) if has_digit else (left, (left + right) / 2)


def _stand_alike(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return any(abs(one - other) < ALIGNED for one, other in zip(a, b, strict=False))


def _add_names(rows: list[Line], found: list[bool]) -> None:
    """Take the lines above a table into it that name its columns; their words often stand too close to look like cells."""
    for start, end in _runs(found):
        columns = _find_columns([split_cells(row) for row in rows[start : min(end, start + 12)]])
        if not columns:
            continue
        top, above, labels = start, start - 1, 0
        while above >= max(0, start - 2 * MAX_HEADER_ROWS):
            row, below = rows[above], rows[above + 1]
            near = -0.5 * row.size < below.top - row.bottom < 1.5 * row.size
            if found[above] or not near:
                break
            if named := _name_columns([row.words], columns):
                top = above if all(named[1:]) else top
            elif top < start or labels == MAX_HEADER_ROWS or row.right > columns[1][0] or row.left > columns[0][0] + 3 * row.size:
                break  # neither names nor a short label of rows that follow
            labels += not named
            above -= 1
        found[top:start] = [True] * (start - top)


def part_columns(rows: list[Line]) -> list[Line]:
    """Put columns of prose, which the file gives line by line across the page, one after the other."""
    ordered: list[Line] = []
    position = 0
    while position < len(rows):
        end, left, right = position, [], []
        while end < len(rows) and (halves := _halves(rows[end])) and (not right or abs(right[0].left - halves[1].left) < 2):
            left.append(halves[0])
            right.append(halves[1])
            end += 1
        if len(left) >= MIN_COLUMN_ROWS and _is_full(left) and _is_full(right):
            ordered += left + right
        else:
            end = max(end, position + 1)
            ordered += rows[position:end]
        position = end
    return ordered


def _is_full(lines: list[Line]) -> bool:
    """Tell whether nearly all lines fill the width of their column, as running text does and the cells of a table do not."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    return sum(line.right - left > 0.75 * (right - left) for line in lines) > 0.75 * len(lines)


def _halves(row: Line) -> tuple[Line, Line] | None:
    """Return the two pieces of running text that a row is made of; None for a row of any other making."""
    cuts = [i for i in range(1, len(row.words)) if is_cell_gap(row.words[i - 1], row.words[i], row.size)]
    if len(cuts) != 1 or min(cuts[0], len(row.words) - cuts[0]) < MIN_COLUMN_WORDS:
        return None
    halves = row.words[: cuts[0]], row.words[cuts[0] :]
    if any(sum(not NUMERIC.match(word.text) for word in half) < MIN_COLUMN_WORDS for half in halves):
        return None
    return Line(list(halves[0]), bold=row.bold), Line(list(halves[1]), bold=row.bold, hyphenated=row.hyphenated)


def header_rows(rows: list[Line]) -> int:
    """Rows at a table's top that name its columns: no figure in their cells but dates; 0 where the first row has one."""
    for position, row in enumerate(rows[:4]):
        if _figures(row) or (position and count_cells(row) == 1):
            return position
    return 0 if len(rows) <= 4 else 1

"""Cells of a ruled table that reach over several columns or rows: its title, names of several columns, values of several cells."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsers.pdf.tables.cells import NUMERIC, YEAR, Cell, is_cell_gap
from ingest.parsers.tables.grid import MAX_REPEATED
from ingest.parsers.tables.nesting import TOTAL

MAX_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The rows of a ruled table.

    `reaches`: for each cell over how many columns it reaches. `is_plain`: for each row whether a word of it is not bold.
    """

    rows: list[list[Cell]]
    reaches: list[list[int]]
    is_plain: Sequence[bool]

    def titles(self) -> int:
        """Return how many rows at the top hold one cell over the whole width, as long as names of columns follow them."""
        count = 0
        while count < len(self.rows) - 2 and self._is_whole(count):
            count += 1
        is_section = not self.head(count) and any(map(self._is_whole, range(count, len(self.rows))))
        return 0 if is_section else count

    def head(self, first: int) -> int:
        """Return how many rows from the first one on name the columns."""
        rows, rest = self.rows[first:], len(self.rows) - first
        depth = 0
        while depth < min(MAX_HEADER_ROWS, rest - 1) and not self.is_plain[first + depth]:
            depth += 1
        if not self.is_plain[first + depth]:
            depth = 0  # bold throughout says nothing
        figures = [any(map(_has_figure, row)) for row in rows[:2]]
        if not depth and rest > 1 and (rest > 2 or figures[1]) and self._names_all(first) and not figures[0]:
            depth = 1
        while 0 < depth < min(MAX_HEADER_ROWS, rest - 1) and self._goes_on(first + depth - 1):
            depth += 1
        return depth

    def names(self, first: int, depth: int) -> list[list[Cell]]:
        """Return the rows that name the columns; as one, where a name stands over several columns or beside several rows."""
        rows = [self._repeated(number) for number in range(first, first + depth)]
        has_spans = any(max(self.reaches[number]) > 1 for number in range(first, first + depth))
        has_falls = any(cell and cell == below[i] for row, below in itertools.pairwise(rows) for i, cell in enumerate(row))
        if depth < 2 or not (has_spans or has_falls):
            return rows
        columns = zip(*rows, strict=True)
        return [[[line for cell, _ in itertools.groupby(column) for line in cell] for column in columns]]

    def body(self, first: int) -> list[list[Cell]]:
        """Return the rows below the names. A cell that several columns share counts for each, but not the name of a total."""
        return [self._repeated(number, is_body=True) for number in range(first, len(self.rows))]

    def _repeated(self, number: int, *, is_body: bool = False) -> list[Cell]:
        row = list(self.rows[number])
        for column, (cell, reach) in enumerate(zip(self.rows[number], self.reaches[number], strict=True)):
            if cell and 1 < reach < len(row) and not (is_body and not _is_value(cell)):
                row[column + 1 : column + reach] = [other or cell for other in row[column + 1 : column + reach]]
        return row

    def _is_whole(self, number: int) -> bool:
        row = self.rows[number]
        return bool(row[0]) and not any(row[1:]) and self.reaches[number][0] == len(row)

    def _names_all(self, number: int) -> bool:
        """Tell whether a name stands over each column; over the names of the rows none is needed where another spans several."""
        filled = self._repeated(number)
        return all(filled[1:]) and (bool(filled[0]) or max(self.reaches[number]) > 1)

    def _goes_on(self, number: int) -> bool:
        """Tell whether the row below one of names is one, too: below a name over one column alone stands nothing new in it."""
        row, below = self.rows[number], self.rows[number + 1]
        if any(map(_has_figure, below)) or self._is_whole(number + 1):
            return False
        has_figures = any(_has_figure(cell) for other in self.rows[number + 2 :] for cell in other)
        if row[0] and row[0] == below[0] and has_figures:
            return True
        reaches = self.reaches[number]
        is_parted = any(cell and 1 < reach < len(row) for cell, reach in zip(row, reaches, strict=True))
        alone = [column for column, cell in enumerate(row) if cell and reaches[column] == 1]
        return is_parted and all(not below[column] or below[column] == row[column] for column in alone)


def _is_value(cell: Cell) -> bool:
    """Tell whether a cell holds one short text: not words in columns whose rules are missing, and not "Total"."""
    words = [word for line in cell for word in line.words]
    text = " ".join(word.text for word in words)
    is_one = not any(
        is_cell_gap(before, word, word.bottom - word.top) for line in cell for before, word in itertools.pairwise(line.words)
    )
    return is_one and len(text) <= MAX_REPEATED and not TOTAL.match(text)


def _has_figure(cell: Cell) -> bool:
    return any(NUMERIC.match(word.text) and not YEAR.match(word.text) for fragment in cell for word in fragment.words)

"""Rows of an HTML table: cells that span rows count for each of them, names that span columns go to each column below."""

from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

MAX_COLUMNS = 200  # that a cell may span
MAX_ROWS = 2000
MAX_REPEATED = 300  # characters of a text that is written for each row and column that it spans


@dataclass(slots=True)
class _Grid:
    """Lays cells out row by row. `carried`: by column, for how many more rows a cell from above reaches down, and its text."""

    carried: dict[int, tuple[int, str]] = field(default_factory=dict)
    has_spans: bool = False

    def lay(self, cells: list[tuple[str, int, int]], *, is_header: bool) -> list[str]:
        """Return a row of texts. `cells`: (text, columns, rows) of each."""
        row: list[str] = []
        for text, columns, rows in cells:
            self._from_above(row)
            for number in range(columns):
                is_name = len(text) <= MAX_REPEATED
                shown = text if number == 0 or (is_header and is_name) else ""
                if rows > 1:
                    self.carried[len(row)] = (rows - 1, shown if is_name else "")
                row.append(shown)
            self.has_spans = self.has_spans or columns > 1 or rows > 1
        self._from_above(row)
        return row

    def _from_above(self, row: list[str]) -> None:
        while len(row) in self.carried:
            left, text = self.carried.pop(len(row))
            if left > 1:
                self.carried[len(row)] = (left - 1, text)
            row.append(text)


def read_table(table: LexborNode, text_of: Callable[[LexborNode], str]) -> tuple[str, str]:
    """Return the rows, one a line, and the header rows. A table within a cell becomes part of the cell."""
    grid = _Grid()
    rows: list[list[str]] = []
    header = 0
    for element in table.css("tr"):
        cells = [cell for cell in element.iter() if cell.tag in ("td", "th")]
        is_header = len(rows) == header and bool(cells) and all(cell.tag == "th" for cell in cells)
        row = grid.lay(
            [(text_of(cell), _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", MAX_ROWS)) for cell in cells],
            is_header=is_header,
        )
        if any(row):
            header += is_header
            rows.append(row)
    if header > 1 and grid.has_spans and len(rows) > header:
        rows, header = [_joined(rows[:header]), *rows[header:]], 1
    lines = [_line(row) for row in rows]
    return "\n".join(lines), "\n".join(lines[:header])


def _span(cell: LexborNode, name: str, most: int) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() and len(value) < 8 else 1


def _joined(rows: list[list[str]]) -> list[str]:
    """Return one name a column: those above each other, each once."""
    width = max(map(len, rows))
    return [" ".join(dict.fromkeys(row[column] for row in rows if column < len(row) and row[column])) for column in range(width)]


def _line(row: list[str]) -> str:
    while len(row) > 1 and not row[-1]:
        row = row[:-1]
    return " | ".join(row)

"""Tables of any format as rows of texts: a cell counts for every row that it spans, names above columns go to each of them."""

import re
from dataclasses import dataclass, field

from ingest.parsers.tables.cells import Cell, width_of
from ingest.parsers.tables.depth import are_labelled, find_depth, join_two_heads
from ingest.parsers.tables.nesting import counts_rows, name_parents

MAX_COLUMNS = 200  # that a cell may span
MAX_ROWS = 2000
MAX_REPEATED = 300  # characters of a text that is written for each row and column that it spans
TOTAL = re.compile(r"\b(?:total|sum|subtotal|average|balance)\b|合计|总计|小计|平均", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`title`: lines above the head that span the whole table. `text`: rows, one a line; `header`: the first of them, or "".

    `is_headless`: its first row surely names no columns.
    """

    title: str
    text: str
    header: str
    is_headless: bool = False

    @property
    def is_table(self) -> bool:
        """False for a frame around a single column of text."""
        return " | " in self.text


@dataclass(slots=True)
class _Layout:
    """Lays cells out row by row. `names`: of columns, 0 where none are known: a cell that spans some of them counts for each.

    `carried`: by column, for how many more rows a cell from above reaches down, and its text.
    """

    names: int = 0
    carried: dict[int, tuple[int, str]] = field(default_factory=dict)

    def lay(self, cells: list[Cell], *, is_header: bool) -> list[str]:
        row: list[str] = []
        for cell in cells:
            self._from_above(row)
            is_short = len(cell.text) <= MAX_REPEATED
            is_repeated = is_short and (is_header or (self.names > 1 and cell.columns < self.names))
            for number in range(min(cell.columns, MAX_COLUMNS)):
                shown = cell.text if number == 0 or is_repeated else ""
                if cell.rows > 1:
                    self.carried[len(row)] = (min(cell.rows, MAX_ROWS) - 1, shown if is_short else "")
                row.append(shown)
        self._from_above(row)
        return row

    def _from_above(self, row: list[str]) -> None:
        while len(row) in self.carried:
            left, text = self.carried.pop(len(row))
            if left > 1:
                self.carried[len(row)] = (left - 1, text)
            row.append(text)


def lay_out(rows: list[list[Cell]], *, names: int, is_certain: bool = False) -> Table:
    """Return a table's text.

    `names`: how many rows the file marks as its head; a head whose cells span goes on below them. `is_certain`: a table without
    marked rows has none, else its first row may be one.
    """
    rows, marked = _without_blank(rows, names)
    titles, rows = _titles(rows)
    marked = max(int(is_certain and names > 0), marked - len(titles))  # a title that is marked stands above the names
    labels_rows = are_labelled(rows)
    header = 0 if labels_rows or (is_certain and not marked) else find_depth(rows, marked)
    layout = _Layout(max(map(width_of, rows)) if header else 0)
    spanning = {number for number, row in enumerate(rows) if len(row) == 1 and row[0].columns > 1}
    laid = [layout.lay(row, is_header=number < header) for number, row in enumerate(rows)]
    may_have_two = header <= 1 and not labels_rows and not (is_certain and not marked)
    if may_have_two and (joined := join_two_heads(laid)):
        laid, spanning, header = [joined, *laid[2:]], {number - 1 for number in spanning}, 1
    if header > 1 and len(laid) > header and _has_spans(rows[:header]):
        laid, spanning = [_joined(laid[:header]), *laid[header:]], {number - header + 1 for number in spanning}
        header = 1
    if header:
        _fill_names(laid, header)
        name_parents(laid, header=header, spanning=spanning)
    lines = [_line(row) for row in laid if any(row)]
    return Table(
        title="\n".join(titles), text="\n".join(lines), header="\n".join(lines[:header]), is_headless=labels_rows and bool(lines)
    )


def _without_blank(rows: list[list[Cell]], names: int) -> tuple[list[list[Cell]], int]:
    """Leave out rows in which nothing stands, unless cells from above reach into them."""
    kept: list[list[Cell]] = []
    marked, reach = 0, 0
    for number, row in enumerate(rows):
        if any(cell.text for cell in row) or reach > 0:
            kept.append(row)
            marked += number < names
        reach = max(reach - 1, max((cell.rows - 1 for cell in row), default=0))
    return kept, marked


def _titles(rows: list[list[Cell]]) -> tuple[list[str], list[list[Cell]]]:
    """Cut off rows at the top of which one cell spans the whole table."""
    titles: list[str] = []
    widest = max(map(width_of, rows), default=0)
    while len(rows) > 1 and widest > 1 and len(rows[0]) == 1 and rows[0][0].columns >= widest and rows[0][0].rows == 1:
        titles.append(rows[0][0].text)
        rows = rows[1:]
    return [title for title in titles if title], rows


def _has_spans(rows: list[list[Cell]]) -> bool:
    return any(cell.columns > 1 or cell.rows > 1 for row in rows for cell in row)


def _fill_names(rows: list[list[str]], header: int) -> None:
    """Write the name of a row again where its cell is left blank below it and every other cell is filled."""
    width = len(rows[header - 1])
    if width < 3 or counts_rows(rows[header - 1][0]):
        return
    for above, row in zip(rows[header:], rows[header + 1 :], strict=False):
        is_full = len(row) == len(above) == width and all(row[1:]) and all(above)
        if is_full and not row[0] and not any(TOTAL.search(text) for text in row):
            row[0] = above[0]


def _joined(rows: list[list[str]]) -> list[str]:
    """Return one name a column: those above each other, each once."""
    width = max(map(len, rows))
    return [" ".join(dict.fromkeys(row[column] for row in rows if column < len(row) and row[column])) for column in range(width)]


def _line(row: list[str]) -> str:
    while len(row) > 1 and not row[-1]:
        row = row[:-1]
    return " | ".join(row)


def flatten(table: Table) -> str:
    """Return a table that stands in a cell as one line: "Size: M, Price: 5; Size: L, Price: 6"."""
    rows = [line.split(" | ") for line in table.text.splitlines()]
    names = rows[0] if table.header and len(rows) > 1 else []
    if names:
        lines = [", ".join(_named(name, text) for name, text in zip(names, row, strict=False) if text) for row in rows[1:]]
    else:
        lines = [": ".join(row) if len(row) == 2 else ", ".join(filter(None, row)) for row in rows]
    return "; ".join(filter(None, (table.title, *lines)))


def _named(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text

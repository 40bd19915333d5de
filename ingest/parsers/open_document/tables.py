"""Tables of an OpenDocument text or slide: rows with their cells, those that others reach over marked as such."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from ingest.parsers.open_document.names import TABLE, whole

MAX_COLUMNS = 500
MAX_ROWS = 20_000
GROUPS = frozenset(f"{TABLE}{name}" for name in ("table-rows", "table-row-group", "table-header-rows", "soft-page-break"))
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")


@dataclass(frozen=True, slots=True)
class TableCell:
    """`element`: holds the paragraphs, None for a cell that one above reaches over. `down`: "restart", "continue" or ""."""

    element: etree._Element | None
    columns: int = 1
    down: str = ""
    rows: int = 1


@dataclass(frozen=True, slots=True)
class TableRow:
    cells: tuple[TableCell, ...]
    is_head: bool


class TableRows:
    """Yields the rows of one table."""

    def __init__(self, table: etree._Element) -> None:
        self.table = table
        self._down: dict[int, tuple[int, int]] = {}  # by column: for how many more rows a cell reaches down, and its columns

    def rows(self) -> Iterator[TableRow]:
        """Yield the rows in their order; rows that the file repeats come as often."""
        count = 0
        for element, is_head in _rows(self.table):
            for _ in range(whole(element, f"{TABLE}number-rows-repeated", 1)):
                row = self._row(element)
                if count >= MAX_ROWS or (count and not any(cell.element is not None and len(cell.element) for cell in row)):
                    break
                count += 1
                yield TableRow(tuple(row), is_head)

    def _row(self, element: etree._Element) -> list[TableCell]:
        cells: list[TableCell] = []
        column = covered = 0
        for cell in element.iterchildren(*CELLS):
            for _ in range(min(whole(cell, f"{TABLE}number-columns-repeated", 1), MAX_COLUMNS)):
                if column >= MAX_COLUMNS:
                    return cells
                if covered:
                    covered -= 1
                elif column in self._down:
                    left, columns = self._down.pop(column)
                    if left > 1:
                        self._down[column] = (left - 1, columns)
                    cells.append(TableCell(None, columns, "continue"))
                    covered = columns - 1
                else:
                    columns = max(1, min(whole(cell, f"{TABLE}number-columns-spanned", 1), MAX_COLUMNS))
                    rows = max(1, whole(cell, f"{TABLE}number-rows-spanned", 1))
                    if rows > 1:
                        self._down[column] = (rows - 1, columns)
                    cells.append(TableCell(cell, columns, "restart" if rows > 1 else "", rows))
                    covered = columns - 1
                column += 1
        return cells


def _rows(table: etree._Element) -> Iterator[tuple[etree._Element, bool]]:
    stack = [(child, False) for child in reversed(table)]
    while stack:
        element, is_head = stack.pop()
        if element.tag == f"{TABLE}table-row":
            yield element, is_head
        elif element.tag in GROUPS:
            is_head = is_head or element.tag == f"{TABLE}table-header-rows"
            stack.extend((child, is_head) for child in reversed(element))

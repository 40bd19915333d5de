"""Tables of Word: cells merged across and down, rows in content controls, tables in cells."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree

from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.word.names import CONTAINERS, W, is_fallback, is_placeholder, number_of, switch_of, value_of
from ingest.parsers.tables.cells import Cell
from ingest.parsers.tables.grid import Table, flatten, lay_out

MAX_NESTING = 6
ReadText = Callable[[etree._Element], str]
IsStrong = Callable[[etree._Element], bool]


class _Placed(NamedTuple):
    """A cell of a row. `merge`: downwards, "restart", "continue" or ""."""

    column: int
    columns: int
    merge: str = ""
    text: str = ""
    is_strong: bool = False


def is_never_strong(_cell: etree._Element) -> bool:
    """Judge cells whose letters nobody looks at."""
    return False


def read_table(
    table: etree._Element, read: ReadText, left_out: LeftOut, *, depth: int = 0, is_strong: IsStrong = is_never_strong
) -> Table:
    """Return the table's rows. `read`: gives the text of a paragraph. `is_strong`: tells whether all words of a cell are bold."""
    placed: list[list[_Placed]] = []
    marked = 0
    for row in _inside(table, f"{W}tr"):
        properties = row.find(f"{W}trPr")
        if properties is not None and properties.find(f"{W}del") is not None:
            continue
        cells = _row(row, read, left_out, depth=depth, is_strong=is_strong)
        if switch_of(properties, "hidden"):
            left_out.add("hidden_words", place=" ".join(cell.text for cell in cells))
            continue
        marked += marked == len(placed) and bool(switch_of(properties, "tblHeader"))
        placed.append(cells)
    return lay_out([_spanning(placed, number) for number in range(len(placed))], names=marked)


def _row(row: etree._Element, read: ReadText, left_out: LeftOut, *, depth: int, is_strong: IsStrong) -> list[_Placed]:
    column = number_of(row, "trPr/gridBefore") or 0
    cells = [_Placed(0, column)] if column else []
    for cell in _inside(row, f"{W}tc"):
        properties = cell.find(f"{W}tcPr")
        columns = max(1, number_of(properties, "gridSpan") or 1)
        merge = value_of(properties, "vMerge")
        merge = "" if merge is None else merge or "continue"
        if value_of(properties, "hMerge") in ("", "continue") and cells:
            cells[-1] = cells[-1]._replace(columns=cells[-1].columns + columns)
        else:
            is_deleted = properties is not None and properties.find(f"{W}cellDel") is not None
            text = "" if is_deleted else _cell_text(cell, read, left_out, depth=depth)
            cells.append(_Placed(column, columns, merge, text, is_strong(cell)))
        column += columns
    return cells


def _spanning(placed: list[list[_Placed]], number: int) -> list[Cell]:
    """Return the cells that begin in a row, with how far down each reaches."""
    cells: list[Cell] = []
    for cell in placed[number]:
        if cell.merge == "continue" and number and _reaches(placed[number - 1], cell.column):
            continue
        rows = 1
        while cell.merge and number + rows < len(placed) and _goes_on(placed[number + rows], cell.column):
            rows += 1
        cells.append(Cell(text=cell.text, columns=cell.columns, rows=rows, is_strong=cell.is_strong))
    return cells


def _goes_on(row: list[_Placed], column: int) -> bool:
    return any(cell.column == column and cell.merge == "continue" for cell in row)


def _reaches(above: list[_Placed], column: int) -> bool:
    return any(cell.column == column and cell.merge for cell in above)


def _inside(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or the cells of a row, content controls and insertions opened."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag == tag:
            yield element
        elif element.tag in CONTAINERS:
            stack.extend(reversed(element))


def _box_of(paragraph: etree._Element) -> etree._Element | None:
    return next((ancestor for ancestor in paragraph.iterancestors() if ancestor.tag == f"{W}txbxContent"), None)


def _cell_text(cell: etree._Element, read: ReadText, left_out: LeftOut, *, depth: int) -> str:
    parts: list[str] = []
    stack = list(reversed(cell))
    while stack:
        element = stack.pop()
        if element.tag == f"{W}p":
            boxes = [box for box in element.iter(f"{W}txbxContent") if not is_fallback(box)]
            parts += [read(element), *(read(p) for box in boxes for p in box.iter(f"{W}p") if _box_of(p) is box)]
        elif element.tag == f"{W}tbl":
            parts.append(
                flatten(read_table(element, read, left_out, depth=depth + 1))
                if depth < MAX_NESTING
                else " ".join(read(p) for p in element.iter(f"{W}p"))
            )
        elif element.tag in CONTAINERS and not is_placeholder(element):
            stack.extend(reversed(element))
    return " ".join(" ".join(parts).split())

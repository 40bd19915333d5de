"""Tables of Word: cells merged across and down, rows in content controls, tables in cells."""

from collections.abc import Callable, Iterator

from lxml import etree

from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.word.names import CONTAINERS, W, is_fallback, is_placeholder, number_of, switch_of, value_of
from ingest.parsers.tables.grid import Cell, Table, flatten, lay_out

MAX_NESTING = 6
ReadText = Callable[[etree._Element], str]


def read_table(table: etree._Element, read: ReadText, left_out: LeftOut, *, depth: int = 0) -> Table:
    """Return the table's rows. `read`: gives the text of a paragraph."""
    placed: list[list[tuple[int, int, str, str]]] = []  # of each row: column, columns, merge downwards, text
    marked = 0
    for row in _inside(table, f"{W}tr"):
        properties = row.find(f"{W}trPr")
        if properties is not None and properties.find(f"{W}del") is not None:
            continue
        cells = _row(row, read, left_out, depth=depth)
        if switch_of(properties, "hidden"):
            left_out.add("hidden_words", place=" ".join(cell[3] for cell in cells))
            continue
        marked += marked == len(placed) and bool(switch_of(properties, "tblHeader"))
        placed.append(cells)
    return lay_out([_spanning(placed, number) for number in range(len(placed))], names=marked)


def _row(row: etree._Element, read: ReadText, left_out: LeftOut, *, depth: int) -> list[tuple[int, int, str, str]]:
    column = number_of(row, "trPr/gridBefore") or 0
    cells: list[tuple[int, int, str, str]] = [(0, column, "", "")] if column else []
    for cell in _inside(row, f"{W}tc"):
        properties = cell.find(f"{W}tcPr")
        columns = max(1, number_of(properties, "gridSpan") or 1)
        merge = value_of(properties, "vMerge")
        merge = "" if merge is None else merge or "continue"
        if value_of(properties, "hMerge") in ("", "continue") and cells:
            before = cells[-1]
            cells[-1] = (before[0], before[1] + columns, before[2], before[3])
        else:
            is_deleted = properties is not None and properties.find(f"{W}cellDel") is not None
            cells.append((column, columns, merge, "" if is_deleted else _cell_text(cell, read, left_out, depth=depth)))
        column += columns
    return cells


def _spanning(placed: list[list[tuple[int, int, str, str]]], number: int) -> list[Cell]:
    """Return the cells that begin in a row, with how far down each reaches."""
    cells: list[Cell] = []
    for column, columns, merge, text in placed[number]:
        if merge == "continue" and number and _reaches(placed[number - 1], column):
            continue
        rows = 1
        while merge and number + rows < len(placed) and (column, "continue") in {(c[0], c[2]) for c in placed[number + rows]}:
            rows += 1
        cells.append(Cell(text=text, columns=columns, rows=rows))
    return cells


def _reaches(above: list[tuple[int, int, str, str]], column: int) -> bool:
    return any(cell[0] == column and cell[2] for cell in above)


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

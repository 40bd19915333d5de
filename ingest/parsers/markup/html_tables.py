"""Rows of an HTML table, as its cells say how far they span."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from selectolax.lexbor import LexborNode

from ingest.parsers.tables.cells import Cell
from ingest.parsers.tables.grid import MAX_COLUMNS, MAX_ROWS, Table, lay_out

TABLE_ROLES = frozenset(("table", "grid", "treegrid"))
CELL_ROLES = frozenset(("cell", "gridcell", "columnheader", "rowheader"))
TextOf = Callable[[LexborNode], str]
IsLeftOut = Callable[[LexborNode], bool]


def read_table(table: LexborNode, text_of: TextOf, *, is_left_out: IsLeftOut = lambda _: False) -> Table:
    """Return the table's text. A table within a cell becomes part of the cell. `is_left_out`: asked of rows and cells."""
    rows: list[list[Cell]] = []
    header = 0
    elements = list(_rows(table, is_left_out))
    for number, element in enumerate(elements):
        cells = [cell for cell in element.iter() if _is_cell(cell)]
        is_header = bool(cells) and (all(map(_is_name, cells)) or _in_head(element, table))
        header += is_header and len(rows) == header
        rows.append([_cell(cell, text_of, is_left_out=is_left_out(cell)) for cell in cells])
        if any(_is_open(cell) for cell in cells):
            left = next(
                (place for place, row in enumerate(elements[number:]) if not _same_group(row, element)), len(elements) - number
            )
            rows[-1] = [replace(read, rows=left) if _is_open(cell) else read for cell, read in zip(cells, rows[-1], strict=True)]
    return lay_out(rows, names=header)


def is_table(node: LexborNode, tag: str) -> bool:
    """True for a table, also for one that is made of other elements and says so by its role."""
    return tag == "table" or (tag != "-text" and bool(node.attributes) and node.attributes.get("role") in TABLE_ROLES)


def is_layout(table: LexborNode) -> bool:
    """True for a table that only places parts of a page: a frame of one column, or one that holds headings."""
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return True
    if table.css_first("h1, h2, h3, table, p + p, pre") is None:
        return False
    if table.css_first("pre") is not None:
        return True  # a listing beside the numbers of its lines
    rows = [[child.tag for child in row.iter() if child.tag in ("td", "th")] for row in _rows(table, lambda _: False)]
    if any("th" in row for row in rows):
        return False
    return table.css_first("h1, h2, h3") is not None or all(len(row) <= 1 for row in rows)


def _rows(table: LexborNode, is_left_out: IsLeftOut) -> Iterator[LexborNode]:
    """Yield the rows of the table itself, not of those in its cells."""
    stack = [table]
    while stack:
        node = stack.pop()
        if node is not table and is_left_out(node):
            continue
        if _is_row(node):
            yield node
        elif node is table or not is_table(node, node.tag or ""):
            stack.extend(reversed([child for child in node.iter() if not _is_cell(child)]))


def _is_row(node: LexborNode) -> bool:
    return node.tag == "tr" or (node.attributes or {}).get("role") == "row"


def _is_cell(node: LexborNode) -> bool:
    return node.tag in ("td", "th") or (node.attributes or {}).get("role") in CELL_ROLES


def _is_name(cell: LexborNode) -> bool:
    return cell.tag == "th" or (cell.attributes or {}).get("role") in ("columnheader", "rowheader")


def _same_group(row: LexborNode, other: LexborNode) -> bool:
    return row.parent is not None and other.parent is not None and row.parent.mem_id == other.parent.mem_id


def _in_head(row: LexborNode, table: LexborNode) -> bool:
    parent = row.parent
    return parent is not None and parent.tag == "thead" and parent.mem_id != table.mem_id


def _is_open(cell: LexborNode) -> bool:
    """True for a cell that reaches down to the last row of its group."""
    return (cell.attributes.get("rowspan") or "").strip() == "0"


def _cell(cell: LexborNode, text_of: TextOf, *, is_left_out: bool) -> Cell:
    return Cell(
        text="" if is_left_out else text_of(cell),
        columns=_span(cell, "colspan", "aria-colspan", MAX_COLUMNS),
        rows=_span(cell, "rowspan", "aria-rowspan", MAX_ROWS),
        is_name=_is_name(cell),
        is_strong=_is_strong(cell),
    )


def _is_strong(cell: LexborNode) -> bool:
    """True for a cell all of whose words are bold."""
    words = "".join(cell.text().split())
    bold = cell.css_first("b, strong")
    return bool(words) and bold is not None and "".join(bold.text().split()) == words


def _span(cell: LexborNode, name: str, of_role: str, most: int) -> int:
    value = (cell.attributes.get(name) or cell.attributes.get(of_role) or "").strip()
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() and len(value) < 8 else 1

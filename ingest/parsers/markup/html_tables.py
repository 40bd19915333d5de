"""Rows of an HTML table, as its cells say how far they span."""

from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborNode

from ingest.parsers.tables.grid import MAX_COLUMNS, MAX_ROWS, Cell, Table, lay_out


def read_table(table: LexborNode, text_of: Callable[[LexborNode], str]) -> Table:
    """Return the table's text. A table within a cell becomes part of the cell."""
    rows: list[list[Cell]] = []
    header = 0
    for element in _rows(table):
        cells = [cell for cell in element.iter() if cell.tag in ("td", "th")]
        is_header = bool(cells) and (all(cell.tag == "th" for cell in cells) or _in_head(element, table))
        header += is_header and len(rows) == header
        rows.append([_cell(cell, text_of) for cell in cells])
    return lay_out(rows, names=header)


def is_layout(table: LexborNode) -> bool:
    """True for a table that only places parts of a page: a frame of one column, or one that holds headings."""
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return True
    if table.css_first("h1, h2, h3, table, p + p") is None:
        return False
    rows = [[child.tag for child in row.iter() if child.tag in ("td", "th")] for row in _rows(table)]
    if any("th" in row for row in rows):
        return False
    return table.css_first("h1, h2, h3") is not None or all(len(row) <= 1 for row in rows)


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """Yield the rows of the table itself, not of those in its cells."""
    stack = [table]
    while stack:
        node = stack.pop()
        if node.tag == "tr":
            yield node
        elif node is table or node.tag != "table":
            stack.extend(reversed([child for child in node.iter() if child.tag not in ("td", "th")]))


def _in_head(row: LexborNode, table: LexborNode) -> bool:
    parent = row.parent
    return parent is not None and parent.tag == "thead" and parent.mem_id != table.mem_id


def _cell(cell: LexborNode, text_of: Callable[[LexborNode], str]) -> Cell:
    return Cell(
        text=text_of(cell),
        columns=_span(cell, "colspan", MAX_COLUMNS),
        rows=_span(cell, "rowspan", MAX_ROWS),
        is_name=cell.tag == "th",
    )


def _span(cell: LexborNode, name: str, most: int) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() and len(value) < 8 else 1

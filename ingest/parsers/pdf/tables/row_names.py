"""Rows without a name below one that has it: a name that stands once for several rows."""

from ingest.parsers.pdf.tables.cells import Cell, Table
from ingest.parsers.tables.grid import TOTAL
from ingest.parsers.tables.nesting import counts_rows


def name_rows(table: Table) -> list[list[Cell]]:
    """Return the rows with the name of the one above where they have none but a name in the next column, and every other cell.

    A row of figures alone is a sum that has no name.
    """
    rows = list(table.rows)
    width = max(map(len, rows))
    if width < 3 or not table.header_rows or counts_rows(_text(rows[table.header_rows - 1][0])):
        return rows
    for number in range(table.header_rows + 1, len(rows)):
        above, row = rows[number - 1], rows[number]
        is_full = len(row) == len(above) == width and all(row[1:]) and all(above)
        is_named = is_full and _is_name(row[1]) and _is_name(above[1])
        if is_named and not row[0] and not any(TOTAL.search(_text(cell)) for cell in row):
            rows[number] = [above[0], *row[1:]]
    return rows


def _text(cell: Cell) -> str:
    return " ".join(word.text for fragment in cell for word in fragment.words)


def _is_name(cell: Cell) -> bool:
    return not any(character.isdigit() for character in _text(cell)) and any(map(str.isalpha, _text(cell)))

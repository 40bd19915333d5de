"""Rows without a name below one that has it: a name that stands once for several rows."""

from ingest.parsers.pdf.tables.cells import Cell, Table, text_of
from ingest.parsers.tables.grid import TOTAL
from ingest.parsers.tables.nesting import counts_rows


def name_rows(table: Table) -> list[list[Cell]]:
    """Return the rows with the name of the one above where they have none but a name in the next column, and every other cell.

    A row of figures alone is a sum that has no name. Where the first row has none, names stand in the middle of their rows.
    """
    rows = list(table.rows)
    width = max(map(len, rows))
    if width < 3 or not table.header_rows or counts_rows(text_of(rows[table.header_rows - 1][0])):
        return rows
    if owners := _centred(rows, table.header_rows):
        return [row if owner is None else [rows[owner][0], *row[1:]] for row, owner in zip(rows, owners, strict=True)]
    for number in range(table.header_rows + 1, len(rows)):
        above, row = rows[number - 1], rows[number]
        is_full = len(row) == len(above) == width and all(row[1:]) and all(above)
        is_named = is_full and _is_name(row[1]) and _is_name(above[1])
        if is_named and not row[0] and not any(TOTAL.search(text_of(cell)) for cell in row):
            rows[number] = [above[0], *row[1:]]
    return rows


def _centred(rows: list[list[Cell]], start: int) -> list[int | None]:
    """Return for each row the one that names it, where the names stand in the middle of the rows that they share out; else [].

    The first name has as many rows below it as above, and the next one begins behind them.
    """
    width, named = max(map(len, rows)), [number for number in range(start, len(rows)) if rows[number][0]]
    body = rows[start:]
    if not named or named[0] == start or any(len(row) != width or not all(row[1:]) for row in body):
        return []
    if any(TOTAL.search(text_of(cell)) for row in body for cell in row) or not all(_is_name(rows[number][0]) for number in named):
        return []
    owners: list[int | None] = [None] * start
    for number in named:
        reach = number - len(owners)
        if reach < 0:
            return []
        owners += [number] * (2 * reach + 1)
    return owners if len(owners) == len(rows) else []


def _is_name(cell: Cell) -> bool:
    return not any(character.isdigit() for character in text_of(cell)) and any(map(str.isalpha, text_of(cell)))

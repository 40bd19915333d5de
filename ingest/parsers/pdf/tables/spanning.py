"""Names above several columns of a table, given to each of them: "Sales" over "2023 | 2022" becomes "Sales 2023 | Sales 2022"."""

from dataclasses import replace

from ingest.parsers.pdf.tables.cells import MONTH, NUMERIC, YEAR, Cell, Table, texts_of
from ingest.parsers.tables.depth import are_two_heads

MAX_LEVELS = 2
MIN_LETTERS = 3  # of one name at least: ™ and ® above words name nothing
OFF_CENTRE = 0.25  # of a column's width: how far from the middle of its columns a name may stand
Extent = tuple[float, float]  # from left to right, in points


def join_spanning(table: Table) -> Table:
    """Return the table with a first row of names over several columns joined with the row below; as it is where there is none."""
    for _ in range(MAX_LEVELS):
        joined = _join(table)
        if joined is None:
            break
        table = joined
    return table


def join_units(table: Table) -> Table:
    """Return the table with a second row of units joined with the names above: "Price" above "EUR" becomes "Price EUR"."""
    if table.header_rows > 2 or len(table.rows) < 3 or len(table.rows[0]) != len(table.rows[1]):
        return table
    upper, lower, *below = ([(place, text) for place, text in enumerate(row) if text] for row in texts_of(table))
    if not upper or not lower or upper[0][0] >= lower[0][0] or not are_two_heads(upper, lower, below):
        return table
    names = [[*above, *under] for above, under in zip(*table.rows[:2], strict=True)]
    return replace(table, rows=[names, *table.rows[2:]], header_rows=1)


def _join(table: Table) -> Table | None:
    if len(table.rows) < 3:
        return None
    lower = table.rows[1]
    upper = [[] if number < len(lower) and cell == lower[number] else cell for number, cell in enumerate(table.rows[0])]
    names = [column for column, cell in enumerate(upper) if cell]
    if len(upper) != len(lower) or not names or len(names) == len(upper) or _has_figure(upper) or _has_figure(lower):
        return None
    below = [column for column, cell in enumerate(lower) if cell]
    extents = _extents(table.rows[1:], len(upper))
    above = [column for column in names if column]
    spans = _even(above, upper, [c for c in below if c], extents) or _spans(above, upper, [c for c in below if c], extents)
    if not any(len(span) > 1 for span in spans.values()) or not any(_letters(upper[name]) >= MIN_LETTERS for name in spans):
        return None
    over = {column: name for name, span in spans.items() for column in span}
    first = min(over)
    if len(above) > 1 and any(1 <= column < first and lower[column] for column in below):
        return None  # names were lost on the way: who stands over what is a guess
    row: list[Cell] = []
    for column, cell in enumerate(lower):
        own = upper[column] if column and column in names and column not in spans else []
        row.append([*(upper[over[column]] if column in over else own), *cell])
    if upper[0] and lower[0]:  # a title of the table beside the names: a row of its own
        return Table([[upper[0]], row, *table.rows[2:]], max(2, table.header_rows), table.is_bold, table.is_drawn)
    row[0] = row[0] or upper[0]
    return Table([row, *table.rows[2:]], max(1, table.header_rows - 1), table.is_bold, table.is_drawn)


def _even(names: list[int], upper: list[Cell], columns: list[int], extents: list[Extent | None]) -> dict[int, list[int]]:
    """Return the columns shared out evenly, in order, where each name then stands over its own."""
    if len(names) < 2 or len(columns) % len(names) or len(columns) == len(names):
        return {}
    each = len(columns) // len(names)
    spans = {name: columns[number * each : (number + 1) * each] for number, name in enumerate(names)}
    for name, span in spans.items():
        known = [extent for column in span if (extent := extents[column])]
        if len(known) < each or not known[0][0] <= _centre(_extent(upper[name])) <= known[-1][1] or name not in span:
            return {}
    return spans


def _spans(names: list[int], upper: list[Cell], columns: list[int], extents: list[Extent | None]) -> dict[int, list[int]]:
    """Return the columns that each name stands over: those nearest to it, as long as it stands in their middle."""
    centres = {name: _centre(_extent(upper[name])) for name in names}
    spans: dict[int, list[int]] = {name: [] for name in names}
    for column in columns:
        if (extent := extents[column]) and names:
            spans[min(names, key=lambda name: abs(centres[name] - _centre(extent)))].append(column)
    for name, span in spans.items():
        while len(span) > 1 and not _is_centred(centres[name], [extents[column] for column in span]):
            span.remove(max(span, key=lambda column: abs(_centre(extents[column] or (0.0, 0.0)) - centres[name])))
        if len(span) == 1 and not upper[span[0]] and span[0] != name:
            span.clear()
    return {name: span for name, span in spans.items() if span}


def _is_centred(centre: float, extents: list[Extent | None]) -> bool:
    known = [extent for extent in extents if extent]
    middle = (known[0][0] + known[-1][1]) / 2
    return abs(middle - centre) <= max(6.0, OFF_CENTRE * (known[-1][1] - known[0][0]) / len(known))


def _extents(rows: list[list[Cell]], width: int) -> list[Extent | None]:
    """Return from where to where each column reaches below its names."""
    found: list[Extent | None] = []
    for column in range(width):
        cells = [_extent(row[column]) for row in rows if len(row) == width and row[column]]
        found.append((min(left for left, _ in cells), max(right for _, right in cells)) if cells else None)
    return found


def _extent(cell: Cell) -> Extent:
    words = [word for fragment in cell for word in fragment.words]
    return min(word.left for word in words), max(word.right for word in words)


def _letters(cell: Cell) -> int:
    return sum(character.isalnum() for fragment in cell for word in fragment.words for character in word.text)


def _centre(extent: Extent) -> float:
    return (extent[0] + extent[1]) / 2


def _has_figure(row: list[Cell]) -> bool:
    """True where a cell holds a figure that is no year and no day of a month."""
    for cell in row:
        words = [word.text for fragment in cell for word in fragment.words]
        dated = any(MONTH.match(word) for word in words)
        if any(NUMERIC.match(word) and not YEAR.match(word) for word in words) and not dated:
            return True
    return False

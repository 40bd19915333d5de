"""Tables that stand side by side on a sheet, apart by blank columns: each is read by itself, from the left to the right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.parsers.content import ParsedPage
from ingest.parsers.tables.names import NUMBER, column_runs
from ingest.parsers.tables.nesting import TOTAL
from ingest.parsers.tables.rows import Notes, Rows

MAX_HELD = 2000  # rows between blank ones that are held back to see which columns are blank; longer tables stand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    cells: Sequence[str]
    notes: Notes = field(default_factory=dict)
    indent: int = 0
    is_label: bool = False

    def within(self, columns: range) -> "_Row":
        """Return the row with nothing but what stands in some columns."""
        cells = [text if column in columns else "" for column, text in enumerate(self.cells)]
        notes = {column: text for column, text in self.notes.items() if column in columns}
        first = next((column for column, text in enumerate(self.cells) if text), -1)
        begins = first in columns
        indent, is_label = (self.indent, self.is_label) if begins else (0, False)
        return _Row(cells=cells if any(cells) else [], notes=notes, indent=indent, is_label=is_label)


class Regions:
    """Takes the rows of a sheet one by one and hands them on; tables side by side one after the other."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._held: list[_Row] = []
        self._is_long = False

    def add(
        self, row: Sequence[str], *, notes: Notes | None = None, indent: int = 0, is_label: bool = False
    ) -> Iterator[ParsedPage]:
        """Add a row of cleaned cells, as `Rows.add`. Raises: Refusal: too_wide."""
        taken = _Row(cells=row, notes=notes or {}, indent=indent, is_label=is_label)
        is_blank = not any(row)
        if is_blank or len(self._held) == MAX_HELD:
            self._is_long = not is_blank
            yield from self._hand_on()
        if is_blank or self._is_long:
            yield from self._give(taken)
        else:
            self._held.append(taken)

    def finish(self) -> Iterator[ParsedPage]:
        """Hand on what is held back. The next row begins a table of its own."""
        yield from self._hand_on()
        yield from self.rows.finish()
        self._is_long = False

    def _hand_on(self) -> Iterator[ParsedPage]:
        held, self._held = self._held, []
        parts = [] if self._is_long else _side_by_side(held)
        for number, columns in enumerate(parts):
            if number:
                yield from self.rows.finish()
            for row in held:
                yield from self._give(row.within(columns))
        if not parts:
            for row in held:
                yield from self._give(row)

    def _give(self, row: _Row) -> Iterator[ParsedPage]:
        yield from self.rows.add(row.cells, notes=row.notes, indent=row.indent, is_label=row.is_label)


def _side_by_side(rows: Sequence[_Row]) -> list[range]:
    """Return the columns of each table, none where all of them are one.

    A blank column may also part the columns of one table. Tables of their own begin or end in different rows, or have titles of
    their own; each fills its rows, and names each by a text that no other row of it has.
    """
    texts = [{column: text for column, text in enumerate(row.cells) if text} for row in rows]
    parts = column_runs(column for row in texts for column in row)
    if len(parts) < 2 or not all(len(part) > 1 for part in parts):
        return []
    tables = [[{column: row[column] for column in part if column in row} for row in texts] for part in parts]
    if not all(_is_table(table, part, is_first=part is parts[0]) for table, part in zip(tables, parts, strict=True)):
        return []
    extents = {_extent(table) for table in tables}
    are_titled = all(len(table[_extent(table)[0]]) == 1 for table in tables)
    return parts if len(extents) == len(tables) or are_titled else []


def _extent(table: Sequence[Mapping[int, str]]) -> tuple[int, int]:
    """Return the first and the last row in which something stands but a total."""
    filled = [number for number, row in enumerate(table) if row and not any(TOTAL.match(text) for text in row.values())]
    return filled[0], filled[-1]


def _is_table(table: Sequence[Mapping[int, str]], part: range, *, is_first: bool) -> bool:
    """Tell whether some columns are a table of their own. The first may have blank rows, which part two tables below each other."""
    if sum(len(row) > 1 for row in table) < 3 or all(any(TOTAL.match(text) for text in row.values()) for row in table if row):
        return False
    first, last = _extent(table)
    if not is_first and not all(table[first : last + 1]):
        return False
    names = [row[part.start] for row in table if len(row) > 1 and part.start in row]
    is_named = len(names) == sum(len(row) > 1 for row in table)
    while len(names) > 2 and names[0] == names[1]:
        del names[0]  # a name of a column that is merged down over the names of others
    return is_named and len(set(names)) == len(names) and not all(NUMBER.match(name) for name in names[1:])

"""A table that goes on over a page: its rows keep the names of their columns, which stand on the page where it began."""

import re
from dataclasses import dataclass

from ingest.parsers.pdf.tables.cells import Table

ALIGNED = 4.0  # points between the edges of a column on two pages
CONTINUED = re.compile(r"\b(?:cont(?:inued|['’]?d|\.)|continuation|fortsetzung)\b|续表|（续）|\(续\)|續表", re.IGNORECASE)
Extent = tuple[float, float]  # from left to right, in points


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """The table at the end of a page.

    `header`: the text of the rows that name its columns. `columns`: None for one without cells.
    """

    page: int
    header: str
    is_bold: bool
    columns: tuple[Extent | None, ...]


def columns_of(table: Table) -> tuple[Extent | None, ...]:
    """Return from where to where each column reaches below the names."""
    width = max((len(row) for row in table.rows), default=0)
    found: list[Extent | None] = []
    for column in range(width):
        words = [
            word
            for row in table.rows[table.header_rows :]
            if len(row) == width
            for fragment in row[column]
            for word in fragment.words
        ]
        found.append((min(word.left for word in words), max(word.right for word in words)) if words else None)
    return tuple(found)


def goes_on(before: OpenTable | None, table: Table, *, page: int) -> bool:
    """Tell whether the first table of a page goes on with the last one of the page before, without a head of its own."""
    if before is None or not before.header or page != before.page + 1:
        return False
    if table.is_bold and before.is_bold:
        return False  # it has its own head
    columns = columns_of(Table(table.rows, 0))
    if len(columns) != len(before.columns):
        return False
    if _plain("".join(_text_of(table, row) for row in range(min(len(table.rows), 3)))).startswith(_plain(before.header)):
        return False  # the head is repeated
    known = [(old, new) for old, new in zip(before.columns, columns, strict=True) if old and new]
    return 2 * len(known) > len(columns) and all(_stand_alike(old, new) for old, new in known)


def _stand_alike(old: Extent, new: Extent) -> bool:
    middles = abs((old[0] + old[1]) - (new[0] + new[1])) / 2
    return min(abs(old[0] - new[0]), abs(old[1] - new[1]), middles) < ALIGNED


def _text_of(table: Table, row: int) -> str:
    return "".join(word.text for cell in table.rows[row] for fragment in cell for word in fragment.words)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()

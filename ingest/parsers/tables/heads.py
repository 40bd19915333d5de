"""Whether the first row of a table is a record like those below it, so that it names no columns."""

import re
from collections.abc import Sequence

from ingest.parsers.tables.names import NUMBER, YEAR_OR_DATE
from ingest.parsers.tables.pairs import are_pairs

MAX_ROWS = 12  # that are looked at
FULL_DATE = re.compile(r"^(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}$")
DIGITS = re.compile(r"\d+")


def rows_of(text: str) -> list[list[str]]:
    """Return the first rows of a table's text, cut into their cells."""
    return [line.split(" | ") for line in text.split("\n", MAX_ROWS)[:MAX_ROWS]]


def lacks_head(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a table surely has no row of names.

    Its rows are labels and values, or its first row holds a number, a date or a code where those below hold one of the same form:
    "4711 | Ann | Hall 2" above "4712 | Bob | Hall 3"; or a word of it comes again further below in the same column, as that of a
    place or a team does. Else words above words say nothing; a year may be a name.
    """
    rows = [row for row in rows if any(row)][:MAX_ROWS]
    columns = range(len(rows[0]) if len(rows) > 1 else 0)
    return are_labels(rows) or any(_is_of_kind(rows, column) or _comes_again(rows, column) for column in columns)


def are_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the rows of a table are labels and their values; some values may be blank."""
    rows = [row for row in rows if any(row)][:MAX_ROWS]
    if any(len(row) > 2 or not row[0] for row in rows):
        return False
    return are_pairs([[(0, row[0]), (1, row[1])] for row in rows if len(row) == 2 and row[1]])


def _is_of_kind(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Tell whether the first row has in this column what most of those below it have there."""
    first = _form(rows[0][column])
    if not first:
        return False
    below = [row[column] for row in rows[1:] if column < len(row) and row[column]]
    return bool(below) and 2 * sum(_form(text) == first for text in below) > len(below)


def _comes_again(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Tell whether a text of the first row stands in a record, too. The second row may be names, and all may be printed again."""
    first = rows[0][column]
    is_remark = first.startswith(("(", "（"))  # "(in millions)", which the names of the next year say again
    return bool(first) and not is_remark and any(row[column] == first and row != rows[0] for row in rows[2:] if column < len(row))


def _form(text: str) -> str:
    """Return the form of a text with figures: "Hall #" of "Hall 2"; "" for words and for what may name a column."""
    text = text.strip()
    if YEAR_OR_DATE.match(text) and not FULL_DATE.match(text):
        return ""
    if NUMBER.match(text):
        return "#"
    return DIGITS.sub("#", text) if DIGITS.search(text) else ""

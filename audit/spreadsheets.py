"""Tables that people open in a spreadsheet: UTF-8 with a byte order mark, without which Excel misreads Chinese, and no formulas."""

import csv
import io
from collections.abc import Iterable

MARK = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def write_csv(rows: Iterable[Iterable[object]]) -> str:
    """Return the rows as CSV."""
    stream = io.StringIO()
    csv.writer(stream).writerows(map(as_text, row) for row in rows)
    return MARK + stream.getvalue()


def as_text(value: object) -> str:
    """Return a cell that no spreadsheet runs as a formula (OWASP, "CSV Injection"). Numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ")[:1] in FORMULAS else text

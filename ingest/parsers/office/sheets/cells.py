"""The text of a cell as the sheet shows it."""

import datetime
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import get_column_letter

from ingest.parsers.office.sheets.dates import show_date
from ingest.parsers.office.sheets.number_format import EAST_ASIAN_DATES, show_number, show_text
from language.raised import lowered, raised


def show_value(value: Any, code: str, *, epoch: datetime.datetime) -> str:
    """Return a value as its number format shows it.

    Args:
        value: a number, a text, True or False, a date of ISO form, rich text; its parts that are struck out are left out.
        code: of the number format.
        epoch: day 0 of the workbook's dates.
    """
    if isinstance(value, CellRichText):
        return "".join(map(_rich_text, value))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return show_number(value, code, epoch=epoch)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return show_date(value, code.split(";")[0])
    return show_text(str(value), code)


def format_of(cell: Any) -> str:
    """Return the code of a cell's number format."""
    number = cell.style_array.numFmtId
    return EAST_ASIAN_DATES.get(number) or str(cell.number_format or "")


def has_struck_part(value: Any) -> bool:
    """Tell whether part of a cell's text is struck out."""
    return isinstance(value, CellRichText) and any(_is_struck(part) for part in value)


def _is_struck(part: str | TextBlock) -> bool:
    return isinstance(part, TextBlock) and bool(part.font.strike) and bool((part.text or "").strip())


def _rich_text(part: str | TextBlock) -> str:
    """Return a stretch of a cell's text, written as raised or lowered where it stands so, "" where it is struck out."""
    if isinstance(part, str):
        return part
    if _is_struck(part):
        return ""
    write = {"superscript": raised, "subscript": lowered}.get(part.font.vertAlign or "", str)
    return write(part.text or "")


def cell_name(row: int, column: int) -> str:
    """Return "B4" for row 4 and column 2, both from 1."""
    return f"{get_column_letter(column)}{row}"

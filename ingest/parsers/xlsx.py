"""XLSX: each sheet under its name, each row readable with its header; values as the cells show them. Reads row by row."""

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.pdf_structure import usable_title
from ingest.parsers.refusal import Refusal
from ingest.parsers.rows import Rows
from ingest.parsers.strict_office import open_office
from ingest.parsers.xlsx_dates import show_date
from ingest.parsers.xlsx_merged import Spreader, read_merged

MAX_SHEETS = 500
MAX_CELLS = 20_000_000
DECIMALS = re.compile(r"0\.(0+)")
CURRENCY = re.compile(r"[$€£¥]")
DAMAGE = (
    InvalidFileException,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    zipfile.BadZipFile,
    etree.XMLSyntaxError,
    SyntaxError,
    OSError,
    NotImplementedError,
    OverflowError,
)


def parse_xlsx(path: Path, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the rows of all visible sheets. Raises: Refusal: damaged, too_wide, too_complex."""
    try:
        book = load_workbook(open_office(path), read_only=True, data_only=True, keep_links=False)
        properties, sheets = book.properties, list(book.worksheets)
    except DAMAGE as error:
        raise Refusal("damaged", f"openpyxl: {type(error).__name__}: {error}") from error
    flow = Flow()
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(title=usable_title(title))
    hidden = [sheet for sheet in sheets if sheet.sheet_state != "visible"]
    broken: list[str] = []
    visible = [sheet for sheet in sheets if sheet not in hidden][:MAX_SHEETS]
    for sheet in visible:
        try:
            yield from _sheet(sheet, flow)
        except DAMAGE:
            broken.append(flow.cleaner.clean_line(sheet.title))
    if visible and len(broken) == len(visible):
        raise Refusal("damaged", f"no sheet of {len(visible)} could be read")
    yield from flow.finish()
    if hidden:
        names = ", ".join(flow.cleaner.clean_line(sheet.title) for sheet in hidden[:20])
        yield Notice(code="hidden_sheets", values={"names": names})
    if broken:
        yield Notice(code="broken_sheets", values={"names": ", ".join(broken[:20])})
    if flow.cleaner.invisible:
        yield Notice(code="invisible", values={"count": flow.cleaner.invisible})


def _sheet(sheet: Any, flow: Flow) -> Iterator[ParsedPage]:
    # The size that a sheet declares is not to be trusted: A1:XFD1048576 around one cell would be 17 billion empty ones.
    sheet.reset_dimensions()
    rows = Rows(flow)
    yield from flow.add("heading", flow.cleaner.clean_line(sheet.title), level=1)
    count = 0
    spreader = Spreader(read_merged(sheet.parent._archive, sheet._worksheet_path))
    for number, row in enumerate(sheet.iter_rows(), start=1):
        count += len(row)
        if count > MAX_CELLS:
            raise Refusal("too_complex", f"more than {MAX_CELLS} cells")
        cells = ["" if cell.value is None else flow.cleaner.clean_line(show_value(cell)) for cell in row]
        for ready in spreader.take(number, cells):
            yield from rows.add(ready)
    for ready in spreader.finish():
        yield from rows.add(ready)
    yield from rows.finish()


def show_value(cell: Any) -> str:
    """Return a cell's value as its number format shows it, as far as percent, money, decimals, grouping and dates go."""
    value = cell.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return show_date(value, str(cell.number_format or ""))
    return str(value)


def _number(value: float, shape: str) -> str:
    shape = shape.split(";")[0]
    decimals = len(match.group(1)) if (match := DECIMALS.search(shape)) else 0
    if "%" in shape:
        return f"{value * 100:.{decimals}f}%"
    if "0" not in shape or "General" in shape or "E" in shape:
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    text = f"{value:,.{decimals}f}" if "," in shape else f"{value:.{decimals}f}" if decimals else f"{value:.15g}"
    sign = CURRENCY.search(shape)
    if not sign:
        return text
    return f"-{sign.group()}{text[1:]}" if text.startswith("-") else sign.group() + text

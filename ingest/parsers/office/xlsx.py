"""XLSX: each sheet under its name, each row readable with its header; values as the cells show them. Reads row by row."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.declared import declared_by
from ingest.parsers.office.macros import has_macros, with_macro_warning
from ingest.parsers.office.sheets.formulas import Calculator
from ingest.parsers.office.sheets.reader import bold_styles, struck_styles, white_styles
from ingest.parsers.office.sheets.sheet import SheetText
from ingest.parsers.office.strict_office import open_office
from ingest.parsers.pdf.structure import usable_title
from ingest.parsers.pictures.later import LaterPictures
from ingest.parsers.refusal import Refusal

TOLD = ("hidden_rows", "hidden_columns", "struck_out", "hidden_values", "formulas", "calculated")
MAX_SHEETS = 500
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


def parse_xlsx(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the rows of all visible sheets. Raises: Refusal: damaged, too_wide, too_complex."""
    yield from with_macro_warning(_parse(stream), has_macros=has_macros(stream))


def _parse(stream: BinaryIO) -> Iterator[Opening | ParsedPage | Notice]:
    try:
        book = load_workbook(open_office(stream), read_only=True, data_only=True, keep_links=False, rich_text=True)
        properties, sheets = book.properties, list(book.worksheets)
        styles = {"struck": struck_styles(book), "white": white_styles(book), "bold": bold_styles(book)}
    except DAMAGE as error:
        raise Refusal("damaged", f"openpyxl: {type(error).__name__}: {error}") from error
    flow = Flow()
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(title=usable_title(title), metadata=declared_by(properties))
    hidden = [sheet for sheet in sheets if sheet.sheet_state != "visible"]
    broken: list[str] = []
    left_out, calculator, pictures = LeftOut.in_order(*TOLD), Calculator(book), LaterPictures(flow.cleaner)
    visible = [sheet for sheet in sheets if sheet not in hidden][:MAX_SHEETS]
    for sheet in visible:
        try:
            reader = SheetText(sheet, flow, **styles, calculator=calculator, left_out=left_out, pictures=pictures)
            yield from reader.read()
        except DAMAGE:
            broken.append(flow.cleaner.clean_line(sheet.title))
    if visible and len(broken) == len(visible):
        raise Refusal("damaged", f"no sheet of {len(visible)} could be read")
    yield from flow.finish()
    yield from pictures.notices()
    if hidden:
        names = ", ".join(flow.cleaner.clean_line(sheet.title) for sheet in hidden[:20])
        yield Notice(code="hidden_sheets", values={"names": names})
    yield from left_out.notices()
    if broken:
        yield Notice(code="broken_sheets", values={"names": ", ".join(broken[:20])})
    if flow.cleaner.invisible:
        yield Notice(code="invisible", values={"count": flow.cleaner.invisible})

"""XLS, as Excel 5 to 2003 wrote it, as an XLSX is read: values in their formats, nothing that is hidden or struck out."""

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import xlrd
from xlrd.biffh import error_text_from_code
from xlrd.compdoc import CompDocError
from xlrd.formula import FormulaError

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.office.building.package import Properties
from ingest.parsers.office.building.word import PLAIN, Look
from ingest.parsers.office.building.workbook import Cell, Note, Rich, SheetFile, WorkbookFile
from ingest.parsers.office.legacy.compound import DAMAGE, Compound
from ingest.parsers.office.legacy.drawn import count_charts, read_drawn
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.office.sheets.number_format import EAST_ASIAN_DATES
from ingest.parsers.office.xlsx import parse_xlsx
from ingest.parsers.refusal import Refusal

BROKEN = (xlrd.XLRDError, CompDocError, FormulaError, AssertionError, *DAMAGE, struct.error)
LAST_ROW, LAST_COLUMN = 65_536, 256  # of an XLS: what lies on no cell follows the rows
WHITE = (255, 255, 255)
RISES = {1: "superscript", 2: "subscript"}


def parse_xls(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the rows of all visible sheets. Raises: Refusal: damaged, locked, too_wide, too_complex."""
    compound = Compound(stream)
    if compound.is_locked:
        raise Refusal("locked", "encrypted XLS")
    stream.seek(0)
    try:
        with io.StringIO() as log:  # what xlrd would print
            book = xlrd.open_workbook(
                file_contents=stream.read(), formatting_info=True, on_demand=True, ragged_rows=True, logfile=log
            )
            workbook = _read(book)
    except BROKEN as error:
        is_locked = "encrypted" in str(error).lower()
        raise Refusal("locked" if is_locked else "damaged", f"xlrd: {type(error).__name__}: {error}") from error
    notices = list(_add_drawn(workbook, compound))
    title, author, created = compound.properties()
    workbook.properties = Properties(title=title, author=author, created=created)
    yield from with_macro_warning(parse_xlsx(workbook.save(), name=name), has_macros=compound.has_macros)
    yield from notices


def _read(book: Any) -> WorkbookFile:
    workbook = WorkbookFile(is_from_1904=book.datemode == 1)
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        _Sheet(book, sheet, workbook).read()
        book.unload_sheet(number)
    return workbook


def _add_drawn(workbook: WorkbookFile, compound: Compound) -> Iterator[Notice]:
    """Keep text boxes and titles of charts beside the rows; a sheet that is a chart has nothing else."""
    if charts := count_charts(compound.read("Book")):
        yield Notice(code="objects", values={"count": charts})
    try:
        drawn = read_drawn(compound.read("Workbook"))
    except (struct.error, IndexError):
        yield Notice(code="broken_parts")
        return
    sheets = {sheet.name: sheet for sheet in workbook.sheets}
    for one in drawn:
        texts = [text for text in one.texts if text.strip()]
        if one.is_chart and texts:
            sheets[one.name] = workbook.sheet(one.name, is_hidden=one.is_hidden)
        if one.name in sheets:
            sheets[one.name].notes += [Note(row=LAST_ROW + at, column=LAST_COLUMN, text=text) for at, text in enumerate(texts)]


class _Sheet:
    def __init__(self, book: Any, sheet: Any, workbook: WorkbookFile) -> None:
        self.book, self.sheet, self.workbook = book, sheet, workbook
        self.styles: dict[int, int] = {}  # by the number of the cell's format

    def read(self) -> SheetFile:
        sheet = self.sheet
        target = self.workbook.sheet(sheet.name, is_hidden=sheet.visibility != 0)
        for column, shape in sheet.colinfo_map.items():
            if shape.hidden or shape.width == 0:
                target.hide_columns(column + 1, column + 1)
        for top, bottom, left, right in sheet.merged_cells:
            target.merge(top + 1, left + 1, bottom, right)
        for (row, column), note in sheet.cell_note_map.items():
            target.notes.append(Note(row=row + 1, column=column + 1, text=note.text, author=note.author))
        for place, link in sheet.hyperlink_map.items():
            if link.url_or_path:
                address = link.url_or_path
                target.links[place[0] + 1, place[1] + 1] = address.decode("latin-1") if isinstance(address, bytes) else address
        for row in range(sheet.nrows):
            shape = sheet.rowinfo_map.get(row)
            cells = [self._cell(row, column) for column in range(sheet.row_len(row))]
            shown = [cell for cell in cells if cell is not None]
            target.row(row + 1, shown, is_hidden=shape is not None and bool(shape.hidden or shape.height == 0))
        return target

    def _cell(self, row: int, column: int) -> Cell | None:
        kind, value = self.sheet.cell_type(row, column), self.sheet.cell_value(row, column)
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        format_number = self.sheet.cell_xf_index(row, column)
        if format_number not in self.styles:
            self.styles[format_number] = self._style(format_number)
        shown: Any = value
        if kind == xlrd.XL_CELL_TEXT:
            shown = self._text(row, column, value, self.book.xf_list[format_number].font_index)
        elif kind == xlrd.XL_CELL_BOOLEAN:
            shown = bool(value)
        elif kind == xlrd.XL_CELL_ERROR:
            shown = error_text_from_code.get(value, "#N/A")
        elif value == int(value) and abs(value) < 1e15:
            shown = int(value)
        return Cell(column=column + 1, value=shown, style=self.styles[format_number])

    def _style(self, format_number: int) -> int:
        shape = self.book.xf_list[format_number]
        is_struck = bool(self.book.font_list[shape.font_index].struck_out)
        colour = self.book.colour_map.get(self.book.font_list[shape.font_index].colour_index)
        is_white = colour == WHITE and not shape.background.fill_pattern
        if shape.format_key in EAST_ASIAN_DATES:
            return self.workbook.style(number=shape.format_key, is_struck=is_struck, is_white=is_white)
        code = self.book.format_map[shape.format_key].format_str if shape.format_key in self.book.format_map else "General"
        return self.workbook.style(code or "General", is_struck=is_struck, is_white=is_white)

    def _text(self, row: int, column: int, text: str, font: int) -> str | Rich:
        """Return a text, with its parts where some stand raised, lowered or struck out; that a whole cell is, its style says."""
        look = replace(self._look(font), is_struck=False)
        changes = self.sheet.rich_text_runlist_map.get((row, column), [])
        runs: list[tuple[str, Look]] = []
        start = 0
        for place, number in changes:
            runs.append((text[start:place], look))
            start, look = place, self._look(number)
        runs.append((text[start:], look))
        runs = [run for run in runs if run[0]]
        return text if all(run[1] == PLAIN for run in runs) else tuple(runs)

    def _look(self, number: int) -> Look:
        if not 0 <= number < len(self.book.font_list):
            return PLAIN
        font = self.book.font_list[number]
        return Look(rise=RISES.get(font.escapement, ""), is_struck=bool(font.struck_out))

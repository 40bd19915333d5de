"""One sheet of a workbook, row by row: what it shows, with its notes and links; what it hides is left out and counted."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.parsers.content import ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.sheets.asides import address_of, read_asides
from ingest.parsers.office.sheets.cells import cell_name, format_of, has_struck_part, show_value
from ingest.parsers.office.sheets.drawings import SheetDrawings, printed_margins
from ingest.parsers.office.sheets.formulas import Calculator
from ingest.parsers.office.sheets.functions import CannotCalculate
from ingest.parsers.office.sheets.merged import Spreader, merged_in, read_tail
from ingest.parsers.office.sheets.reader import SheetReader, SheetRow
from ingest.parsers.pictures.later import LaterPictures
from ingest.parsers.refusal import Refusal
from ingest.parsers.tables.outline import indent_of
from ingest.parsers.tables.regions import Regions
from ingest.parsers.tables.rows import Rows

MAX_CELLS = 20_000_000
GROUNDS = (b"tablePart ", b"conditionalFormatting", b"picture ")  # of a sheet, which colour cells beside their styles


class SheetText:
    """Reads a sheet into the flow.

    Args:
        struck: ids of the styles whose font is struck out.
        white: ids of the styles that write in white on no ground.
        bold: ids of the styles whose font is bold.
        left_out: counts what the sheet hides.
        pictures: reads those on the sheet.
    """

    def __init__(
        self,
        sheet: Any,
        flow: Flow,
        *,
        struck: frozenset[int],
        white: frozenset[int],
        bold: frozenset[int],
        calculator: Calculator,
        left_out: LeftOut,
        pictures: LaterPictures,
    ) -> None:
        self.sheet, self.flow, self.struck, self.calculator, self.left_out = sheet, flow, struck, calculator, left_out
        self.bold = bold
        self.name = flow.cleaner.clean_line(sheet.title)
        tail = read_tail(sheet.parent._archive, sheet._worksheet_path)
        self.white = frozenset() if any(word in tail for word in GROUNDS) else white
        self.margins = flow.cleaner.clean_line(printed_margins(tail))
        hidden = frozenset(other.title for other in sheet.parent.worksheets if other.sheet_state != "visible")
        self.drawings = SheetDrawings(sheet.parent._archive, sheet._worksheet_path, hidden, pictures, left_out)
        self.spreader = Spreader(merged_in(tail))
        self.asides = read_asides(sheet.parent._archive, sheet._worksheet_path, tail)
        self.notes: dict[int, dict[int, list[str]]] = {}  # by row and column, both from 1
        for (row, column), texts in self.asides.notes.items():
            self.notes.setdefault(row, {})[column] = texts
        self.seen_hidden: set[int] = set()  # columns that hold something

    def read(self) -> Iterator[ParsedPage]:
        """Yield the pages that fill up. Raises: Refusal: too_complex, too_wide."""
        # The size that a sheet declares is not to be trusted: A1:XFD1048576 around one cell would be 17 billion empty ones.
        self.sheet.reset_dimensions()
        rows = Regions(Rows(self.flow))
        yield from self.flow.add("heading", self.name, level=1)
        yield from self.flow.add("list", self.margins)
        count = 0
        waiting: list[_Waiting] = []
        with self.sheet._get_source() as source:
            reader = SheetReader(self.sheet, source)
            for row in reader.rows():
                count += len(row.cells)
                if count > MAX_CELLS:
                    raise Refusal("too_complex", f"more than {MAX_CELLS} cells")
                had_text = any(cell.value is not None for cell in row.cells)
                cells = [self._cell(cell, row, reader) for cell in row.cells]
                is_gone = row.is_hidden or (had_text and not any(cells))
                if row.is_hidden and any(cells):
                    self.left_out.add_cell("hidden_rows", sheet=self.name, place=str(row.number))
                waiting.append(_Waiting(self._notes(row, reader), _indent_of(row), is_label=self._is_label(row)))
                for ready in self.spreader.take(row.number, cells, is_shown=not is_gone):
                    yield from self._add(rows, ready, waiting, reader)
            for ready in self.spreader.finish():
                yield from self._add(rows, ready, waiting, reader)
            for number in sorted(self.notes):  # beside cells below the last row
                waiting.append(_Waiting(self._notes(SheetRow(number, ()), reader)))
                yield from self._add(rows, [], waiting, reader)
        yield from rows.finish()
        for kind, text in self.drawings.texts():
            yield from self.flow.add(kind, self.flow.cleaner.clean(text))

    def _add(self, rows: Regions, cells: list[str], waiting: list["_Waiting"], reader: SheetReader) -> Iterator[ParsedPage]:
        notes: dict[int, str] = {}
        for one in waiting:
            notes |= one.notes
        last = waiting[-1] if waiting else _Waiting({})
        waiting.clear()
        shown = self._without_hidden_columns(cells, reader)
        yield from rows.add(shown, notes=notes, indent=last.indent, is_label=last.is_label)

    def _is_label(self, row: SheetRow) -> bool:
        """Tell whether a row is a text in bold print and a value that is not."""
        filled = [cell for cell in row.cells if cell.value not in (None, "")]
        are_two = len(filled) == 2 and isinstance(filled[0].value, str)
        return are_two and filled[0]._style_id in self.bold and filled[1]._style_id not in self.bold

    def _cell(self, cell: Any, row: SheetRow, reader: SheetReader) -> str:
        """Return the text of a cell, "" where it shows none."""
        value = cell.value
        column = getattr(cell, "column", 0)
        place = (row.number, column)
        if value is None and place in reader.unstored:
            value = self._calculate(place, cell, warns=not row.is_hidden)
            reader.unstored.pop(place, None)
        formula = reader.links.pop(place, "")
        if value is None:
            return ""
        clean = self.flow.cleaner.clean_line
        text = clean(show_value(value, format_of(cell), epoch=self.sheet.parent.epoch))
        is_struck = cell._style_id in self.struck and bool(text)
        if not row.is_hidden:
            if is_struck or has_struck_part(value):
                self.left_out.add_cell("struck_out", sheet=self.name, place=cell_name(*place))
            elif not text and isinstance(value, int | float) and value:
                self.left_out.add_cell("hidden_values", sheet=self.name, place=cell_name(*place))
        if is_struck:
            return ""
        if text and cell._style_id in self.white:
            if not row.is_hidden:
                self.left_out.add_cell("hidden_words", sheet=self.name, place=cell_name(*place))
            return ""
        address = clean(self.asides.links.get(place, "") or address_of(formula))
        return f"{text} ({address})" if address and address not in text else text

    def _calculate(self, place: tuple[int, int], cell: Any, *, warns: bool) -> Any:
        try:
            value = self.calculator.value(self.sheet.title, place)
        except CannotCalculate:
            value = None
            if warns:
                self.left_out.add_cell("formulas", sheet=self.name, place=cell_name(*place))
        else:
            if warns and value is not None:
                self.left_out.add_cell("calculated", sheet=self.name, place=cell_name(*place))
        return value

    def _notes(self, row: SheetRow, reader: SheetReader) -> dict[int, str]:
        """Return the notes of a row's cells by column from 0; notes of what is hidden or struck out are left out with it."""
        found = self.notes.pop(row.number, {})
        if not found or row.is_hidden:
            return {}
        struck = {cell.column for cell in row.cells if cell.value is not None and cell._style_id in self.struck}
        return {
            column - 1: self.flow.cleaner.clean_line(" / ".join(texts))
            for column, texts in found.items()
            if column not in struck and not _is_in(column - 1, reader.hidden_columns)
        }

    def _without_hidden_columns(self, cells: list[str], reader: SheetReader) -> list[str]:
        if not reader.hidden_columns:
            return cells
        hidden = [column for column, text in enumerate(cells) if text and _is_in(column, reader.hidden_columns)]
        for column in hidden:
            if column not in self.seen_hidden:
                self.seen_hidden.add(column)
                self.left_out.add_cell("hidden_columns", sheet=self.name, place=cell_name(1, column + 1).rstrip("1"))
        return ["" if column in hidden else text for column, text in enumerate(cells)]


class _Waiting(NamedTuple):
    """What goes with a row that is not handed on yet. `notes`: by column from 0. `indent`: how far it is set in."""

    notes: dict[int, str]
    indent: int = 0
    is_label: bool = False


def _indent_of(row: SheetRow) -> int:
    """Return how far the first text of a row is set in: by its cell's style, or by the spaces before it."""
    cell = next((cell for cell in row.cells if cell.value is not None), None)
    if cell is None or not isinstance(cell.value, str):
        return 0
    return int(cell.alignment.indent or 0) or indent_of(cell.value)


def _is_in(column: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= column <= last for first, last in ranges)

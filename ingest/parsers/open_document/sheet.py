"""Reads an OpenDocument spreadsheet into an XLSX, row by row: cells as they show their values, with notes and links."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from ingest.parsers.office.building.word import PLAIN, Look
from ingest.parsers.office.building.workbook import Cell, Note, SheetFile, WorkbookFile
from ingest.parsers.office.sheets.number_format import show_general
from ingest.parsers.open_document.archive import DAMAGE, Archive
from ingest.parsers.open_document.inline import read_runs
from ingest.parsers.open_document.names import CHART, DC, DRAW, OFFICE, STYLE, TABLE, TEXT, whole
from ingest.parsers.open_document.styles import Styles
from ingest.parsers.refusal import Refusal

MAX_COLUMNS, MAX_ROWS = 16_384, 1_048_576
MAX_REPEATED_ROWS = 10_000  # of a row that holds something
MAX_CELLS = 20_000_000
HIDDEN = ("collapse", "filter")
ASIDES = frozenset(
    (f"{OFFICE}annotation", *(f"{DRAW}{name}" for name in ("frame", "custom-shape", "rect", "line", "g", "caption")))
)
SHOWS_NOTHING = ";;;"
REFERENCE = re.compile(r"\[([^\[\]]*)\]")
PART = re.compile(r"^(?:\$?(?:'((?:[^']|'')*)'|([^.']*)))?\.(\$?[A-Z]{1,3}\$?\d+)$")


class SheetsReader:
    """Reads one file. Rows are forgotten as soon as they are read."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.workbook, self.styles = archive, WorkbookFile(properties=archive.properties()), Styles()
        self.styles.add(archive.root("styles.xml"))
        self.count = 0

    def read(self) -> WorkbookFile:
        """Return the XLSX. Raises: Refusal: damaged, too_complex."""
        try:
            with self.archive.zip.open("content.xml") as stream:
                events = etree.iterparse(
                    stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
                )
                self._read(events)
        except DAMAGE as error:
            raise Refusal("damaged", f"OpenDocument: {type(error).__name__}: {error}") from error
        if not self.workbook.sheets:
            raise Refusal("damaged", "OpenDocument without sheets")
        return self.workbook

    def _read(self, events: Iterator[tuple[str, etree._Element]]) -> None:
        table: _Table | None = None
        for event, element in events:
            if event == "start":
                if element.tag == f"{TABLE}table" and _is_sheet(element):
                    table = _Table(self, element)
            elif element.tag == f"{OFFICE}automatic-styles":
                self.styles.add(element)
            elif table is None:
                continue
            elif element is table.element:
                table = None
                element.clear()
            elif element.tag == f"{TABLE}shapes":
                table.drawn(element)
            elif element.tag == f"{TABLE}table-column":
                table.column(element)
            elif element.tag == f"{TABLE}table-row" and _table_of(element) is table.element:
                table.row(element)
                _forget(element)


class _Table:
    def __init__(self, reader: SheetsReader, element: etree._Element) -> None:
        self.reader, self.element = reader, element
        style = reader.styles.element("table", element.get(f"{TABLE}style-name"))
        properties = style.find(f"{STYLE}table-properties") if style is not None else None
        is_hidden = properties is not None and properties.get(f"{TABLE}display") == "false"
        self.sheet: SheetFile = reader.workbook.sheet(element.get(f"{TABLE}name", ""), is_hidden=is_hidden)
        self.number = 1
        self.columns = 1
        self.defaults: list[tuple[int, str]] = []  # the last column of each stretch, and the style of its cells
        self.looks: dict[str, tuple[Look, int]] = {}  # by the style of a cell: how its text stands, and the style in the XLSX

    def column(self, element: etree._Element) -> None:
        repeated = min(whole(element, f"{TABLE}number-columns-repeated", 1), MAX_COLUMNS)
        if element.get(f"{TABLE}visibility") in HIDDEN:
            self.sheet.hide_columns(self.columns, self.columns + repeated - 1)
        self.columns += repeated
        self.defaults.append((self.columns - 1, element.get(f"{TABLE}default-cell-style-name", "")))

    def row(self, element: etree._Element) -> None:
        repeated = whole(element, f"{TABLE}number-rows-repeated", 1)
        is_hidden = element.get(f"{TABLE}visibility") in HIDDEN
        for place in range(min(repeated, MAX_REPEATED_ROWS)):
            if self.number + place > MAX_ROWS:
                break
            cells = list(self._cells(element, self.number + place))
            self.reader.count += len(cells)
            if self.reader.count > MAX_CELLS:
                raise Refusal("too_complex", f"more than {MAX_CELLS} cells")
            if not cells:
                break
            self.sheet.row(self.number + place, cells, is_hidden=is_hidden)
        self.number += repeated

    def drawn(self, shapes: etree._Element) -> None:
        """Keep what lies on the sheet and on none of its cells: words on shapes, titles of charts."""
        for shape in shapes:
            texts = ["".join(paragraph.itertext()) for paragraph in shape.iter(f"{TEXT}p")]
            for embedded in shape.iter(f"{DRAW}object"):
                root = self.reader.archive.embedded(embedded.get("{http://www.w3.org/1999/xlink}href", ""))
                titles = root.iter(f"{CHART}title", f"{CHART}subtitle") if root is not None else ()
                texts += ["".join(title.itertext()) for title in titles]
            if text := "\n".join(filter(str.strip, texts)).strip():
                self.sheet.notes.append(Note(row=self.number, column=MAX_COLUMNS, text=text))

    def _cells(self, element: etree._Element, number: int) -> Iterator[Cell]:
        column = 1
        for found in element.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            repeated = min(whole(found, f"{TABLE}number-columns-repeated", 1), MAX_COLUMNS)
            has_content = len(found) or found.get(f"{OFFICE}value-type") or found.get(f"{TABLE}formula")
            for place in range(column, min(column + repeated, MAX_COLUMNS + 1)) if has_content else ():
                if any(len(child) or child.tag != f"{TEXT}p" for child in found):
                    self._asides(found, number, place)
                cell = self._cell(found, element, place)
                if cell is not None:
                    yield cell
            right = column + whole(found, f"{TABLE}number-columns-spanned", 1) - 1
            self.sheet.merge(number, column, number + whole(found, f"{TABLE}number-rows-spanned", 1) - 1, right)
            column += repeated

    def _cell(self, found: etree._Element, row: etree._Element, column: int) -> Cell | None:
        look, style = self._look(found, row, column)
        runs = self._runs(found, look)
        text = "".join(part for part, _ in runs)
        value = _value(found)
        if not text and found.find(f"{TEXT}p") is not None and value is not None:
            return Cell(column=column, value=value, style=self.reader.workbook.style(SHOWS_NOTHING))
        if not text:
            formula = found.get(f"{TABLE}formula", "")
            text = _unshown(found)
            if not text and formula:
                return Cell(column=column, value=None, style=style, formula=to_excel(formula))
            return Cell(column=column, value=text, style=style) if text else None
        if value is not None and text == show_general(value):
            return Cell(column=column, value=value, style=style)
        if all(part_look == PLAIN for _, part_look in runs):
            return Cell(column=column, value=text, style=style)
        return Cell(column=column, value=tuple(runs), style=style)

    def _look(self, found: etree._Element, row: etree._Element, column: int) -> tuple[Look, int]:
        """Return how the text of a cell stands, and its style in the XLSX, which says whether all of it is struck out."""
        name = found.get(f"{TABLE}style-name") or row.get(f"{TABLE}default-cell-style-name")
        name = name or next((style for last, style in self.defaults if column <= last), "")
        if name not in self.looks:
            look = self.reader.styles.get("table-cell", name).look
            style = self.reader.workbook.style(is_struck=look.is_struck, is_white=look.is_white)
            self.looks[name] = (replace(look, is_hidden=False, is_struck=False, is_white=False), style)
        return self.looks[name]

    def _runs(self, found: etree._Element, look: Look) -> list[tuple[str, Look]]:
        runs: list[tuple[str, Look]] = []
        for paragraph in found.iterchildren(f"{TEXT}p"):
            if runs:
                runs.append(("\n", PLAIN))
            if not len(paragraph):  # most cells: nothing but a word
                runs.append((" ".join((paragraph.text or "").split()), look))
                continue
            for run in read_runs(paragraph, self.reader.styles, look=look, is_special=lambda one: one.tag in ASIDES):
                if run.text and not run.look.is_hidden:
                    runs.append((run.text, run.look))
        return runs

    def _asides(self, found: etree._Element, number: int, column: int) -> None:
        """Keep the notes of a cell, the words of what is drawn on it, and where it leads."""
        for aside in found.iter(*ASIDES):
            text = "\n".join("".join(paragraph.itertext()) for paragraph in aside.iter(f"{TEXT}p")).strip()
            author = aside.findtext(f"{DC}creator", "")
            if text:
                self.sheet.notes.append(Note(row=number, column=column, text=text, author=author))
        link = next(found.iter(f"{TEXT}a"), None)
        if link is not None:
            self.sheet.links[number, column] = link.get("{http://www.w3.org/1999/xlink}href", "")


def _is_sheet(element: etree._Element) -> bool:
    above = element.getparent()
    return above is not None and above.tag == f"{OFFICE}spreadsheet"


def _table_of(element: etree._Element) -> etree._Element | None:
    return next(element.iterancestors(f"{TABLE}table"), None)


def _forget(element: etree._Element) -> None:
    element.clear()
    above = element.getparent()
    while above is not None and element.getprevious() is not None:
        del above[0]


def _value(found: etree._Element) -> float | int | None:
    """Return the number of a cell, None for other values."""
    try:
        number = float(found.get(f"{OFFICE}value", ""))
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number if abs(number) < 1e300 else None


def _unshown(found: etree._Element) -> str:
    """Return the value of a cell that a program wrote without the text that shows it."""
    value = _value(found)
    if value is not None:
        is_share = found.get(f"{OFFICE}value-type") == "percentage"
        currency = found.get(f"{OFFICE}currency", "")
        return f"{show_general(round(value * 100, 10))}%" if is_share else f"{show_general(value)} {currency}".strip()
    names = ("date-value", "time-value", "string-value", "boolean-value")
    text = next((said for name in names if (said := found.get(f"{OFFICE}{name}"))), "")
    return text.upper() if text in ("true", "false") else text.removesuffix("T00:00:00")


def to_excel(formula: str) -> str:
    """Return an OpenFormula formula as Excel writes it, as far as references and separators differ."""
    body = formula.partition("=")[2]
    return REFERENCE.sub(lambda match: _reference(match[1]), body).replace(";", ",")


def _reference(written: str) -> str:
    """Return "Staff!B2:B3" for "$Staff.B2:.B3"."""
    parts = [PART.match(part) for part in written.split(":")]
    if not all(parts) or not parts[0]:
        return written
    sheet = parts[0][1] or parts[0][2] or ""
    cells = ":".join(part[3] for part in parts if part)
    return f"'{sheet}'!{cells}" if sheet else cells

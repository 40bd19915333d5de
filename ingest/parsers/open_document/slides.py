"""Reads an OpenDocument presentation into a PPTX: titles, texts, tables, figures of charts, pictures, notes, comments."""

import re
from collections.abc import Iterator

from lxml import etree

from ingest.parsers.office.building.slides import Line, SlideFile, SlidesFile, TableCell, TextRun
from ingest.parsers.open_document.archive import Archive
from ingest.parsers.open_document.inline import PAGES, read_runs
from ingest.parsers.open_document.names import CHART, DC, DRAW, MATH, OFFICE, PRESENTATION, STYLE, SVG, TABLE, TEXT, XLINK
from ingest.parsers.open_document.styles import Styles
from ingest.parsers.open_document.tables import TableRows
from ingest.parsers.open_document.text import DRAWN, formula_text
from ingest.parsers.refusal import Refusal

MAX_NESTING = 40
EMU = {"cm": 360_000, "mm": 36_000, "in": 914_400, "pt": 12_700, "pc": 152_400}
LENGTH = re.compile(r"^(-?\d{1,6}(?:\.\d{1,6})?)(cm|mm|in|pt|pc)$")
SKIPPED = frozenset(("page-number", "date-time", "page", "handout"))  # of the classes that shapes have
BODIES = frozenset(("outline", "subtitle"))


class SlidesReader:
    """Reads one file."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.file, self.styles = archive, SlidesFile(properties=archive.properties()), Styles()

    def read(self) -> SlidesFile:
        """Return the PPTX. Raises: Refusal: damaged, too_complex."""
        body = self.archive.body("presentation")
        self.styles.add(self.archive.root("styles.xml"))
        self.styles.add(body.getroottree().getroot())
        for page in body.iterchildren(f"{DRAW}page"):
            slide = self.file.slide()
            style = self.styles.element("drawing-page", page.get(f"{DRAW}style-name"))
            properties = style.find(f"{STYLE}drawing-page-properties") if style is not None else None
            if properties is not None and properties.get(f"{PRESENTATION}visibility") == "hidden":
                slide.hide()
            for shape in page.iterchildren(*DRAWN):
                self._shape(shape, slide, None, 0)
            self._notes(page, slide)
        return self.file

    def _notes(self, page: etree._Element, slide: SlideFile) -> None:
        """What the speaker says, then what readers noted beside the slide."""
        lines: list[Line] = []
        notes = page.find(f"{PRESENTATION}notes")
        for shape in notes.iterchildren(f"{DRAW}frame", f"{DRAW}custom-shape") if notes is not None else ():
            if shape.get(f"{PRESENTATION}placeholder") != "true" and shape.get(f"{PRESENTATION}class") == "notes":
                lines += self._lines(_holder(shape))
        for comment in page.iterchildren(f"{OFFICE}annotation"):
            author = comment.findtext(f"{DC}creator", "")
            text = " ".join(line.text for line in self._lines(comment))
            lines.append(Line(runs=(TextRun(text=f"Comment{f' by {author}' if author else ''}: {text}"),)))
        if lines:
            slide.notes(lines)

    def _shape(self, shape: etree._Element, slide: SlideFile, outer: tuple[int, int] | None, depth: int) -> None:
        if depth > MAX_NESTING:
            raise Refusal("too_complex", "shapes in shapes")
        role = shape.get(f"{PRESENTATION}class", "")
        if role in SKIPPED or shape.get(f"{PRESENTATION}placeholder") == "true":
            return
        place = outer or (_emu(shape.get(f"{SVG}x")), _emu(shape.get(f"{SVG}y")))
        if shape.tag == f"{DRAW}g":
            for part in shape.iterchildren(*DRAWN):
                self._shape(part, slide, _first_place(shape) if outer is None else outer, depth + 1)
            return
        table = shape.find(f"{TABLE}table")
        if table is not None:
            slide.table(self._cells(table), place, has_head=True)
            return
        embedded = shape.find(f"{DRAW}object")
        if embedded is not None:
            self._object(embedded, slide, place)
            return
        if shape.find(f"{DRAW}object-ole") is not None or shape.find(f"{DRAW}plugin") is not None:
            self.file.objects += 1
            return
        if shape.find(f"{DRAW}image") is not None and (data := self.archive.picture(shape)):
            slide.picture(data, place)
        self._text(shape, slide, place, role)

    def _text(self, shape: etree._Element, slide: SlideFile, place: tuple[int, int], role: str) -> None:
        lines = self._lines(_holder(shape))
        if not any(line.text.strip() for line in lines):
            return
        if role == "title":
            slide.title(lines)
        elif role in BODIES:
            slide.body(lines, place)
        else:
            slide.box(lines, place)

    def _lines(self, holder: etree._Element, level: int = -1) -> list[Line]:
        lines: list[Line] = []
        if level > MAX_NESTING:
            return lines
        for block in holder:
            if block.tag in (f"{TEXT}p", f"{TEXT}h"):
                lines.append(Line(runs=tuple(self._runs(block)), level=max(0, level)))
            elif block.tag == f"{TEXT}list":
                for item in block:
                    lines += self._lines(item, level + 1)
        return lines

    def _runs(self, block: etree._Element) -> Iterator[TextRun]:
        look = self.styles.get("paragraph", block.get(f"{TEXT}style-name")).look
        for run in read_runs(block, self.styles, look=look, is_special=lambda one: one.tag in PAGES):
            if run.text and not run.look.is_hidden:
                yield TextRun(text=run.text, look=run.look, link=run.link)

    def _cells(self, table: etree._Element) -> list[TableCell]:
        cells: list[TableCell] = []
        for number, row in enumerate(TableRows(table).rows()):
            column = 0
            for cell in row.cells:
                if cell.element is not None:
                    lines = tuple(self._lines(cell.element))
                    cells.append(TableCell(row=number, column=column, lines=lines, rows=cell.rows, columns=cell.columns))
                column += cell.columns
        return _within(cells)

    def _object(self, embedded: etree._Element, slide: SlideFile, place: tuple[int, int]) -> None:
        """Read a formula or the figures behind a chart; count what is neither."""
        formula = embedded.find(f"{MATH}math")
        root = formula if formula is not None else self.archive.embedded(embedded.get(f"{XLINK}href", ""))
        if root is not None and root.tag == f"{MATH}math" and (text := formula_text(root)):
            slide.box([Line(runs=(TextRun(text=text),))], place)
            return
        chart = next(root.iter(f"{CHART}chart"), None) if root is not None else None
        table = chart.find(f"{TABLE}table") if chart is not None else None
        if chart is None or table is None:
            self.file.objects += 1
            return
        title = chart.find(f"{CHART}title")
        if title is not None:
            slide.box(self._lines(title), place)
        slide.table(self._cells(table), place)


def _within(cells: list[TableCell]) -> list[TableCell]:
    """Return the cells, none reaching beyond the last row or column in which one begins: what a file says may be wrong."""
    if not cells:
        return []
    rows, columns = max(cell.row for cell in cells) + 1, max(cell.column for cell in cells) + 1
    return [
        TableCell(
            row=cell.row,
            column=cell.column,
            lines=cell.lines,
            rows=min(cell.rows, rows - cell.row),
            columns=min(cell.columns, columns - cell.column),
        )
        for cell in cells
    ]


def _holder(shape: etree._Element) -> etree._Element:
    box = shape.find(f"{DRAW}text-box")
    return box if box is not None else shape


def _first_place(group: etree._Element) -> tuple[int, int]:
    found = next((shape for shape in group.iter() if shape.get(f"{SVG}x")), group)
    return _emu(found.get(f"{SVG}x")), _emu(found.get(f"{SVG}y"))


def _emu(length: str | None) -> int:
    match = LENGTH.match(length or "")
    return max(0, round(float(match[1]) * EMU[match[2]])) if match else 0

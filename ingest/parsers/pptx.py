"""PPTX: a page a slide, with its title, texts, tables, figures of charts, diagrams and the speaker's notes."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.exc import PythonPptxError

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.pdf_structure import usable_title
from ingest.parsers.pictures import PictureReader
from ingest.parsers.refusal import Refusal
from ingest.parsers.strict_office import open_office

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
MAX_SLIDE_CHARACTERS = 200_000
ROW_EMU = 228_600  # a quarter of an inch: shapes whose tops are nearer stand in one row
MAX_POINTS = 500  # of a chart's series
DAMAGE = (
    PythonPptxError,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    zipfile.BadZipFile,
    etree.XMLSyntaxError,
    OSError,
    NotImplementedError,
)


def parse_pptx(path: Path, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield a page a slide, in the order of the show. Raises: Refusal: damaged."""
    try:
        presentation = Presentation(open_office(path))
        slides = list(presentation.slides)
        properties = presentation.core_properties
    except DAMAGE as error:
        raise Refusal("damaged", f"python-pptx: {type(error).__name__}: {error}") from error
    flow = Flow(page_characters=MAX_SLIDE_CHARACTERS)
    reader = _Slides(flow)
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(title=usable_title(title), page_count=len(slides))
    for number, slide in enumerate(slides, start=1):
        try:
            reader.read(slide)
        except DAMAGE:
            reader.is_broken = True
        page = replace(flow.end_page(), label=f"Slide {number}")
        reader.note(number, has_text=bool(page.text))
        yield page
    yield from reader.notices()


class _Slides:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.pictures = PictureReader(flow.cleaner)
        self.has_pictures = self.from_pictures = self.is_broken = False  # of the slide that was read last
        self.recognised: list[int] = []
        self.unread: list[int] = []
        self.broken: list[int] = []

    def read(self, slide: Any) -> None:
        """Put everything that the slide says into the flow."""
        self.has_pictures = self.from_pictures = self.is_broken = False
        before = self.flow.characters
        title = slide.shapes.title
        shapes = sorted(_flatten(slide.shapes), key=lambda entry: entry[0])
        if title is not None and title.has_text_frame:
            self._add("heading", self._clean(title.text_frame.text), level=1)
        for _, shape in shapes:
            if title is None or shape.shape_id != title.shape_id:
                try:
                    self._shape(shape)
                except DAMAGE:
                    self.is_broken = True  # one shape does not take its slide with it
        self._diagrams(slide)
        pictures = [shape for _, shape in shapes if shape._element.tag == f"{P}pic"]
        self.has_pictures = bool(pictures)
        if self.flow.characters == before:  # a slide that is a picture of a slide
            for shape in pictures:
                self._picture(shape)
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None and frame.text.strip():
            self._add("heading", "Notes", level=2)
            self._add("paragraph", self._clean(frame.text))

    def note(self, number: int, *, has_text: bool) -> None:
        """Keep what was odd about the slide that was read last."""
        if self.from_pictures:
            self.recognised.append(number)
        elif self.has_pictures and not has_text:
            self.unread.append(number)
        if self.is_broken:
            self.broken.append(number)

    def notices(self) -> Iterator[Notice]:
        if self.recognised:
            yield Notice(code="ocr", pages=tuple(self.recognised))
        if self.unread:
            yield Notice(code="pictures", pages=tuple(self.unread))
        if self.broken:
            yield Notice(code="broken_parts", pages=tuple(self.broken))
        if self.flow.cleaner.invisible:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})

    def _add(self, kind: str, text: str, *, level: int = 0, header: str = "") -> None:
        # A page ends with its slide only; what is longer than MAX_SLIDE_CHARACTERS is no slide.
        for _ in self.flow.add(kind, text, level=level, header=header):
            raise Refusal("too_complex", "a slide of more text than a book")

    def _clean(self, text: str) -> str:
        return self.flow.cleaner.clean(text.replace("\x0b", "\n"))

    def _shape(self, shape: Any) -> None:
        if shape.has_text_frame:
            self._text(shape)
        elif shape.has_table:
            self._table(shape.table)
        elif shape.has_chart:
            self._chart(shape.chart)

    def _text(self, shape: Any) -> None:
        paragraphs = [(paragraph.level, self._clean(paragraph.text).strip()) for paragraph in shape.text_frame.paragraphs]
        paragraphs = [(level, text) for level, text in paragraphs if text]
        is_list = shape.is_placeholder and len(paragraphs) > 1
        for level, text in paragraphs:
            self._add("list" if is_list else "paragraph", "  " * level + "- " + text if is_list else text)

    def _table(self, table: Any) -> None:
        rows = [[self.flow.cleaner.clean_line(cell.text) for cell in row.cells if not cell.is_spanned] for row in table.rows]
        lines = [" | ".join(cells) for cells in rows if any(cells)]
        header = lines[0] if table.first_row and len(lines) > 1 else ""
        self._add("table" if any(" | " in line for line in lines) else "paragraph", "\n".join(lines), header=header)

    def _chart(self, chart: Any) -> None:
        if chart.has_title and chart.chart_title.has_text_frame:
            self._add("paragraph", self._clean(chart.chart_title.text_frame.text))
        for plot in chart.plots:
            series = [(self.flow.cleaner.clean_line(one.name or ""), list(one.values)) for one in plot.series]
            lines = []
            for number, category in enumerate(list(plot.categories)[:MAX_POINTS]):
                figures = [(name, values[number]) for name, values in series if number < len(values)]
                told = "; ".join(f"{name} {value:.15g}".strip() for name, value in figures if value is not None)
                lines.append(f"{self.flow.cleaner.clean_line(str(category))}: {told}")
            self._add("list", "\n".join(lines))

    def _diagrams(self, slide: Any) -> None:
        """SmartArt keeps its words in a part of its own."""
        for relation in slide.part.rels.values():
            if not relation.is_external and relation.reltype.endswith("/diagramData"):
                root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
                for paragraph in root.iter(f"{A}p"):
                    if text := self._clean("".join(run.text or "" for run in paragraph.iter(f"{A}t"))).strip():
                        self._add("list", "- " + text)

    def _picture(self, shape: Any) -> None:
        text = self.pictures.text(shape.image.blob)
        self.from_pictures = self.from_pictures or bool(text)
        self._add("paragraph", text)


def _flatten(shapes: Any) -> Iterator[tuple[tuple[int, int, int], Any]]:
    """Yield the shapes with their place in reading order: row, column, order of drawing. A group stays together."""
    stack = [(shape, None) for shape in reversed(list(shapes))]
    count = 0
    while stack:
        shape, place = stack.pop()
        if place is None:
            place = (int(shape.top or 0) // ROW_EMU, int(shape.left or 0))
        if shape._element.tag == f"{P}grpSp":
            stack.extend((inner, place) for inner in reversed(list(shape.shapes)))
        else:
            count += 1
            yield (*place, count), shape

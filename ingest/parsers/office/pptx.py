"""PPTX: a page a slide, with its title, texts, tables, figures of charts, diagrams and the speaker's notes."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from lxml import etree
from pptx import Presentation
from pptx.exc import PythonPptxError

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.charts import CX, chart_lines, chart_title
from ingest.parsers.office.declared import declared_by
from ingest.parsers.office.macros import has_macros, with_macro_warning
from ingest.parsers.office.slides.comments import comments_of
from ingest.parsers.office.slides.ground import take_unseen
from ingest.parsers.office.slides.inherited import bullets_of, is_margin, is_page_number, printed_texts
from ingest.parsers.office.slides.numbers import number_paragraphs
from ingest.parsers.office.slides.pictures import fills_of, picture_of, says_hidden
from ingest.parsers.office.slides.shapes import open_choices, shapes_of
from ingest.parsers.office.slides.tables import read_table
from ingest.parsers.office.slides.text import NO_TARGETS, is_struck, paragraph_text, words_of
from ingest.parsers.office.strict_office import open_office
from ingest.parsers.office.word.names import R
from ingest.parsers.pdf.structure import usable_title
from ingest.parsers.pictures.embedded import PictureReader
from ingest.parsers.refusal import Refusal

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
MAX_SLIDE_CHARACTERS = 200_000
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


def parse_pptx(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield a page a slide, in the order of the show. Raises: Refusal: damaged."""
    yield from with_macro_warning(_parse(stream), has_macros=has_macros(stream))


def _parse(stream: BinaryIO) -> Iterator[Opening | ParsedPage | Notice]:
    try:
        presentation = Presentation(open_office(stream))
        slides = list(presentation.slides)
        properties = presentation.core_properties
    except DAMAGE as error:
        raise Refusal("damaged", f"python-pptx: {type(error).__name__}: {error}") from error
    flow = Flow(page_characters=MAX_SLIDE_CHARACTERS)
    reader = _Slides(flow)
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(title=usable_title(title), page_count=len(slides), metadata=declared_by(properties))
    for number, slide in enumerate(slides, start=1):
        if slide._element.get("show") in ("0", "false"):
            reader.hidden.append(number)
            yield replace(flow.end_page(), label=f"Slide {number}")  # empty, so that those behind it keep their numbers
            continue
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
        self.has_pictures = self.from_pictures = self.is_broken = self.is_unread = False  # of the slide that was read last
        self.recognised: list[int] = []
        self.unread: list[int] = []
        self.broken: list[int] = []
        self.hidden: list[int] = []
        self.struck: list[str] = []  # on the slide that was read last
        self.unseen: list[str] = []  # names of hidden shapes and white words, on the slide that was read last
        self.objects = 0  # of other programs, on the slide that was read last
        self.left_out = LeftOut()
        self.targets: Mapping[str, str] = NO_TARGETS  # of the links of the slide that is read
        self.printed: set[str] = set()  # what stands on every slide: footers, words of layouts
        self.known: dict[bytes, str] = {}  # texts of pictures by their hash: a logo stands on every slide, and is read once

    def read(self, slide: Any) -> None:
        """Put everything that the slide says into the flow."""
        self.has_pictures = self.from_pictures = self.is_broken = self.is_unread = False
        self.targets = _targets(slide)
        self.struck, self.objects = _struck_runs(slide._element), 0
        open_choices(slide)
        title = slide.shapes.title
        if title is not None and says_hidden(title._element):
            title = None
        found = shapes_of(slide)
        # A title beside the slide is what lists of slides show.
        is_title = [title is not None and one.shape.shape_id == title.shape_id for one in found]
        shapes = [one.shape for one, is_name in zip(found, is_title, strict=True) if one.is_shown and not is_name]
        gone = [one for one, is_name in zip(found, is_title, strict=True) if not one.is_shown and not is_name]
        self.unseen = [one.shape.name for one in gone if one.holds_text]
        self.unseen += take_unseen(slide, [shape for shape in slide.shapes if not says_hidden(shape._element)])
        if title is not None and title.has_text_frame:
            self._add("heading", self._clean(_frame_text(title.text_frame, self.targets)), level=1)
        for shape in shapes:
            try:
                self._shape(shape)
            except DAMAGE:
                self.is_broken = True  # one shape does not take its slide with it
        self._diagrams(slide)
        for text in printed_texts(slide):
            self._margin(text)
        drawn = [shape._element for shape in shapes if shape._element.tag == f"{P}pic"]
        pictures = [data for data in map(partial(picture_of, slide.part), [*drawn, *fills_of(slide)]) if data]
        self.has_pictures = bool(pictures)
        for data in pictures:
            self._picture(data)
        comments = [f"- {self._clean(text)}" for text in comments_of(slide, slide.part.package.presentation_part)]
        if comments:
            self._add("heading", "Comments", level=2)
            self._add("list", "\n".join(comments))
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None and frame.text.strip():
            self._add("heading", "Notes", level=2)
            self.struck += _struck_runs(frame._txBody)
            self._add("paragraph", self._clean(_frame_text(frame)))

    def note(self, number: int, *, has_text: bool) -> None:
        """Keep what was odd about the slide that was read last."""
        if self.from_pictures:
            self.recognised.append(number)
        elif self.has_pictures and (self.is_unread or not has_text):
            self.unread.append(number)
        for text in self.struck:
            self.left_out.add("struck_out", place=text, page=number)
        for name in self.unseen:
            self.left_out.add("hidden_words", place=name, page=number)
        if self.objects:
            self.left_out.add("objects", page=number, count=self.objects)
        if self.is_broken:
            self.broken.append(number)

    def notices(self) -> Iterator[Notice]:
        if self.recognised:
            yield Notice(code="ocr", pages=tuple(self.recognised))
        if self.unread:
            yield Notice(code="pictures", pages=tuple(self.unread))
        yield from self.left_out.notices()
        if self.hidden:
            yield Notice(code="hidden_slides", pages=tuple(self.hidden))
        if self.broken:
            yield Notice(code="broken_parts", pages=tuple(self.broken))
        if self.flow.cleaner.invisible:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})

    def _add(self, kind: str, text: str, *, level: int = 0) -> None:
        self._put(self.flow.add(kind, text, level=level))

    def _put(self, pages: Iterator[ParsedPage]) -> None:
        # A page ends with its slide only; what is longer than MAX_SLIDE_CHARACTERS is no slide.
        for _ in pages:
            raise Refusal("too_complex", "a slide of more text than a book")

    def _clean(self, text: str) -> str:
        return self.flow.cleaner.clean(text.replace("\x0b", "\n"))

    def _shape(self, shape: Any) -> None:
        if shape.has_text_frame:
            self._text(shape)
        elif shape.has_table:
            self._table(shape.table)
        elif shape.has_chart:
            self._chart(shape.chart._chartSpace)
        elif (newer := next(shape._element.iter(f"{CX}chart"), None)) is not None:
            part = shape.part.related_part(newer.get(f"{R}id", ""))
            self._chart(etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True)))
        elif next(shape._element.iter(f"{P}oleObj"), None) is not None:
            self.objects += 1

    def _margin(self, text: str) -> None:
        """Put what stands on every slide into the flow, once."""
        text = self._clean(text).strip()
        if text not in self.printed:
            self.printed.add(text)
            self._add("paragraph", text)

    def _text(self, shape: Any) -> None:
        if is_page_number(shape):
            return
        if is_margin(shape):
            self._margin(_frame_text(shape.text_frame, self.targets))
            return
        frame = shape.text_frame.paragraphs
        marks = number_paragraphs((paragraph._p for paragraph in frame), inherited=bullets_of(shape))
        texts = [
            (one.level, mark, self._clean(paragraph_text(one._p, self.targets)).strip())
            for one, mark in zip(frame, marks, strict=True)
        ]
        texts = [row for row in texts if row[2]]
        is_list = shape.is_placeholder and len(texts) > 1
        for level, mark, text in texts:
            is_item = is_list or bool(mark)
            self._add("list" if is_item else "paragraph", f"{'  ' * level}{mark or '-'} {text}" if is_item else text)

    def _table(self, found: Any) -> None:
        table = read_table(found, lambda cell: self.flow.cleaner.clean_line(_frame_text(cell.text_frame, self.targets)))
        self._put(self.flow.add_table(table))

    def _chart(self, root: etree._Element) -> None:
        self._add("paragraph", self._clean(chart_title(root)))
        self._add("list", self._clean("\n".join(chart_lines(root))))

    def _diagrams(self, slide: Any) -> None:
        """SmartArt keeps its words in a part of its own."""
        for relation in slide.part.rels.values():
            if not relation.is_external and relation.reltype.endswith("/diagramData"):
                root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
                for paragraph in root.iter(f"{A}p"):
                    if text := self._clean(paragraph_text(paragraph)).strip():
                        self._add("list", "- " + text)

    def _picture(self, data: bytes) -> None:
        key = hashlib.sha256(data).digest()
        if key in self.known:
            if self.flow.page_is_empty and self.known[key]:  # the same slide again
                self._add("paragraph", self.known[key])
            return
        before = self.pictures.left_out
        text = self.known[key] = self.pictures.text(data)
        self.from_pictures = self.from_pictures or bool(text)
        self.is_unread = self.is_unread or self.pictures.left_out > before
        self._add("paragraph", text)


def _targets(slide: Any) -> dict[str, str]:
    """Return the addresses that the slide's links lead to, by the number of their relation."""
    relations = [relation for relation in slide.part.rels.values() if relation.is_external]
    return {row.rId: row.target_ref for row in relations if row.reltype.endswith("/hyperlink")}


def _struck_runs(element: etree._Element) -> list[str]:
    runs = element.iter(f"{A}r", f"{A}fld")
    return [text for run in runs if is_struck(run.find(f"{A}rPr")) and (text := words_of(run)).strip()]


def _frame_text(frame: Any, targets: Mapping[str, str] = NO_TARGETS) -> str:
    marks = number_paragraphs(paragraph._p for paragraph in frame.paragraphs)
    return "\n".join(
        f"{mark} {text}" if mark else text
        for mark, text in zip(marks, (paragraph_text(paragraph._p, targets) for paragraph in frame.paragraphs), strict=True)
    )

"""A PPTX made in memory out of another format, so that one reader decides for all of them what of a slide is read, and how."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pptx import Presentation
from pptx.exc import PythonPptxError
from pptx.util import Emu

from ingest.parsers.office.building.package import Properties, plain
from ingest.parsers.office.building.word import PLAIN, Look

TITLE_AND_BODY = 1  # of the layouts of an empty presentation
MAX_LEVEL = 8
MAX_SLIDES = 5000
RAISED, LOWERED = "30000", "-25000"  # thousandths of a percent of the letters' height
DAMAGE = (PythonPptxError, ValueError, OSError, KeyError, SyntaxError)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A stretch of text. `link`: the address that it leads to."""

    text: str
    look: Look = PLAIN
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph of a shape. `level`: of its indent, from 0."""

    runs: tuple[TextRun, ...]
    level: int = 0

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """A cell of a table, with the place at which it begins and how far it reaches, all from 0."""

    row: int
    column: int
    lines: tuple[Line, ...]
    rows: int = 1
    columns: int = 1


@dataclass(slots=True)
class SlideFile:
    """One slide. Places are (left, top) in EMU."""

    _slide: Any
    _has_body: bool = False
    _body: Any = None

    def title(self, lines: Sequence[Line]) -> None:
        """Set the title."""
        _write(self._slide.shapes.title.text_frame, lines)

    def body(self, lines: Sequence[Line], place: tuple[int, int]) -> None:
        """Add a text that is the slide's own and no loose box: several paragraphs of it are a list."""
        if self._has_body:
            self.box(lines, place)
            return
        self._has_body = True
        shape = self._slide.placeholders[1]
        shape.left, shape.top, shape.width, shape.height = (Emu(place[0]), Emu(place[1]), Emu(1), Emu(1))
        _write(shape.text_frame, lines)

    def box(self, lines: Sequence[Line], place: tuple[int, int]) -> None:
        """Add a text box."""
        if any(line.text.strip() for line in lines):
            _write(self._slide.shapes.add_textbox(Emu(place[0]), Emu(place[1]), Emu(1), Emu(1)).text_frame, lines)

    def table(self, cells: Sequence[TableCell], place: tuple[int, int], *, has_head: bool = True) -> None:
        """Add a table."""
        if not cells:
            return
        rows, columns = max(cell.row + cell.rows for cell in cells), max(cell.column + cell.columns for cell in cells)
        table = self._slide.shapes.add_table(rows, columns, Emu(place[0]), Emu(place[1]), Emu(columns), Emu(rows)).table
        table.first_row = has_head
        for cell in cells:
            target = table.cell(cell.row, cell.column)
            _write(target.text_frame, cell.lines)
            if cell.rows > 1 or cell.columns > 1:
                target.merge(table.cell(cell.row + cell.rows - 1, cell.column + cell.columns - 1))

    def picture(self, data: bytes, place: tuple[int, int]) -> None:
        """Add a picture; one of a format that no presentation has is left out."""
        try:
            self._slide.shapes.add_picture(io.BytesIO(data), Emu(place[0]), Emu(place[1]))
        except DAMAGE:
            return

    def notes(self, lines: Sequence[Line]) -> None:
        """Set the speaker's notes."""
        frame = self._slide.notes_slide.notes_text_frame
        if frame is not None and any(line.text.strip() for line in lines):
            _write(frame, lines)

    def hide(self) -> None:
        """Leave the slide out of the show."""
        self._slide._element.set("show", "0")

    def finish(self) -> None:
        """Take away what stayed empty."""
        if not self._has_body:
            body = self._slide.placeholders[1]._element
            body.getparent().remove(body)


@dataclass(slots=True)
class SlidesFile:
    """Collects a presentation. `objects`: how many of other programs stand on the slides, which are not read."""

    properties: Properties = field(default_factory=Properties)
    objects: int = 0
    _presentation: Any = field(default_factory=Presentation)
    _last: SlideFile | None = None

    def slide(self) -> SlideFile:
        """Add a slide. Raises: ValueError: more than MAX_SLIDES."""
        self._finish()
        if len(self._presentation.slides) >= MAX_SLIDES:
            raise ValueError("too many slides")
        self._last = SlideFile(self._presentation.slides.add_slide(self._presentation.slide_layouts[TITLE_AND_BODY]))
        return self._last

    def save(self) -> io.BytesIO:
        """Return the PPTX."""
        self._finish()
        core = self._presentation.core_properties
        core.title, core.author = plain(self.properties.title)[:255], plain(self.properties.author)[:255]
        stream = io.BytesIO()
        self._presentation.save(stream)
        stream.seek(0)
        return stream

    def _finish(self) -> None:
        if self._last is not None:
            self._last.finish()


def _write(frame: Any, lines: Iterable[Line]) -> None:
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.level = min(line.level, MAX_LEVEL)
        for run in line.runs:
            for place, part in enumerate(plain(run.text.replace("\x0b", "\n")).split("\n")):
                if place:
                    paragraph.add_line_break()
                if part:
                    _add(paragraph, part, run)


def _add(paragraph: Any, text: str, run: TextRun) -> None:
    written = paragraph.add_run()
    written.text = text
    properties = written._r.get_or_add_rPr()
    if run.look.is_struck:
        properties.set("strike", "sngStrike")
    if run.look.rise:
        properties.set("baseline", RAISED if run.look.rise == "superscript" else LOWERED)
    if run.link:
        written.hyperlink.address = plain(run.link)

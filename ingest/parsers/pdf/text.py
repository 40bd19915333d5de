"""The words of a PDF page and where they stand, through pdfium's raw interface.

Coordinates are points from the top left of the page as it is rendered: rotation and CropBox are taken into account by asking
pdfium itself where it would draw a point. A word costs two calls for its first and last character; asking for every character
would take five times as long.
"""

import ctypes
import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.forms.annotations import read_annotations
from ingest.parsers.pdf.page import PIECE, Line, RawPage, Word
from ingest.parsers.pdf.raised import LOW, SUMS, Corners, is_index, is_mark, may_hold_levels, read_levels, room_of
from ingest.parsers.pdf.reading_order.turning import turn_of, turned
from ingest.parsers.pdf.reading_order.vertical import upended
from ingest.parsers.pdf.struck import cut_struck
from ingest.parsers.pdf.tables.rules import read_grids
from ingest.parsers.pdf.unseen import find_covers, find_unseen, has_picture, is_invisible, is_layered, is_pale
from ingest.parsers.pictures.in_pdf import picture_of
from language.raised import lowered, raised

BROKEN = re.compile("[\x02\ufffe]")
MAX_PAGE_POINTS = 20_000  # PDF allows 14,400; what is larger is an attack or an error
MAX_PAGE_CHARACTERS = 400_000
BOLD_WEIGHT = 600
TINY_POINTS = 1.0
FEW_POINTS = 2.5  # high: above it no letters are of a point, whatever room the font leaves around them
GRID = 10_000  # pdfium maps to whole pixels: on a grid this fine that is exact enough


def read_page(document: object, index: int, *, cleaner: Cleaner, form: object | None = None, has_layers: bool = False) -> RawPage:
    """Read one page. A page that pdfium cannot load comes back empty with `objects` 0.

    `form`: the document's form environment, for the values of fields. `has_layers`: layers may be switched off.
    """
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        return RawPage(number=index + 1, width=0.0, height=0.0)
    try:
        raw = RawPage(
            number=index + 1,
            width=pdfium.FPDF_GetPageWidthF(page),
            height=pdfium.FPDF_GetPageHeightF(page),
            label=_label(document, index),
            objects=pdfium.FPDFPage_CountObjects(page),
        )
        if 0 < raw.width <= MAX_PAGE_POINTS and 0 < raw.height <= MAX_PAGE_POINTS:
            text_page = pdfium.FPDFText_LoadPage(page)
            if text_page:
                try:
                    reader = _Reader(page, text_page, raw, cleaner, has_layers=has_layers)
                    reader.read()
                    raw.annotations = read_annotations(document, page, form, place=reader.place, cleaner=cleaner)
                    if raw.lines:
                        raw.grids, raw.strokes, raw.bars = read_grids(
                            page, count=raw.objects, place=reader.place, picture=reader.take_picture
                        )
                        cut_struck(raw, reader.plain, reader.corners)
                        for turn in {line.turn for line in raw.lines} - {0}:
                            raw.turned_grids[turn], *_ = read_grids(page, count=raw.objects, place=reader.placing(turn))
                finally:
                    pdfium.FPDFText_ClosePage(text_page)
        return raw
    finally:
        pdfium.FPDF_ClosePage(page)


def _label(document: object, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    length = pdfium.FPDF_GetPageLabel(document, index, buffer, 128)
    return Cleaner().clean_line(buffer.raw[: max(0, min(length, 128) - 2)].decode("utf-16-le", "ignore"))[:40]


def _starts_anew(before: Word, box: tuple[float, float, float, float]) -> bool:
    """Tell whether a word stands at the start of the next line, though pdfium saw no break before it."""
    height = before.bottom - before.top
    return box[0] < before.left - 5 * height and box[1] > before.top + 0.6 * height


def _middle(word: Word) -> Word:
    """Return the band of a word in which its letters have their ink: what covers it may be lower than the line."""
    quarter = (word.bottom - word.top) / 4
    return replace(word, top=word.top + quarter, bottom=word.bottom - quarter)


def _lies_below(word: Word, covers: list[Corners]) -> bool:
    """Tell whether a box may lie over a word: over its middle."""
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in covers)


def _corners_of(word: Word) -> tuple[float, float, float, float]:
    return word.left, word.top, word.right, word.bottom


class _Reader:
    def __init__(self, page: object, text_page: object, raw: RawPage, cleaner: Cleaner, *, has_layers: bool = False) -> None:
        self.page, self.text_page, self.raw, self.cleaner = page, text_page, raw, cleaner
        self.has_layers = has_layers
        self.pale: list[Word] = []  # in a colour near white, or on a layer
        self.plain: list[tuple[Word, int]] = []  # upright words of several characters, with the first one: a rule may cut them
        self.has_picture: bool | None = None  # not looked for yet
        self.origin = self._device(page, 0, 0)
        self.unit_x = self._difference(self._device(page, 1000, 0))
        self.unit_y = self._difference(self._device(page, 0, 1000))
        self.turn = 0  # of the line that is being read
        self.height = 0.0  # of the character looked at last
        self.is_drawn = False  # in a font whose glyphs are drawings: the next ones may be, too
        self.rectangle = pdfium.FS_RECTF()
        self.pointer = ctypes.byref(self.rectangle)

    def _device(self, page: object, x: float, y: float) -> tuple[float, float]:
        column, row = ctypes.c_int(), ctypes.c_int()
        width, height = self.raw.width, self.raw.height
        pdfium.FPDF_PageToDevice(page, 0, 0, GRID, GRID, 0, x, y, ctypes.byref(column), ctypes.byref(row))
        return column.value * width / GRID, row.value * height / GRID

    def _difference(self, point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] - self.origin[0]) / 1000, (point[1] - self.origin[1]) / 1000

    def read(self) -> None:
        count = min(pdfium.FPDFText_CountChars(self.text_page), MAX_PAGE_CHARACTERS)
        if count <= 0:
            return
        buffer = (ctypes.c_ushort * (count + 1))()
        length = max(0, pdfium.FPDFText_GetText(self.text_page, 0, count, buffer) - 1)
        units = bytes(buffer)[: 2 * length].decode("utf-16-le", "surrogatepass")
        if len(units) != length:  # characters beyond the basic plane: keep one position for each unit
            units = "".join(map(chr, buffer[:length]))
        exact = length == count
        position = 0
        for line in units.split("\n"):
            # pdfium joins a hyphenated word over the line break, with a mark in it: the rest stands on the next line.
            parts = BROKEN.split(line.rstrip("\r"))
            for number, part in enumerate(parts):
                self._read_line(part, position, exact, hyphenated=number < len(parts) - 1)
                position += len(part) + 1
            position += len(line) - len(line.rstrip("\r"))
        covers = find_covers(self.page, place=self.place)
        if covers:
            self.pale += [word for line in self.raw.lines if not line.turn for word in line.words if _lies_below(word, covers)]
        if self.pale:
            self._drop_unseen()
        self.raw.lines = upended(self.raw.lines, width=self.raw.width, height=self.raw.height)

    def _read_line(self, text: str, offset: int, exact: bool, *, hyphenated: bool) -> None:
        words: list[Word] = []
        characters: list[int] = []  # the first one of each word
        end = -1
        for start, stop in self._pieces(text, offset, exact):
            clean = self.cleaner.clean(text[start:stop])
            if not clean:
                continue
            first, last = self._character(offset + start, exact), self._character(offset + stop - 1, exact)
            if not words:
                self.turn = self._turn(first)
            box = self._box(first, last)
            if words and box is not None and (box[1] >= words[-1].bottom or box[3] <= words[-1].top):
                turn = self._turn(first)
                if turn or self.turn:  # pdfium does not part lines of sideways text from each other, nor from upright text
                    self._end_line(words, characters, hyphenated=False)
                    words, characters, self.turn = [], [], turn
                    box = self._box(first, last)
            spaced = start != end
            end = stop
            if box is None:
                continue
            clean, box = self._with_levels(clean, box, first, last)
            if not words and self._joins_mark(clean, box):
                continue
            if words and words[-1].text not in SUMS and is_mark(clean, box, _corners_of(words[-1])):
                clean, spaced = raised(clean), False
            if words and _starts_anew(words[-1], box):
                self._end_line(words, characters, hyphenated=False)
                words, characters = [], []
            word = Word(clean, *box, spaced, self.turn)
            words.append(word)
            if not self.turn and len(clean) == last - first + 1 > 1:
                self.plain.append((word, first))
            characters.append(first)
        if words:
            self._end_line(words, characters, hyphenated=hyphenated)

    def _pieces(self, text: str, offset: int, exact: bool) -> Iterator[tuple[int, int]]:
        """Yield where words begin and end in a line. pdfium may put upright and sideways text on one line, without a space."""
        spans = [match.span() for match in PIECE.finditer(text)]
        if not spans:
            return
        first, last = (self._turn(self._character(offset + end, exact)) for end in (spans[0][0], spans[-1][1] - 1))
        if first == last:
            yield from spans
            return
        for start, stop in spans:
            turns = [self._turn(self._character(offset + at, exact)) for at in range(start, stop)]
            for _, group in itertools.groupby(
                range(start, stop), key=dict(zip(range(start, stop), turns, strict=True)).__getitem__
            ):
                positions = list(group)
                yield positions[0], positions[-1] + 1

    def _with_levels(self, clean: str, box: Corners, first: int, last: int) -> tuple[str, Corners]:
        """Return a word with what is raised or lowered in it written as such, and its rectangle without these."""
        if len(clean) != last - first + 1 or not may_hold_levels(clean, self._corners(first), self._corners(last)):
            return clean, box
        return read_levels(clean, box, lambda position: self._corners(first + position))

    def _joins_mark(self, text: str, box: tuple[float, float, float, float]) -> bool:
        """Give a raised mark or an index that pdfium took for a line of its own to the word before it."""
        line = self.raw.lines[-1] if self.raw.lines else None
        if line is None or line.turn != self.turn:
            return False
        before = line.words[-1]
        if before.text not in SUMS and is_mark(text, box, _corners_of(before)):
            added = Word(raised(text), *box, False, self.turn)
        elif is_index(text, box, _corners_of(before)):
            added = Word(lowered(text), box[0], before.top, box[2], before.bottom, False, self.turn)
        else:
            return False
        self.raw.lines[-1] = Line([*line.words, added], bold=line.bold)
        return True

    def _end_line(self, words: list[Word], characters: list[int], *, hyphenated: bool) -> None:
        first = characters[0]
        if len(words) > 1 and is_mark(words[0].text, _corners_of(words[0]), _corners_of(words[1])):
            words[0] = replace(words[0], text=raised(words[0].text))
        if self._is_invisible(first):
            self.raw.hidden += len(words)
            return
        if self.has_layers and (is_layered(self.text_page, first) or is_layered(self.text_page, characters[-1])):
            self.pale += words
        elif is_pale(self.text_page, first) or is_pale(self.text_page, characters[-1]):
            self.pale += [word for word, index in zip(words, characters, strict=True) if is_pale(self.text_page, index)]
        self.raw.unmapped += pdfium.FPDFText_HasUnicodeMapError(self.text_page, first) == 1
        bold = self._is_bold(first)
        is_mixed = bold and not self._is_bold(characters[-1])
        self.raw.lines.append(Line(words, bold=bold, hyphenated=hyphenated, is_mixed=is_mixed))

    def _is_invisible(self, character: int) -> bool:
        if not is_invisible(self.text_page, character):
            return False
        if self.has_picture is None:
            self.has_picture = has_picture(self.page)
        return not self.has_picture

    def _drop_unseen(self) -> None:
        """Take out the pale words that do not show on the page."""
        width, height = self.raw.width, self.raw.height
        seen = {id(word): _middle(word.upright(width=width, height=height)) for word in self.pale}
        unseen = set(map(id, find_unseen(self.page, list(seen.values()), width=width, height=height)))
        gone = {number for number, word in seen.items() if id(word) in unseen}
        if not gone:
            return
        self.raw.hidden += len(gone)
        kept = [(line, [word for word in line.words if id(word) not in gone]) for line in self.raw.lines]
        self.raw.lines = [
            line if len(words) == len(line.words) else Line(words, bold=line.bold, hyphenated=line.hyphenated)
            for line, words in kept
            if words
        ]

    def _character(self, unit: int, exact: bool) -> int:
        return unit if exact else pdfium.FPDFText_GetCharIndexFromTextIndex(self.text_page, unit)

    def _is_bold(self, index: int) -> bool:
        return pdfium.FPDFText_GetFontWeight(self.text_page, index) >= BOLD_WEIGHT or self._bold_name(index)

    def _bold_name(self, index: int) -> bool:
        flags, name = ctypes.c_int(), ctypes.create_string_buffer(100)
        pdfium.FPDFText_GetFontInfo(self.text_page, index, name, 100, ctypes.byref(flags))
        return b"bold" in name.value.lower() or b"black" in name.value.lower()

    def _box(self, first: int, last: int) -> tuple[float, float, float, float] | None:
        """The rectangle over two characters and all between; None where it is off the page or too small to see."""
        first_box = self._corners(first)
        if first_box is None:
            return None
        left, top, right, bottom = first_box
        if last != first and (last_box := self._corners(last)):
            left = left if left < last_box[0] else last_box[0]
            top = top if top < last_box[1] else last_box[1]
            right = right if right > last_box[2] else last_box[2]
            bottom = bottom if bottom > last_box[3] else last_box[3]
        width, height = self.raw.width, self.raw.height
        if self.turn % 2:
            width, height = height, width
        seen = right > 0 and bottom > 0 and left < width and top < height
        is_tiny = max(bottom - top, right - left) < TINY_POINTS or (bottom - top < FEW_POINTS and self._size(first) <= TINY_POINTS)
        if not seen or is_tiny:
            self.raw.hidden += 1
            return None
        return left, top, right, bottom

    def _size(self, index: int) -> float:
        """Return the size of the font that a character is set in, as it shows on the page."""
        size, matrix = float(pdfium.FPDFText_GetFontSize(self.text_page, index)), pdfium.FS_MATRIX()
        if pdfium.FPDFText_GetMatrix(self.text_page, index, ctypes.byref(matrix)):
            size *= math.hypot(matrix.c, matrix.d)
        return round(size * math.hypot(*self.unit_y), 2)

    def _corners(self, index: int) -> tuple[float, float, float, float] | None:
        """The rectangle of one character on the rendered page: left, top, right, bottom."""
        if index < 0 or not pdfium.FPDFText_GetLooseCharBox(self.text_page, index, self.pointer):
            return None
        box = self.rectangle
        height = box.top - box.bottom
        if self.is_drawn or height < LOW * self.height or height < LOW * (box.right - box.left):
            height = self._give_room(index)
        self.height = height
        placed = self.place(box.left, box.bottom, box.right, box.top)
        return turned(placed, self.turn, width=self.raw.width, height=self.raw.height) if self.turn else placed

    def _give_room(self, index: int) -> float:
        """Set the rectangle of a character to the room that it is set in, where pdfium may give its ink. Returns: its height."""
        box = self.rectangle
        if room := room_of(self.text_page, index):
            self.is_drawn = True
            box.bottom, box.top = room
        return float(box.top - box.bottom)

    def take_picture(self, shape: object, box: Corners) -> None:
        """Keep a picture that may hold a text."""
        if found := picture_of(shape, box):
            self.raw.pictures = (*self.raw.pictures, found)

    def corners(self, index: int) -> Corners | None:
        """Return the rectangle of a character of upright text."""
        self.turn = 0
        return self._corners(index)

    def _turn(self, index: int) -> int:
        """Return the turn of the text that a character belongs to."""
        angle = pdfium.FPDFText_GetCharAngle(self.text_page, index)
        return turn_of(angle, self.unit_x, self.unit_y) if angle or self.unit_x[0] <= 0 else 0

    def placing(self, turn: int) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
        """Return what `place` does for the page turned."""
        size = {"width": self.raw.width, "height": self.raw.height}
        return lambda left, bottom, right, top: turned(self.place(left, bottom, right, top), turn, **size)

    def place(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Turn a rectangle of the page's own space into one of the rendered page: left, top, right, bottom."""
        (origin_x, origin_y), (xx, xy), (yx, yy) = self.origin, self.unit_x, self.unit_y
        x1, y1 = origin_x + left * xx + top * yx, origin_y + left * xy + top * yy
        x2, y2 = origin_x + right * xx + bottom * yx, origin_y + right * xy + bottom * yy
        return (x1 if x1 < x2 else x2, y1 if y1 < y2 else y2, x2 if x1 < x2 else x1, y2 if y1 < y2 else y1)

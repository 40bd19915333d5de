"""The words of a PDF page and where they stand, through pdfium's raw interface.

Coordinates are points from the top left of the page as it is rendered: rotation and CropBox are taken into account by asking
pdfium itself where it would draw a point. A word costs two calls for its first and last character; asking for every character
would take five times as long.
"""

import ctypes
import re
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import CJK, Cleaner
from ingest.parsers.pdf_rules import Grid, read_grids
from ingest.parsers.pdf_unseen import find_unseen, has_picture, is_invisible, is_pale

PIECE = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
BROKEN = re.compile("[\x02\ufffe]")
MAX_PAGE_POINTS = 20_000  # PDF allows 14,400; what is larger is an attack or an error
MAX_PAGE_CHARACTERS = 400_000
BOLD_WEIGHT = 600
TINY_POINTS = 1.0
GRID = 10_000  # pdfium maps to whole pixels: on a grid this fine that is exact enough


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or one character of a script without spaces. `spaced`: white space stood before it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool = True


@dataclass(slots=True)
class Line:
    """Words on one baseline. `size`: the height of its characters in points, about 1.15 times the font size."""

    words: list[Word]
    bold: bool = False
    hyphenated: bool = False  # ends in a hyphen that only the line break needs

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    size: float = 0.0
    characters: int = 0

    def __post_init__(self) -> None:
        self.left = min(word.left for word in self.words)
        self.top = min(word.top for word in self.words)
        self.right = max(word.right for word in self.words)
        self.bottom = max(word.bottom for word in self.words)
        heights = sorted(word.bottom - word.top for word in self.words)
        self.size = heights[len(heights) // 2]
        self.characters = sum(len(word.text) for word in self.words)

    @property
    def text(self) -> str:
        return "".join((" " if word.spaced and i else "") + word.text for i, word in enumerate(self.words))


@dataclass(slots=True)
class RawPage:
    """A page before its layout is understood. `objects`: how many things are drawn on it."""

    number: int
    width: float
    height: float
    label: str = ""
    lines: list[Line] = field(default_factory=list)
    grids: tuple[Grid, ...] = ()
    objects: int = 0
    hidden: int = 0
    unmapped: int = 0  # lines whose font does not say which characters its glyphs are

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def read_page(document: object, index: int, *, cleaner: Cleaner) -> RawPage:
    """Read one page. A page that pdfium cannot load comes back empty with `objects` 0."""
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
                    reader = _Reader(page, text_page, raw, cleaner)
                    reader.read()
                    if raw.lines:
                        raw.grids = read_grids(page, count=raw.objects, place=reader.place)
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


class _Reader:
    def __init__(self, page: object, text_page: object, raw: RawPage, cleaner: Cleaner) -> None:
        self.page, self.text_page, self.raw, self.cleaner = page, text_page, raw, cleaner
        self.pale: list[Word] = []  # in a colour near white
        self.has_picture: bool | None = None  # not looked for yet
        self.origin = self._device(page, 0, 0)
        self.unit_x = self._difference(self._device(page, 1000, 0))
        self.unit_y = self._difference(self._device(page, 0, 1000))
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
        if self.pale:
            self._drop_unseen()

    def _read_line(self, text: str, offset: int, exact: bool, *, hyphenated: bool) -> None:
        words: list[Word] = []
        characters: list[int] = []  # the first one of each word
        end = -1
        for match in PIECE.finditer(text):
            start, stop = match.span()
            clean = self.cleaner.clean(match.group())
            if not clean:
                continue
            first, last = self._character(offset + start, exact), self._character(offset + stop - 1, exact)
            box = self._box(first, last)
            spaced = start != end
            end = stop
            if box is None:
                continue
            if words and _starts_anew(words[-1], box):
                self._end_line(words, characters, hyphenated=False)
                words, characters = [], []
            words.append(Word(clean, *box, spaced))
            characters.append(first)
        if words:
            self._end_line(words, characters, hyphenated=hyphenated)

    def _end_line(self, words: list[Word], characters: list[int], *, hyphenated: bool) -> None:
        first = characters[0]
        if self._is_invisible(first):
            self.raw.hidden += len(words)
            return
        if is_pale(self.text_page, first) or is_pale(self.text_page, characters[-1]):
            self.pale += [word for word, index in zip(words, characters, strict=True) if is_pale(self.text_page, index)]
        self.raw.unmapped += pdfium.FPDFText_HasUnicodeMapError(self.text_page, first) == 1
        weight = pdfium.FPDFText_GetFontWeight(self.text_page, first)
        bold = weight >= BOLD_WEIGHT or self._bold_name(first)
        self.raw.lines.append(Line(words, bold=bold, hyphenated=hyphenated))

    def _is_invisible(self, character: int) -> bool:
        if not is_invisible(self.text_page, character):
            return False
        if self.has_picture is None:
            self.has_picture = has_picture(self.page)
        return not self.has_picture

    def _drop_unseen(self) -> None:
        """Take out the pale words that do not show on the page."""
        unseen = find_unseen(self.page, self.pale, width=self.raw.width, height=self.raw.height)
        if not unseen:
            return
        self.raw.hidden += len(unseen)
        gone = set(map(id, unseen))
        kept = [(line, [word for word in line.words if id(word) not in gone]) for line in self.raw.lines]
        self.raw.lines = [
            line if len(words) == len(line.words) else Line(words, bold=line.bold, hyphenated=line.hyphenated)
            for line, words in kept
            if words
        ]

    def _character(self, unit: int, exact: bool) -> int:
        return unit if exact else pdfium.FPDFText_GetCharIndexFromTextIndex(self.text_page, unit)

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
        seen = right > 0 and bottom > 0 and left < self.raw.width and top < self.raw.height
        if not seen or max(bottom - top, right - left) < TINY_POINTS:
            self.raw.hidden += 1
            return None
        return left, top, right, bottom

    def _corners(self, index: int) -> tuple[float, float, float, float] | None:
        """The rectangle of one character on the rendered page: left, top, right, bottom."""
        if index < 0 or not pdfium.FPDFText_GetLooseCharBox(self.text_page, index, self.pointer):
            return None
        box = self.rectangle
        return self.place(box.left, box.bottom, box.right, box.top)

    def place(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Turn a rectangle of the page's own space into one of the rendered page: left, top, right, bottom."""
        (origin_x, origin_y), (xx, xy), (yx, yy) = self.origin, self.unit_x, self.unit_y
        x1, y1 = origin_x + left * xx + top * yx, origin_y + left * xy + top * yy
        x2, y2 = origin_x + right * xx + bottom * yx, origin_y + right * xy + bottom * yy
        return (x1 if x1 < x2 else x2, y1 if y1 < y2 else y2, x2 if x1 < x2 else x1, y2 if y1 < y2 else y1)

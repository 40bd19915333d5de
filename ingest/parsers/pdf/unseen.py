"""Words of a PDF that are there for machines but not for eyes: white on white, below a box that was laid over them, or drawn
invisibly on a page without a picture.

White words may stand on a dark ground, as in the head of a table: only the picture of the page shows it. So a page that has pale
words is drawn once, small, and a word is unseen where its place is one even tone.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import pypdfium2.raw as pdfium

PALE = 236  # of 255, in every colour
CLEAR = 16  # of 255: nearly transparent
INVISIBLE = 3  # PDF's text rendering mode for neither fill nor stroke: how OCR puts its words behind a scan
EVEN = 20  # of 255: the difference between the lightest and the darkest pixel of an empty place
LONGEST = 1200  # pixels
LAYER, MAX_MARKS = "OC", 8  # how the content of a layer is marked
NAME = pdfium.FPDFPageObjMark_GetName.argtypes[1]
MAX_OBJECTS = 500  # looked at for a picture
MAX_COVERED_OBJECTS = 800  # of a page on which boxes are looked for that lie over words
DARK, OPAQUE = 60, 255  # of 255
THINNEST = 5.0  # points: a rule covers nothing

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


class Placed(Protocol):
    """What has a rectangle on the page, in points."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


Word = TypeVar("Word", bound=Placed)


def is_pale(text_page: object, index: int) -> bool:
    """True where a character is drawn in a colour near white, or nearly transparent."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha):
        return False
    return alpha.value < CLEAR or min(red.value, green.value, blue.value) >= PALE


def is_invisible(text_page: object, index: int) -> bool:
    """True where a character is drawn in the mode that leaves no mark."""
    drawn = pdfium.FPDFText_GetTextObject(text_page, index)
    return bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) == INVISIBLE


def is_layered(text_page: object, index: int) -> bool:
    """True where a character belongs to a layer, which may be switched off."""
    drawn = pdfium.FPDFText_GetTextObject(text_page, index)
    count = min(pdfium.FPDFPageObj_CountMarks(drawn), MAX_MARKS) if drawn else 0
    return any(_mark_name(pdfium.FPDFPageObj_GetMark(drawn, number)) == LAYER for number in range(max(0, count)))


def _mark_name(mark: object) -> str:
    buffer, length = ctypes.create_string_buffer(16), ctypes.c_ulong()
    if not mark or not pdfium.FPDFPageObjMark_GetName(mark, ctypes.cast(buffer, NAME), 16, length):
        return ""
    return buffer.raw[: max(0, min(length.value, 16) - 2)].decode("utf-16-le", "ignore")


def has_picture(page: object) -> bool:
    """True where a picture is among the page's first objects: invisible words may be those of a scan."""
    count = min(pdfium.FPDFPage_CountObjects(page), MAX_OBJECTS)
    kinds = (pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index)) for index in range(count))
    return any(kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM) for kind in kinds)


def find_covers(page: object, *, place: Callable[[float, float, float, float], Rectangle]) -> list[Rectangle]:
    """Return the black and the white boxes that are drawn after some of the page's text: what lies below them is not to be seen.

    `place`: turns left, bottom, right, top of the page's own space into a rectangle from the top left.
    """
    count = pdfium.FPDFPage_CountObjects(page)
    covers: list[Rectangle] = []
    has_text = False
    for index in range(count if count <= MAX_COVERED_OBJECTS else 0):
        shape = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(shape)
        has_text = has_text or kind in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_FORM)
        if has_text and kind == pdfium.FPDF_PAGEOBJ_PATH and _is_opaque(shape) and (box := _bounds(shape)):
            left, top, right, bottom = place(*box)
            if min(right - left, bottom - top) >= THINNEST:
                covers.append((left, top, right, bottom))
    return covers


def _is_opaque(shape: object) -> bool:
    """True for a shape that is filled in black or in white, and through which nothing shines."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPath_GetDrawMode(shape, ctypes.byref(fill), ctypes.byref(stroke)) or not fill.value:
        return False
    if not pdfium.FPDFPageObj_GetFillColor(shape, red, green, blue, alpha) or alpha.value < OPAQUE:
        return False
    shades = (red.value, green.value, blue.value)
    return max(shades) <= DARK or min(shades) >= PALE


def _bounds(shape: object) -> Rectangle | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top):
        return None
    return left.value, bottom.value, right.value, top.value


def find_unseen(page: object, words: Sequence[Word], *, width: float, height: float) -> list[Word]:
    """Return those of the words whose place on the drawn page is one even tone. `width`, `height`: of the page, in points."""
    scale = min(2.0, LONGEST / max(width, height))
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        return []
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, pdfium.FPDF_ANNOT | pdfium.FPDF_GRAYSCALE)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)

    def is_even(word: Word) -> bool:
        left, right = max(0, int(word.left * scale)), min(columns, int(word.right * scale) + 1)
        top, bottom = max(0, int(word.top * scale)), min(rows, int(word.bottom * scale) + 1)
        lines = [pixels[row * stride + left : row * stride + right] for row in range(top, bottom)]
        lines = [line for line in lines if line]
        return not lines or max(map(max, lines)) - min(map(min, lines)) < EVEN

    return [word for word in words if is_even(word)]

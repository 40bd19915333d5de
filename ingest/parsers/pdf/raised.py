"""Raised and lowered characters of a PDF: smaller ones, on another baseline than what they stand beside."""

import ctypes
import math
from collections.abc import Callable

import pypdfium2.raw as pdfium

from language.raised import join_fractions, lowered, raised

Corners = tuple[float, float, float, float]  # left, top, right, bottom; downwards

SMALLER = 0.82  # of the height beside them, at most
RISE = 0.12  # of that height: so far above the baseline a raised character ends; small capitals end within .08 of it
FALL = 0.03
HIGH = 0.3  # so far above, it is raised whatever its size
NEAR = 0.35  # of the height: a gap that is no space
CLOSE = 0.12  # of the height: an index stands closer than a word
LOW = 0.95  # of the width, or of the height beside it: so low may be the ink of a glyph instead of the room that it is set in
ABOVE, BELOW = 0.88, 0.12  # of the font size: the room of a character above and below its baseline
SUMS = frozenset("∑∏∫⋃⋂")  # larger than what stands behind them, which is not raised
LONGEST_MARK = 4
LONGEST_INDEX = 8


def level_of(box: Corners, beside: Corners) -> int:
    """Return 1 where a character stands raised beside another one, -1 where it stands lowered, 0 otherwise."""
    height = beside[3] - beside[1]
    if height <= 0 or box[3] <= beside[1] + 0.2 * height:  # wholly above: of another line
        return 0
    rise = (beside[3] - box[3]) / height
    is_smaller = box[3] - box[1] <= SMALLER * height
    if (is_smaller and rise >= RISE) or (rise >= HIGH and box[3] - box[1] <= height):
        return 1
    return -1 if is_smaller and -0.5 < rise <= -FALL else 0


def room_of(text_page: object, index: int) -> tuple[float, float] | None:
    """Return (bottom, top) of the room that a glyph of a Type 3 font is set in, in the page's own space; None for other fonts.

    For some glyphs of such fonts (a browser writes Chinese so) pdfium gives the ink, and the ink of 一 or – is low and high up.
    """
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(2)
    if pdfium.FPDFText_GetFontInfo(text_page, index, name, 2, ctypes.byref(flags)) > 1:
        return None  # the other kinds of fonts have names
    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix) or not pdfium.FPDFText_GetCharOrigin(text_page, index, x, y):
        return None
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.copysign(math.hypot(matrix.c, matrix.d), matrix.d)
    if abs(matrix.c) > abs(matrix.d):
        return None  # sideways
    low, high = y.value - BELOW * size, y.value + ABOVE * size
    return (low, high) if low < high else (high, low)


def is_mark(text: str, box: Corners, beside: Corners) -> bool:
    """Tell whether a whole word is a mark, raised at what stands right before it or right behind it."""
    height = beside[3] - beside[1]
    gap = max(box[0] - beside[2], beside[0] - box[2])
    return len(text) <= LONGEST_MARK and -NEAR * height < gap < NEAR * height and level_of(box, beside) > 0


def is_index(text: str, box: Corners, beside: Corners) -> bool:
    """Tell whether a whole word is an index, lowered at what stands right before it."""
    height = beside[3] - beside[1]
    return len(text) <= LONGEST_INDEX and -NEAR * height < box[0] - beside[2] < CLOSE * height and level_of(box, beside) < 0


def may_hold_levels(text: str, first: Corners | None, last: Corners | None) -> bool:
    """Tell whether a look at every character of a word is worth it: its ends differ, or a figure stands in it."""
    if len(text) < 2 or first is None or last is None:
        return False
    return level_of(last, first) != 0 or level_of(first, last) != 0 or (len(text) > 2 and any(map(str.isdigit, text)))


def split_levels(boxes: list[Corners]) -> list[tuple[int, int, int]]:
    """Cut a word where its characters rise or fall: (start, end, level) of each stretch."""
    tallest = max(boxes, key=lambda box: box[3] - box[1])
    stretches: list[tuple[int, int, int]] = []
    for position, box in enumerate(boxes):
        level = level_of(box, tallest)
        if stretches and stretches[-1][2] == level:
            stretches[-1] = (stretches[-1][0], position + 1, level)
        else:
            stretches.append((position, position + 1, level))
    return stretches


def read_levels(text: str, box: Corners, corners: Callable[[int], Corners | None]) -> tuple[str, Corners]:
    """Return a word with its raised and lowered characters written as such, and its rectangle between the line's own edges.

    `corners`: of its character at a position. What stands beside the word is compared with its line, not with what it raises.
    """
    boxes = [one for one in map(corners, range(len(text))) if one is not None]
    if len(boxes) < len(text):
        return text, box
    written: dict[int, Callable[[str], str]] = {1: raised, -1: lowered, 0: str}
    stretches = split_levels(boxes)
    plain = [one for start, end, level in stretches if level == 0 for one in boxes[start:end]]
    if len(plain) == len(boxes):
        return text, box
    edges = (box[0], min(one[1] for one in plain), box[2], max(one[3] for one in plain))
    return join_fractions("".join(written[level](text[start:end]) for start, end, level in stretches)), edges

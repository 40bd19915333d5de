"""Where the characters of a page stand: runs of characters with one rectangle each, packed into bytes.

A run is a word, or a single character of a script that writes without spaces. Rectangles are in PDF points with the
origin at the page's top left, so that a percentage of the page's size places them over its image.
"""

import array
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

UNITS_PER_POINT = 10  # a tenth of a point is finer than any screen shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in points from the page's top left, over the characters `start` … `end` of the page's text."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float


def pack(boxes: Iterable[Box]) -> bytes:
    """Return the boxes as compressed bytes, in the order given. No boxes: no bytes."""
    numbers = array.array("i")  # 32 bits everywhere CPython runs
    for box in boxes:
        numbers.extend((box.start, box.end))
        numbers.extend(round(edge * UNITS_PER_POINT) for edge in (box.left, box.top, box.right, box.bottom))
    if sys.byteorder == "big":
        numbers.byteswap()
    return zlib.compress(numbers.tobytes(), 6) if numbers else b""


def unpack(packed: bytes | memoryview) -> tuple[Box, ...]:
    """Return the boxes that `pack` was given, edges rounded to a tenth of a point."""
    if not packed:
        return ()
    numbers = array.array("i", zlib.decompress(bytes(packed)))
    if sys.byteorder == "big":
        numbers.byteswap()
    edges = [number / UNITS_PER_POINT for number in numbers]
    return tuple(
        Box(start=numbers[i], end=numbers[i + 1], left=edges[i + 2], top=edges[i + 3], right=edges[i + 4], bottom=edges[i + 5])
        for i in range(0, len(numbers), 6)
    )


def covering(boxes: Iterable[Box], *, start: int, end: int) -> tuple[Box, ...]:
    """Return one rectangle a line over the characters `start` … `end`, for marking a quote."""
    lines: list[Box] = []
    for box in boxes:
        if box.end <= start or box.start >= end:
            continue
        last = lines[-1] if lines else None
        overlap = min(box.bottom, last.bottom) - max(box.top, last.top) if last else 0.0
        same_line = last is not None and overlap > 0.5 * min(box.bottom - box.top, last.bottom - last.top)
        if last is not None and same_line and box.left >= last.left:
            lines[-1] = Box(
                start=last.start,
                end=box.end,
                left=min(last.left, box.left),
                top=min(last.top, box.top),
                right=max(last.right, box.right),
                bottom=max(last.bottom, box.bottom),
            )
        else:
            lines.append(box)
    return tuple(lines)

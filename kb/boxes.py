"""Where the characters of a page stand: runs of characters with one rectangle each, packed into bytes.

A run is a word, or a single character of a script that writes without spaces. Rectangles are in PDF points with the
origin at the page's top left, so that a percentage of the page's size places them over its image.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

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
    rows = [
        (box.start, box.end, *(round(edge * UNITS_PER_POINT) for edge in (box.left, box.top, box.right, box.bottom)))
        for box in boxes
    ]
    return zlib.compress(np.array(rows, dtype="<i4").tobytes(), 6) if rows else b""


def unpack(packed: bytes) -> tuple[Box, ...]:
    """Return the boxes that `pack` was given, edges rounded to a tenth of a point."""
    if not packed:
        return ()
    rows = np.frombuffer(zlib.decompress(bytes(packed)), dtype="<i4").reshape(-1, 6)
    return tuple(
        Box(
            start=int(row[0]),
            end=int(row[1]),
            left=row[2] / UNITS_PER_POINT,
            top=row[3] / UNITS_PER_POINT,
            right=row[4] / UNITS_PER_POINT,
            bottom=row[5] / UNITS_PER_POINT,
        )
        for row in rows
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

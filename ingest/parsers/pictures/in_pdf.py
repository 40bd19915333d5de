"""Pictures on a PDF page that has text, too: a scan with a stamp, a screenshot beside a text.

Their words are read where no text of the page stands over them.
"""

import ctypes
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.page import Line, Picture, RawPage, Rectangle
from ingest.parsers.pictures import recognition as ocr

SHORTEST = 60.0  # points: smaller is a logo, an icon or a signature
SMALLEST = 0.03  # of the page's area
WRITTEN = 0.04  # of a picture's area: what has more text over it is a background, or was read before
MAX_PICTURES = 100  # of one document
MAX_SECONDS = 150.0  # of one document
MAX_BYTES = 64 << 20
MIN_WORDS = 2  # what OCR sees in a photo without words is one or none
WORD = re.compile(r"[^\W\d_]{3,}|[\u3400-\u9fff]{2,}")


def picture_of(shape: object, box: Rectangle) -> Picture | None:
    """Return a picture among a page's objects if it is large enough to hold a text. `box`: where it stands on the page."""
    if min(box[2] - box[0], box[3] - box[1]) < SHORTEST:
        return None
    length = pdfium.FPDFImageObj_GetImageDataRaw(shape, None, 0)
    if not 0 < length <= MAX_BYTES:
        return None
    data = ctypes.create_string_buffer(length)
    pdfium.FPDFImageObj_GetImageDataRaw(shape, data, length)
    return Picture(box=box, key=hashlib.sha256(data.raw).digest())


@dataclass(slots=True)
class PagePictures:
    """Reads pictures of one document, each once: what stands on many pages is their paper.

    `render`: gives a page as a PGM picture and the points of a pixel. `read`, `unread`: pages with words of pictures, and with
    pictures that were not looked at.
    """

    cleaner: Cleaner
    render: Callable[[RawPage], tuple[bytes, float]]
    read: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _tried: int = 0
    _seconds: float = 0.0

    def add_words(self, raw: RawPage) -> None:
        """Add the lines of a page's pictures to its lines, in place."""
        wanted = [picture for picture in raw.pictures if picture.key not in self._seen and _is_bare(picture.box, raw)]
        self._seen.update(picture.key for picture in raw.pictures)
        if not wanted:
            return
        if not ocr.is_available() or self._tried + len(wanted) > MAX_PICTURES or self._seconds > MAX_SECONDS:
            self.unread.append(raw.number)
            return
        started = time.monotonic()
        page, points = self.render(raw)
        found = [line for picture in wanted for line in self._lines(page, points, picture.box, raw)] if page else []
        self._tried += len(wanted)
        self._seconds += time.monotonic() - started
        if found:
            raw.lines += found
            self.read.append(raw.number)

    def _lines(self, page: bytes, points: float, box: Rectangle, raw: RawPage) -> list[Line]:
        picture, left, top = _cut(page, box, points)
        lines = ocr.read_picture(picture, points_per_pixel=points, cleaner=self.cleaner) if picture else []
        if len(WORD.findall("\n".join(line.text for line in lines))) < MIN_WORDS:
            return []
        found = []
        for line in lines:
            words = [
                replace(word, left=word.left + left, right=word.right + left, top=word.top + top, bottom=word.bottom + top)
                for word in line.words
            ]
            words = [word for word in words if not _is_written((word.left + word.right) / 2, (word.top + word.bottom) / 2, raw)]
            if words:
                found.append(Line(words))
                found[-1].size = line.size
        return found


def _is_bare(box: Rectangle, raw: RawPage) -> bool:
    left, top, right, bottom = max(box[0], 0.0), max(box[1], 0.0), min(box[2], raw.width), min(box[3], raw.height)
    area = max(0.0, right - left) * max(0.0, bottom - top)
    if area < SMALLEST * raw.width * raw.height:
        return False
    written = sum(
        max(0.0, min(line.right, right) - max(line.left, left)) * max(0.0, min(line.bottom, bottom) - max(line.top, top))
        for line in raw.lines
        if not line.turn
    )
    return written < WRITTEN * area


def _is_written(x: float, y: float, raw: RawPage) -> bool:
    """Tell whether the page's own text stands at a point: it may lie over the picture."""
    return any(line.left <= x <= line.right and line.top <= y <= line.bottom for line in raw.lines)


def _cut(page: bytes, box: Rectangle, points: float) -> tuple[bytes, float, float]:
    """Return a part of a PGM picture, and where it begins in points."""
    start = page.index(b"\n") + 1
    kind, *sizes = page[:start].split()
    width, height = int(sizes[0]), int(sizes[1])
    pixels = memoryview(page)[start:]
    left, top = max(0, int(box[0] / points)), max(0, int(box[1] / points))
    right, bottom = min(width, int(box[2] / points) + 1), min(height, int(box[3] / points) + 1)
    if right <= left or bottom <= top:
        return b"", 0.0, 0.0
    rows = b"".join(pixels[row * width + left : row * width + right] for row in range(top, bottom))
    return b"%s %d %d 255\n" % (kind, right - left, bottom - top) + rows, left * points, top * points

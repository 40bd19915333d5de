"""Pictures of text (scans, photos, faxes): each frame is a page, read by OCR with the place of every word."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.pdf.layout import Layout, body_size
from ingest.parsers.pdf.page import RawPage
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.refusal import Refusal
from kb.viewing.raster import RasterRefused, count_frames, read_frame

MAX_FRAMES = 1000
OCR_MAX_PIXELS = 4400  # of the longer side, as for PDF pages
OCR_MIN_PIXELS = 1600  # below it letters are too small for OCR: the picture is enlarged
MAX_ENLARGED = 3.0


def parse_image(stream: BinaryIO, *, name: str, first_page: int = 1, max_pages: int = MAX_FRAMES) -> Items:
    """Yield the pages of a picture from `first_page` on. Raises: Refusal: damaged, too_many_pixels, too_many_pages, no_ocr."""
    try:
        limit = min(max_pages, MAX_FRAMES)
        count = count_frames(stream, limit=limit)
        if count > limit:
            raise Refusal("too_many_pages", f"more than {limit} frames")
        if not ocr.is_available():
            raise Refusal("no_ocr")
        yield Opening(page_count=count, is_paged=True)
        yield from _read(stream, range(first_page, count + 1))
    except RasterRefused as error:
        raise Refusal(error.code, error.detail) from error


def _read(stream: BinaryIO, numbers: range) -> Iterator[ParsedPage | Notice]:
    cleaner = Cleaner()
    layout = Layout({})
    read: list[int] = []
    unread: list[int] = []
    for number in numbers:
        try:
            raw = _page(stream, number, cleaner)
        except RasterRefused:
            if len(numbers) == 1:
                raise
            raw = RawPage(number=number, width=0.0, height=0.0)  # one broken page does not take the others with it
        (read if raw.lines else unread).append(number)
        layout.learn([raw])
        yield layout.build(raw, body=body_size([raw]))
    if read:
        yield Notice(code="ocr", pages=tuple(read))
    if unread:
        yield Notice(code="pictures", pages=tuple(unread))


def _page(stream: BinaryIO, number: int, cleaner: Cleaner) -> RawPage:
    picture, points = read_frame(stream, number, mode="L")
    width, height = picture.size
    longest = max(width, height)
    factor = min(OCR_MAX_PIXELS / longest, max(1.0, min(MAX_ENLARGED, OCR_MIN_PIXELS / longest)))
    if factor != 1.0:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        picture = picture.resize(size, Image.Resampling.LANCZOS if factor > 1 else Image.Resampling.BOX)
    pixels = io.BytesIO()
    picture.save(pixels, "PPM")
    lines = ocr.read_picture(pixels.getvalue(), points_per_pixel=points / factor, cleaner=cleaner)
    return RawPage(number=number, width=width * points, height=height * points, lines=lines, objects=1)

"""Pictures inside of documents: their words, where the document itself has none in that place."""

import io
import re
import time

from PIL import Image

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.pictures.metafile import is_metafile, metafile_text
from kb.viewing.raster import IN_DOCUMENTS, RasterRefused, read_frame

MIN_SIDE = 80  # pixels; what is smaller is an icon
WANTED_SIDE = 1600
MAX_SIDE = 4400
MAX_PICTURES = 200  # of one document: each takes some seconds
MAX_SECONDS = 300.0  # of one document
MIN_DRAWING_BYTES = 2000  # what is smaller is a line or an icon
MIN_WORDS = 2  # what OCR sees in a photo without words is one or none
WORD = re.compile(r"[^\W\d_]{3,}|[\u3400-\u9fff]{2,}")


class PictureReader:
    """Reads up to MAX_PICTURES pictures of one document, and counts them."""

    def __init__(self, cleaner: Cleaner) -> None:
        self.cleaner = cleaner
        self.tried = self.read = 0
        self.left_out = 0  # because there were too many, or OCR is missing
        self.seconds = 0.0

    def text(self, data: bytes) -> str:
        """Return the words of a picture, line by line; "" where there are none, it cannot be decoded, or OCR is missing."""
        if is_metafile(data):
            return self._drawing(data)
        try:
            picture, _ = read_frame(io.BytesIO(data), 1, mode="L", formats=IN_DOCUMENTS)
        except RasterRefused:
            return ""  # a drawing, most often
        longest = max(picture.size)
        if min(picture.size) < MIN_SIDE:
            return ""
        if self.tried >= MAX_PICTURES or self.seconds > MAX_SECONDS or not ocr.is_available():
            self.left_out += 1
            return ""
        factor = min(MAX_SIDE / longest, max(1.0, min(3.0, WANTED_SIDE / longest)))
        if factor != 1.0:
            picture = picture.resize([max(1, round(side * factor)) for side in picture.size], Image.Resampling.BICUBIC)
        stream = io.BytesIO()
        picture.save(stream, "PPM")
        started = time.monotonic()
        lines = ocr.read_picture(stream.getvalue(), points_per_pixel=1.0, cleaner=self.cleaner)
        self.seconds += time.monotonic() - started
        self.tried += 1
        text = "\n".join(line.text for line in lines)
        if len(WORD.findall(text)) < MIN_WORDS:
            return ""
        self.read += 1
        return text

    def _drawing(self, data: bytes) -> str:
        """Return the words that a drawing records; one without any may hold them as lines, and is counted."""
        text = self.cleaner.clean(metafile_text(data))
        if not WORD.search(text):
            self.left_out += len(data) > MIN_DRAWING_BYTES
            return ""
        return text

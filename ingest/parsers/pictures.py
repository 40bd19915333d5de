"""Pictures inside of documents: their words, where the document itself has none in that place."""

import io

from PIL import Image

from ingest.parsers import ocr
from ingest.parsers.cleaning import Cleaner
from kb.raster import RasterRefused, read_frame

MIN_SIDE = 80  # pixels; what is smaller is an icon
WANTED_SIDE = 1600
MAX_SIDE = 4400
MAX_PICTURES = 200  # of one document: each takes about a second


class PictureReader:
    """Reads up to MAX_PICTURES pictures of one document, and counts them."""

    def __init__(self, cleaner: Cleaner) -> None:
        self.cleaner = cleaner
        self.read = 0
        self.unread = 0

    def text(self, data: bytes) -> str:
        """Return the words of a picture, line by line; "" where there are none, it cannot be decoded, or OCR is missing."""
        if self.read + self.unread >= MAX_PICTURES or not ocr.is_available():
            self.unread += 1
            return ""
        try:
            picture, _ = read_frame(io.BytesIO(data), 1, mode="L")
        except RasterRefused:
            self.unread += 1
            return ""
        longest = max(picture.size)
        if min(picture.size) < MIN_SIDE:
            return ""
        factor = min(MAX_SIDE / longest, max(1.0, min(3.0, WANTED_SIDE / longest)))
        if factor != 1.0:
            picture = picture.resize([max(1, round(side * factor)) for side in picture.size], Image.Resampling.BICUBIC)
        stream = io.BytesIO()
        picture.save(stream, "PPM")
        lines = ocr.read_picture(stream.getvalue(), points_per_pixel=1.0, cleaner=self.cleaner)
        self.read += bool(lines)
        return "\n".join(line.text for line in lines)

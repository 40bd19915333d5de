"""Reading pictures of text: by RapidOCR, which comes with the requirements, or by tesseract where ATTEST_OCR says so."""

import os
from typing import Protocol

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pictures import rapid as ocr_rapid
from ingest.parsers.pictures import tesseract as ocr_tesseract


class Engine(Protocol):
    """What a module that reads pictures has."""

    def is_available(self) -> bool: ...

    def read_lines(self, picture: bytes, *, points_per_pixel: float, cleaner: Cleaner) -> list[list[Word]]: ...


ENGINES: dict[str, Engine] = {"rapidocr": ocr_rapid, "tesseract": ocr_tesseract}
VARIABLE = "ATTEST_OCR"  # the parsing child has it from its parent; it knows no settings


def engine() -> str:
    """Return the name of the engine that reads."""
    return os.environ.get(VARIABLE, "") or "rapidocr"


def is_available() -> bool:
    """True where the engine is installed."""
    return ENGINES[engine()].is_available()


def read_picture(picture: bytes, *, points_per_pixel: float, cleaner: Cleaner) -> list[Line]:
    """Return the lines of a picture (PGM, PPM or PNG), boxes in points. Empty where it holds no words or takes too long."""
    words = ENGINES[engine()].read_lines(picture, points_per_pixel=points_per_pixel, cleaner=cleaner)
    found = [Line(line) for line in words]
    usual = sorted(line.size for line in found)[len(found) // 2] if found else 0.0
    for line in found:  # a box is as high as the letters in it: only what is far larger is larger print
        line.size = line.size if line.size > 1.5 * usual else usual
    return found

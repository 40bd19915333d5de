"""What OCR calls a word, cut into those of a page."""

import re

from ingest.parsers.cleaning import CJK
from ingest.parsers.pdf.page import PIECE, Word

ONLY_CJK = re.compile(f"[{CJK}]")


def cut_word(
    text: str, left: float, top: float, width: float, height: float, before: list[Word], *, joins: bool = False
) -> list[Word]:
    """Return the words of one box: engines give runs of Chinese characters one, and spaces between them that nobody wrote.

    `joins`: no space stands before the box.
    """
    pieces = list(PIECE.finditer(text))
    found: list[Word] = []
    for piece in pieces:
        step = width / max(1, len(text))
        previous = found[-1].text if found else (before[-1].text if before else "")
        chinese = previous and ONLY_CJK.match(previous[-1]) and ONLY_CJK.match(piece.group()[0])
        spaced = not chinese and not found and not joins
        found.append(Word(piece.group(), left + piece.start() * step, top, left + piece.end() * step, top + height, spaced))
    return found

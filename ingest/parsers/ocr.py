"""Reading pictures of text with tesseract, where it is installed."""

import csv
import os
import re
import shutil
import subprocess

from ingest.parsers.cleaning import CJK, Cleaner
from ingest.parsers.pdf_text import PIECE, Line, Word

LANGUAGES = "eng+chi_sim"
TIMEOUT_S = 60
MIN_CONFIDENCE = 30.0
ONLY_CJK = re.compile(f"[{CJK}]")


def is_available() -> bool:
    """True where tesseract is installed."""
    return shutil.which("tesseract") is not None


def read_picture(picture: bytes, *, points_per_pixel: float, cleaner: Cleaner) -> list[Line]:
    """Return the lines of a picture (PGM or PNG bytes), boxes in points. Empty where it holds no words or takes too long."""
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGES, "--psm", "3", "tsv"]
    environment = {"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    if "TESSDATA_PREFIX" in os.environ:
        environment["TESSDATA_PREFIX"] = os.environ["TESSDATA_PREFIX"]
    try:
        done = subprocess.run(command, input=picture, capture_output=True, timeout=TIMEOUT_S, env=environment, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return []
    rows = csv.DictReader(done.stdout.decode("utf-8", "replace").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    lines: dict[tuple[str, ...], list[Word]] = {}
    for row in rows:
        if row.get("level") != "5" or float(row.get("conf") or -1) < MIN_CONFIDENCE:
            continue
        left, top = float(row["left"]) * points_per_pixel, float(row["top"]) * points_per_pixel
        width, height = float(row["width"]) * points_per_pixel, float(row["height"]) * points_per_pixel
        words = lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), [])
        words.extend(_words(cleaner.clean(row["text"] or ""), left, top, width, height, words))
    found = [Line(words) for words in lines.values() if words]
    usual = sorted(line.size for line in found)[len(found) // 2] if found else 0.0
    for line in found:  # a box is as high as the letters in it: only what is far larger is larger print
        line.size = line.size if line.size > 1.5 * usual else usual
    return found


def _words(text: str, left: float, top: float, width: float, height: float, before: list[Word]) -> list[Word]:
    """Cut what tesseract calls a word: it gives runs of Chinese characters one box, and spaces between them that nobody wrote."""
    pieces = list(PIECE.finditer(text))
    found: list[Word] = []
    for piece in pieces:
        step = width / max(1, len(text))
        previous = found[-1].text if found else (before[-1].text if before else "")
        chinese = previous and ONLY_CJK.match(previous[-1]) and ONLY_CJK.match(piece.group()[0])
        spaced = not chinese and not found
        found.append(Word(piece.group(), left + piece.start() * step, top, left + piece.end() * step, top + height, spaced))
    return found

"""OCR with tesseract, where it is installed."""

import csv
import os
import shutil
import subprocess

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.page import Word
from ingest.parsers.pictures.words import cut_word

LANGUAGES = "eng+chi_sim"
TIMEOUT_S = 60
MIN_CONFIDENCE = 30.0


def is_available() -> bool:
    """True where tesseract is installed."""
    return shutil.which("tesseract") is not None


def read_lines(picture: bytes, *, points_per_pixel: float, cleaner: Cleaner) -> list[list[Word]]:
    """Return the words of each line of a picture (PGM, PPM or PNG), boxes in points. None where it takes too long."""
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
        words.extend(cut_word(cleaner.clean(row["text"] or ""), left, top, width, height, words))
    return [words for words in lines.values() if words]

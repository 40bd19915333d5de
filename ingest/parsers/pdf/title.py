"""The title that a first page shows in its largest print, for a file whose name and properties say nothing."""

import re

from ingest.parsers.pdf.page import Line, RawPage

LARGER = 1.4  # times the usual size of the page: print that stands out
MAX_LINES, MAX_CHARACTERS = 2, 90
UPPER_HALF = 0.5
WORDS = re.compile(r"[^\W\d_]{2,}")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def find_title(page: RawPage) -> str:
    """Return the heading in the largest print of the page's upper half; empty where that is not clearly its title.

    Words in capitals throughout are names of authorities, forms and companies more often than titles: they do not count.
    """
    printed = [line for line in page.lines if not line.apart and not line.turn]
    if not printed:
        return ""
    usual = sorted(line.size for line in printed)[len(printed) // 2]
    largest = max(line.size for line in printed)
    lines = [line for line in printed if line.size > 0.95 * largest]
    stands_out = len(printed) > len(lines) and largest >= LARGER * usual
    if not stands_out or len(lines) > MAX_LINES or any(line.top > UPPER_HALF * page.height for line in lines):
        return ""
    text = _joined(lines)
    has_words = len(WORDS.findall(text)) >= 2 or len(CHINESE.findall(text)) >= 4
    return text if has_words and not text.isupper() and len(text) <= MAX_CHARACTERS else ""


def _joined(lines: list[Line]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text += ("" if CHINESE.match(text[-1]) and CHINESE.match(line.text) else " ") + line.text
    return text

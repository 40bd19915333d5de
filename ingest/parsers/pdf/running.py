"""What repeats at the edge of many pages: running headers, footers and page numbers."""

import re
from collections import Counter

from ingest.parsers.pdf.page import Line, RawPage

EDGE = 0.09  # share of the page's height in which a running header or footer stands
MIN_REPEATS = 3
PAGE_NUMBER = re.compile(r"\b(?:page|seite|of|p)\b|[#/|·.\-–—第页共 ]")


def drop_running_lines(pages: list[RawPage], *, kept: set[tuple[str, str]]) -> int:
    """Remove from the pages, in place, the lines that repeat at their edges, figures in them aside.

    On the first page such a line stays if it says more than a page number: it may be the title, or name the owner or the version.
    `kept`: those known from earlier pages; added to. Returns: how many went.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for page in pages:
        seen.update({key for line in page.lines if (key := _edge_key(page, line))})
    needed = max(MIN_REPEATS, len(pages) // 8)
    kept.update(key for key, count in seen.items() if count >= needed)
    dropped = 0
    for page in pages:
        lines = [line for line in page.lines if (key := _edge_key(page, line)) not in kept or _says_more(page, key)]
        dropped += len(page.lines) - len(lines)
        page.lines = lines
    return dropped


def _says_more(page: RawPage, key: tuple[str, str] | None) -> bool:
    return page.number == 1 and key is not None and bool(PAGE_NUMBER.sub("", key[1]).strip())


def _edge_key(page: RawPage, line: Line) -> tuple[str, str] | None:
    if line.apart:
        return None
    height = page.width if line.turn % 2 else page.height
    top = line.bottom < EDGE * height
    if line is page.lines[-1] and len(line.words) == 1 and line.words[0].text.isdecimal():
        return ("last", "#")  # a page number, though it may stand high on a page that is not full
    if not top and line.top <= (1 - EDGE) * height:
        return None
    text = re.sub(r"\d+", "#", line.text.lower())
    return ("top" if top else "bottom", re.sub(r"^[ivxlc]+$", "#", text)[:120])


def is_edge(lines: list[Line], page: RawPage) -> bool:
    """Tell whether lines stand at the top or bottom edge of a page, where running headers and page numbers do."""
    return all(_edge_key(page, line) for line in lines)

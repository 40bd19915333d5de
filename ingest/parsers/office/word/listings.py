"""Which paragraphs of Word are lines of a listing, to be kept letter for letter."""

import re

from lxml import etree

from ingest.parsers.office.word.names import W, font_of, value_of
from ingest.parsers.office.word.styles import NO_STYLE, Style

MONOSPACED = frozenset(
    (
        *("consolas", "courier", "courier new", "lucida console", "menlo", "monaco", "source code pro", "dejavu sans mono"),
        *("cascadia code", "cascadia mono", "fira code", "jetbrains mono", "liberation mono", "ubuntu mono", "sf mono"),
    )
)
SIGNS = re.compile(r"[{}<>=;|\\]|^\s{2,}\S|(?:^|\s)--?\w|^[$#>]\s|\w\(|::|(?:^|\s)/\w+/")  # what prose on a typewriter lacks


def is_listing(paragraph: etree._Element, style: Style, styles: dict[str, Style], text: str) -> bool:
    """True where the style of a paragraph says so, or all its letters are of one width and signs of code stand among them."""
    if style.level:
        return False
    return style.is_code or (bool(text.strip()) and _is_monospaced(paragraph, style, styles) and bool(SIGNS.search(text)))


def _is_monospaced(paragraph: etree._Element, style: Style, styles: dict[str, Style]) -> bool:
    runs = [run for run in paragraph.iter(f"{W}r") if run.find(f"{W}t") is not None]
    return bool(runs) and all(_font(run, style, styles).lower() in MONOSPACED for run in runs)


def _font(run: etree._Element, style: Style, styles: dict[str, Style]) -> str:
    properties = run.find(f"{W}rPr")
    own = styles.get(value_of(properties, "rStyle") or "", NO_STYLE)
    return font_of(properties) or own.font or style.font

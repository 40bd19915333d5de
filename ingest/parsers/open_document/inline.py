"""The text of a paragraph of an OpenDocument file, run by run, for every kind of document."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from ingest.parsers.office.building.word import PLAIN, Look
from ingest.parsers.open_document.names import OFFICE, PRESENTATION, TEXT, XLINK, whole
from ingest.parsers.open_document.styles import Styles

MAX_SPACES = 1000
WHITE = " \t\r\n"
SPACES = re.compile(r"[ \t\r\n]+")
SKIPPED = frozenset(
    (
        *(f"{TEXT}{name}" for name in ("ruby-text", "tracked-changes", "note")),
        *(f"{OFFICE}{name}" for name in ("annotation", "annotation-end")),
        *(f"{PRESENTATION}{name}" for name in ("header", "footer", "date-time")),
    )
)
PAGES = frozenset((f"{TEXT}page-number", f"{TEXT}page-count"))
HIDING = frozenset((f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph"))


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text. `link`: the address that it leads to, or "". `element`: what stands there instead of text."""

    text: str = ""
    look: Look = PLAIN
    link: str = ""
    element: etree._Element | None = None


def read_runs(
    paragraph: etree._Element, styles: Styles, *, look: Look, is_special: Callable[[etree._Element], bool]
) -> Iterator[Run]:
    """Yield the runs of a paragraph; runs of white space count as one space.

    `look`: what the paragraph's style says. `is_special`: whether the caller reads an element itself.
    """
    # Each entry: an element to open, or the text behind one.
    stack: list[tuple[etree._Element | None, str, Look, str]] = [(paragraph, "", look, "")]
    is_after_space = True
    while stack:
        element, text, look, link = stack.pop()
        if element is None:
            written, is_after_space = _collapsed(text, is_after_space)
            if written:
                yield Run(written, look, link)
            continue
        if element is not paragraph:
            if not isinstance(element.tag, str) or (element.tag in SKIPPED and not is_special(element)):
                continue
            if is_special(element):
                yield Run(look=look, link=link, element=element)
                is_after_space = False
                continue
            blank = _blank(element)
            if blank:
                yield Run(blank, look, link)
                is_after_space = False
                continue
            look, link = _inside(element, styles, look, link)
        for child in reversed(element):
            if child.tail:
                stack.append((None, child.tail, look, link))
            stack.append((child, "", look, link))
        if element.text:
            stack.append((None, element.text, look, link))


def _inside(element: etree._Element, styles: Styles, look: Look, link: str) -> tuple[Look, str]:
    if element.tag == f"{TEXT}span":
        for style in reversed(list(styles.chain("text", element.get(f"{TEXT}style-name")))):
            look = styles.changed(look, style)
    elif element.tag == f"{TEXT}a":
        link = element.get(f"{XLINK}href", "")
    elif element.tag in HIDING and element.get(f"{TEXT}is-hidden") == "true":
        look = replace(look, is_hidden=True)
    return look, link


def _blank(element: etree._Element) -> str:
    if element.tag == f"{TEXT}s":
        return " " * min(whole(element, f"{TEXT}c", 1), MAX_SPACES)
    return {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}.get(str(element.tag), "")


def _collapsed(text: str, is_after_space: bool) -> tuple[str, bool]:
    """Return a text with each run of white space as one space (ODF 1.3 part 3, 6.1.2), and whether it ends with one."""
    collapsed = " ".join(part for part in SPACES.split(text) if part)
    if not collapsed:
        return ("" if is_after_space else " "), True
    before = "" if is_after_space or text[0] not in WHITE else " "
    after = " " if text[-1] in WHITE else ""
    return f"{before}{collapsed}{after}", bool(after)

"""The text of a paragraph on a slide: runs, line breaks, equations, links with their addresses, without what is struck out."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from ingest.parsers.left_out import close_gaps
from ingest.parsers.office.sheets.asides import shown_address
from ingest.parsers.office.symbols import as_shown
from ingest.parsers.office.word.equations import linear
from ingest.parsers.office.word.names import MC, A, M, R
from language.raised import lowered, raised

NO_TARGETS: Mapping[str, str] = MappingProxyType({})
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
OPENED = frozenset((f"{MC}AlternateContent", f"{MC}Choice"))  # what holds an equation
FONTS = tuple(f"{A}{name}" for name in ("sym", "latin", "cs"))


def paragraph_text(paragraph: etree._Element, targets: Mapping[str, str] = NO_TARGETS) -> str:
    """Return the text of a paragraph, raised and lowered runs written as such. `targets`: addresses by relationship id."""
    parts: list[str] = []
    has_gaps = False
    for child in _pieces(paragraph):
        if child.tag == f"{A}br":
            parts.append("\n")
        elif child.tag in (f"{M}oMath", f"{M}oMathPara"):
            parts.append(f" {' '.join(linear(child).split())} ")
            has_gaps = True
        else:
            properties = child.find(f"{A}rPr")
            has_gaps = has_gaps or is_struck(properties)
            parts.append("" if is_struck(properties) else _linked(_written(child, properties), properties, targets))
    return close_gaps("".join(parts)) if has_gaps else "".join(parts)


def is_struck(properties: etree._Element | None) -> bool:
    """True for a run that is struck out."""
    return properties is not None and properties.get("strike", "noStrike") != "noStrike"


def words_of(run: etree._Element) -> str:
    """Return what a run holds."""
    return "".join(piece.text or "" for piece in run.iter(f"{A}t"))


def _pieces(paragraph: etree._Element) -> Iterator[etree._Element]:
    """Yield the runs, breaks and equations of a paragraph."""
    stack = list(reversed(paragraph))
    while stack:
        child = stack.pop()
        if child.tag in (f"{A}r", f"{A}fld", f"{A}br", f"{M}oMath", f"{M}oMathPara"):
            yield child
        elif child.tag in OPENED or (isinstance(child.tag, str) and etree.QName(child).localname == "m"):
            stack.extend(reversed(child))


def _written(run: etree._Element, properties: etree._Element | None) -> str:
    text = words_of(run)
    if properties is None:
        return text
    text = as_shown(text, *(font.get("typeface", "") for font in properties.iterchildren(*FONTS)))
    baseline = properties.get("baseline", "0").rstrip("%")
    level = float(baseline) if NUMBER.fullmatch(baseline) else 0.0
    return raised(text) if level > 0 else lowered(text) if level < 0 else text


def _linked(text: str, properties: etree._Element | None, targets: Mapping[str, str]) -> str:
    """Return the text with the address that it leads to, unless it is the address."""
    link = properties.find(f"{A}hlinkClick") if properties is not None else None
    address = shown_address(targets.get(link.get(f"{R}id", ""), "")) if link is not None else ""
    return f"{text} ({address})" if address and text.strip() and address not in text else text

"""Styles of a DOCX with what they take from the styles that they are based on."""

import re
from dataclasses import dataclass

from lxml import etree

from ingest.parsers.office.word.names import W, font_of, number_of, switch_of, value_of

HEADING = re.compile(r"^(?:heading|überschrift|titre|título|标题)\s*(\d)$", re.IGNORECASE)
CODE = re.compile(
    r"^(?:source |program )?code(?: ?block)?\b|\bcode$|\bsource (?:code|text)\b|\bpreformatted\b|verbatim|^代码", re.I
)
TITLES = ("title", "标题")
MAX_CHAIN = 20  # of styles based on each other
MAX_OUTLINE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`level`: of a heading, 0 for other text. `number`, `number_level`: the list that it belongs to, as numId and ilvl.

    `rise`: "superscript", "subscript" or "". `is_code`: its name says that it is for listings.
    """

    name: str = ""
    level: int = 0
    number: str | None = None
    number_level: int | None = None
    struck: bool = False
    hidden: bool = False
    rise: str = ""
    font: str = ""
    is_code: bool = False


NO_STYLE = Style()


def read_styles(root: etree._Element | None) -> dict[str, Style]:
    """Return the styles by their id; "" is that of paragraphs which name none. `root`: of word/styles.xml."""
    if root is None:
        return {"": NO_STYLE}
    elements = {style.get(f"{W}styleId", ""): style for style in root.iterchildren(f"{W}style")}
    styles = {key: _resolved(key, elements) for key in elements}
    default = next(
        (
            key
            for key, style in elements.items()
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true")
        ),
        "",
    )
    return {**styles, "": styles.get(default, NO_STYLE)}


def _resolved(key: str, elements: dict[str, etree._Element]) -> Style:
    chain = _chain(key, elements)
    numbers = [value for style in chain if (value := value_of(style, "pPr/numPr/numId")) is not None]
    levels = [depth for style in chain if (depth := number_of(style, "pPr/numPr/ilvl")) is not None]
    return Style(
        name=value_of(chain[0], "name") or "",
        level=next((level for style in chain if (level := _heading_level(style)) is not None), 0),
        number=numbers[0] if numbers else None,
        number_level=levels[0] if levels else None,
        struck=_switch(chain, "strike", "dstrike"),
        hidden=_switch(chain, "vanish"),
        rise=next((rise for style in chain if (rise := value_of(style, "rPr/vertAlign")) is not None), ""),
        font=next((font for style in chain if (font := font_of(style.find(f"{W}rPr")))), ""),
        is_code=any(CODE.search(value_of(style, "name") or "") for style in chain),
    )


def _chain(key: str, elements: dict[str, etree._Element]) -> list[etree._Element]:
    """Return the style and those that it is based on, nearest first."""
    chain: list[etree._Element] = []
    while key in elements and len(chain) < MAX_CHAIN and elements[key] not in chain:
        chain.append(elements[key])
        key = value_of(elements[key], "basedOn") or ""
    return chain


def _heading_level(style: etree._Element) -> int | None:
    """Return the level that a style says itself, 0 for text that it takes out of the outline, None where it says nothing."""
    name = (value_of(style, "name") or "").strip()
    outline = number_of(style, "pPr/outlineLvl")
    if outline is not None:
        return outline + 1 if 0 <= outline < MAX_OUTLINE else 0
    if match := HEADING.match(name):
        return int(match.group(1)) or None
    return 1 if name.lower() in TITLES else None


def _switch(chain: list[etree._Element], *names: str) -> bool:
    for style in chain:
        found = switch_of(style.find(f"{W}rPr"), *names)
        if found is not None:
            return found
    return False

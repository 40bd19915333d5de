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

    `rise`: "superscript", "subscript" or "". `is_code`: its name says that it is for listings. `strong`: bold. `colour`: of its
    letters, "" where it says none. `is_shaded`: it stands on a ground of a colour.
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
    strong: bool = False
    colour: str = ""
    is_shaded: bool = False


NO_STYLE = Style()


@dataclass(frozen=True, slots=True)
class _Own:
    """What a style says itself; None where it says nothing. `base`: the style that it is based on."""

    name: str
    base: str
    level: int | None
    number: str | None
    number_level: int | None
    struck: bool | None
    hidden: bool | None
    rise: str | None
    font: str | None
    strong: bool | None
    colour: str | None
    is_shaded: bool


def read_styles(root: etree._Element | None) -> dict[str, Style]:
    """Return the styles by their id; "" is that of paragraphs which name none. `root`: of word/styles.xml."""
    if root is None:
        return {"": NO_STYLE}
    own: dict[str, _Own] = {}
    default = ""
    for style in root.iterchildren(f"{W}style"):
        key = style.get(f"{W}styleId", "")
        own[key] = _read(style)
        if not default and style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true"):
            default = key
    styles = {key: _resolved(key, own) for key in own}
    return {**styles, "": styles.get(default, NO_STYLE)}


def _read(style: etree._Element) -> _Own:
    name = (value_of(style, "name") or "").strip()
    list_of, letters = style.find(f"{W}pPr"), style.find(f"{W}rPr")
    return _Own(
        name=name,
        base=value_of(style, "basedOn") or "",
        level=_heading_level(name, list_of),
        number=value_of(list_of, "numPr/numId"),
        number_level=number_of(list_of, "numPr/ilvl"),
        struck=switch_of(letters, "strike", "dstrike"),
        hidden=switch_of(letters, "vanish"),
        rise=value_of(letters, "vertAlign"),
        font=font_of(letters) or None,
        strong=switch_of(letters, "b", "bCs"),
        colour=value_of(letters, "color"),
        is_shaded=next(style.iter(f"{W}shd", f"{W}highlight"), None) is not None,
    )


def _resolved(key: str, own: dict[str, _Own]) -> Style:
    chain = _chain(key, own)
    return Style(
        name=chain[0].name,
        level=next((one.level for one in chain if one.level is not None), 0),
        number=next((one.number for one in chain if one.number is not None), None),
        number_level=next((one.number_level for one in chain if one.number_level is not None), None),
        struck=next((one.struck for one in chain if one.struck is not None), False),
        hidden=next((one.hidden for one in chain if one.hidden is not None), False),
        rise=next((one.rise for one in chain if one.rise is not None), ""),
        font=next((one.font for one in chain if one.font is not None), ""),
        strong=next((one.strong for one in chain if one.strong is not None), False),
        colour=next((one.colour for one in chain if one.colour is not None), ""),
        is_shaded=any(one.is_shaded for one in chain),
        is_code=any(CODE.search(one.name) for one in chain),
    )


def _chain(key: str, own: dict[str, _Own]) -> list[_Own]:
    """Return the style and those that it is based on, nearest first."""
    chain: list[_Own] = []
    seen: set[str] = set()
    while key in own and key not in seen and len(chain) < MAX_CHAIN:
        seen.add(key)
        chain.append(own[key])
        key = own[key].base
    return chain


def _heading_level(name: str, properties: etree._Element | None) -> int | None:
    """Return the level that a style says itself, 0 for text that it takes out of the outline, None where it says nothing."""
    outline = number_of(properties, "outlineLvl")
    if outline is not None:
        return outline + 1 if 0 <= outline < MAX_OUTLINE else 0
    if match := HEADING.match(name):
        return int(match.group(1)) or None
    return 1 if name.lower() in TITLES else None

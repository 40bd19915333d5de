"""Styles of an OpenDocument file with what they take from those above them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from ingest.parsers.office.building.word import PLAIN, Look
from ingest.parsers.open_document.names import OFFICE, STYLE, TEXT

MAX_CHAIN = 20
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
WHITE = frozenset(("#ffffff", "#fffffe", "#fefefe"))
NO_GROUND = frozenset(("transparent", "none", "#ffffff", ""))
MIN_RISE = 10  # percent of the letters' height


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`name`: as people see it. `look`: of its characters. `level`: of a heading that the style makes, 0 for other text."""

    name: str = ""
    look: Look = PLAIN
    level: int = 0


NO_STYLE = Style()


@dataclass(slots=True)
class Styles:
    """Styles by family and name. `roots`: of styles.xml and content.xml, whose own styles count first."""

    _elements: dict[tuple[str, str], etree._Element] = field(default_factory=dict)
    _known: dict[tuple[str, str], Style] = field(default_factory=dict)
    _has_ground: bool = False  # of a colour, somewhere in the file: white words may show on it

    def add(self, root: etree._Element | None) -> None:
        """Take the styles of a part."""
        for element in root.iter(f"{STYLE}style") if root is not None else ():
            self._elements[element.get(f"{STYLE}family", ""), element.get(f"{STYLE}name", "")] = element
        grounds = (element.get(f"{FO}background-color", "") for element in (root.iter() if root is not None else ()))
        self._has_ground = self._has_ground or any(ground not in NO_GROUND for ground in grounds)

    def get(self, family: str, name: str | None) -> Style:
        """Return a style. `family`: "paragraph", "text" and so on."""
        key = (family, name or "")
        if key not in self._known:
            self._known[key] = self._resolved(key)
        return self._known[key]

    def element(self, family: str, name: str | None) -> etree._Element | None:
        """Return a style as it is written."""
        return self._elements.get((family, name or ""))

    def chain(self, family: str, name: str | None) -> Iterator[etree._Element]:
        """Yield a style and those that it is based on, nearest first."""
        seen: set[str] = set()
        while name and name not in seen and len(seen) < MAX_CHAIN and (family, name) in self._elements:
            seen.add(name)
            element = self._elements[family, name]
            yield element
            name = element.get(f"{STYLE}parent-style-name")

    def changed(self, look: Look, style: etree._Element) -> Look:
        """Return how characters stand after a style. White ones show where the file has a ground of a colour."""
        look = _changed(look, style.find(f"{STYLE}text-properties"))
        return replace(look, is_white=False) if look.is_white and self._has_ground else look

    def _resolved(self, key: tuple[str, str]) -> Style:
        chain = list(self.chain(*key))
        if not chain:
            return NO_STYLE
        look, level = PLAIN, 0
        for element in reversed(chain):
            look = self.changed(look, element)
            written = element.get(f"{STYLE}default-outline-level", "")
            level = int(written) if written.isdecimal() and len(written) < 3 else level
        # Styles that were made for one paragraph have names like "P1"; what people chose stands above them.
        named = next((one for one in chain if _is_shared(one)), chain[-1])
        name = named.get(f"{STYLE}display-name") or named.get(f"{STYLE}name") or ""
        return Style(name=name.replace("_20_", " "), look=look, level=level)


def _is_shared(style: etree._Element) -> bool:
    above = style.getparent()
    return above is not None and above.tag == f"{OFFICE}styles"


def _changed(look: Look, properties: etree._Element | None) -> Look:
    """Return how characters stand after the properties of a style."""
    if properties is None:
        return look
    line = properties.get(f"{STYLE}text-line-through-style") or properties.get(f"{STYLE}text-line-through-type")
    if line:
        look = replace(look, is_struck=line != "none")
    display = properties.get(f"{TEXT}display")
    if display:
        look = replace(look, is_hidden=display == "none")
    if colour := properties.get(f"{FO}color"):
        look = replace(look, is_white=colour.lower() in WHITE)
    position = properties.get(f"{STYLE}text-position")
    return replace(look, rise=_rise(position)) if position else look


def _rise(position: str) -> str:
    first = position.split()[0] if position.split() else ""
    if first in ("super", "sub"):
        return f"{first}script"
    percent = first.removesuffix("%").removeprefix("-").partition(".")[0]
    if not percent.isdecimal() or int(percent) < MIN_RISE:
        return ""
    return "subscript" if first.startswith("-") else "superscript"

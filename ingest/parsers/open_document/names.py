"""Names of elements and attributes in an OpenDocument file (OASIS OpenDocument 1.3, part 3)."""

from lxml import etree

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, STYLE = f"{_URN}office:1.0}}", f"{_URN}text:1.0}}", f"{_URN}table:1.0}}", f"{_URN}style:1.0}}"
DRAW, PRESENTATION, META, NUMBER = (
    f"{_URN}drawing:1.0}}",
    f"{_URN}presentation:1.0}}",
    f"{_URN}meta:1.0}}",
    f"{_URN}datastyle:1.0}}",
)
SVG, CHART = f"{_URN}svg-compatible:1.0}}", f"{_URN}chart:1.0}}"
DC, XLINK = "{http://purl.org/dc/elements/1.1/}", "{http://www.w3.org/1999/xlink}"
MATH = "{http://www.w3.org/1998/Math/MathML}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
LIST_FORMAT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}num-list-format"


def whole(element: etree._Element, name: str, default: int = 1, *, most: int = 1_000_000) -> int:
    """Return an attribute as a whole number from 0, `default` where it is missing or none."""
    value = element.get(name, "")
    return min(int(value), most) if value.isascii() and value.isdecimal() and len(value) < 10 else default

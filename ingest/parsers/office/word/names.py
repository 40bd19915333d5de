"""Names of elements and attributes in a DOCX, and the few questions that are asked of them everywhere."""

from functools import cache

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
OLE = "{urn:schemas-microsoft-com:office:office}OLEObject"
VAL = f"{W}val"
OFF = ("0", "false", "off", "none")
CONTAINERS = frozenset(
    (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag", f"{MC}AlternateContent", f"{MC}Choice")
)


def value_of(parent: etree._Element | None, path: str) -> str | None:
    """Return w:val of an element below, "" where it has none, None where there is no such element."""
    found = parent.find(_qualified(path)) if parent is not None else None
    return found.get(VAL, "") if found is not None else None


@cache
def _qualified(path: str) -> str:
    return "/".join(f"{W}{name}" for name in path.split("/"))


def number_of(parent: etree._Element | None, path: str) -> int | None:
    """Return w:val as an integer, None where it is missing or no number."""
    value = value_of(parent, path)
    return int(value) if value is not None and value.lstrip("-").isdecimal() and len(value) < 10 else None


def switch_of(properties: etree._Element | None, *names: str) -> bool | None:
    """Tell whether a property that is on or off is on; None where nothing is said."""
    for name in names:
        value = value_of(properties, name)
        if value is not None:
            return value not in OFF
    return None


def font_of(properties: etree._Element | None) -> str:
    """Return the font of a run of Latin letters, "" where nothing is said."""
    fonts = properties.find(f"{W}rFonts") if properties is not None else None
    return (fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "") if fonts is not None else ""


def paragraph_of(element: etree._Element) -> etree._Element | None:
    """Return the paragraph in which something stands, a text box or a picture."""
    return next((ancestor for ancestor in element.iterancestors() if ancestor.tag == f"{W}p"), None)


def is_fallback(element: etree._Element) -> bool:
    """True for what programs draw that do not know what stands beside it."""
    return any(ancestor.tag == f"{MC}Fallback" for ancestor in element.iterancestors())


def is_placeholder(element: etree._Element) -> bool:
    """True for a content control that nobody filled in: it shows what to click on."""
    return element.tag == f"{W}sdt" and bool(switch_of(element.find(f"{W}sdtPr"), "showingPlcHdr"))

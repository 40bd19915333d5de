"""White letters on a white slide, which nobody sees; on a picture, a shape or a ground of a colour they are read."""

from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx.opc.constants import RELATIONSHIP_TYPE

from ingest.parsers.office.slides.text import words_of
from ingest.parsers.office.word.names import A

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
WHITE = "FFFFFF"
FILLS = tuple(f"{A}{name}" for name in ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill"))


def take_unseen(slide: Any, shapes: Sequence[Any]) -> list[str]:
    """Take white words that stand on the bare white slide out of its boxes, and return them. `shapes`: in the order of drawing."""
    colours = _Colours(slide.slide_layout.slide_master)
    if not colours.is_white_ground(slide):
        return []
    below = [shape for sheet in (slide.slide_layout.slide_master, slide.slide_layout) for shape in sheet.shapes]
    below = [shape for shape in below if not shape.is_placeholder and _covers(shape)]
    taken: list[str] = []
    for shape in shapes:
        if shape.has_text_frame and not _covers(shape) and not any(_overlap(shape, other) for other in below):
            taken += _take_white(shape, colours)
        if _covers(shape):
            below.append(shape)
    return taken


class _Colours:
    """What the colours of a theme are that a master gives names to."""

    def __init__(self, master: Any) -> None:
        mapped = master._element.find(f"{P}clrMap")
        names = dict(mapped.attrib) if mapped is not None else {}
        theme = etree.fromstring(
            master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob, etree.XMLParser(resolve_entities=False, no_network=True)
        )
        known = {etree.QName(colour).localname: colour for scheme in theme.iter(f"{A}clrScheme") for colour in scheme}
        self.white = {name for name, colour in known.items() if _plain(colour) == WHITE}
        self.white |= {name for name, meant in names.items() if meant in self.white}

    def is_white(self, parent: etree._Element | None) -> bool:
        """Tell whether the one colour below an element is white, and not turned darker."""
        if parent is None or len(parent) != 1 or len(parent[0]):
            return False
        colour = parent[0]
        return colour.get("val") in self.white if colour.tag == f"{A}schemeClr" else _plain(parent) == WHITE

    def is_white_ground(self, slide: Any) -> bool:
        """Tell whether the slide has no ground but white: its own, else that of its layout, else that of its master."""
        for sheet in (slide, slide.slide_layout, slide.slide_layout.slide_master):
            ground = sheet._element.find(f"{P}cSld/{P}bg")
            if ground is not None:
                properties = ground.find(f"{P}bgPr")
                fill = properties.find(f"{A}solidFill") if properties is not None else ground.find(f"{P}bgRef")
                return self.is_white(fill)
        return True


def _plain(parent: etree._Element) -> str:
    """Return the colour below an element as six hexadecimal digits, "" where it says none."""
    for colour in parent:
        value = colour.get("lastClr") if colour.tag == f"{A}sysClr" else colour.get("val") if colour.tag == f"{A}srgbClr" else ""
        return (value or "").upper()
    return ""


def _covers(shape: Any) -> bool:
    """Tell whether a shape may colour what lies below its words: it is filled, a picture, or holds other shapes."""
    properties = shape._element.find(f"{P}spPr")
    if properties is None:
        return True
    if any(child.tag in FILLS for child in properties):
        return True
    style = shape._element.find(f"{P}style/{A}fillRef")
    has_none = properties.find(f"{A}noFill") is not None
    return not has_none and style is not None and style.get("idx", "0") != "0"


def _overlap(one: Any, other: Any) -> bool:
    """Tell whether two shapes share a place; a shape that does not say where it stands may be anywhere."""
    boxes = [(shape.left, shape.top, shape.width, shape.height) for shape in (one, other)]
    if any(side is None for box in boxes for side in box):
        return True
    (x, y, width, height), (left, top, wide, high) = boxes
    return bool(x < left + wide and left < x + width and y < top + high and top < y + height)


def _take_white(shape: Any, colours: _Colours) -> list[str]:
    taken = []
    for run in list(shape._element.iter(f"{A}r", f"{A}fld")):
        properties = run.find(f"{A}rPr")
        if properties is None or properties.find(f"{A}highlight") is not None:
            continue
        if colours.is_white(properties.find(f"{A}solidFill")):
            if words := words_of(run).strip():
                taken.append(words)
            run.getparent().remove(run)
    return taken

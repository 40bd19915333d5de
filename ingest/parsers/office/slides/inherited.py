"""What a slide takes from its layout and its master: how lists are numbered, and the words that they print on every slide."""

from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError

from ingest.parsers.office.slides.pictures import says_hidden
from ingest.parsers.office.slides.text import paragraph_text
from ingest.parsers.office.word.names import A

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
BULLETS = tuple(f"{A}{name}" for name in ("buNone", "buChar", "buAutoNum", "buBlip"))
OF_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
MARGINS = (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.DATE)
MAX_BASES = 4  # placeholders that take from each other
BulletOf = Callable[[int], etree._Element | None]  # of a level, from 0


def no_bullet(level: int) -> None:
    """Return what a text takes that stands in no placeholder."""
    return


def bullets_of(shape: Any) -> BulletOf:
    """Return what says for each level how a shape's paragraphs begin which do not say it themselves.

    Asked in this order: the shape, the placeholders of layout and master that it stands for, the master's styles of texts. Source:
    ECMA-376 part 1, 19.3.1.51 and 21.1.2.4.12.
    """
    styles = [style for one in (shape, *_bases(shape)) for style in one._element.iterfind(f"{P}txBody/{A}lstStyle")]
    if shape.is_placeholder:
        kind = "titleStyle" if shape.placeholder_format.type in OF_TITLES else "bodyStyle"
        styles += shape.part.slide.slide_layout.slide_master._element.iterfind(f"{P}txStyles/{P}{kind}")

    def find(level: int) -> etree._Element | None:
        for style in styles:
            properties = style.find(f"{A}lvl{level + 1}pPr")
            if properties is not None and (mark := bullet_in(properties)) is not None:
                return mark
        return None

    return find


def bullet_in(properties: etree._Element | None) -> etree._Element | None:
    """Return what the properties of a paragraph say of its beginning, None where they say nothing."""
    return next(properties.iterchildren(*BULLETS), None) if properties is not None else None


def is_margin(shape: Any) -> bool:
    """True for a footer, header or date of a slide."""
    return bool(shape.is_placeholder and shape.placeholder_format.type in MARGINS)


def is_page_number(shape: Any) -> bool:
    """True for the number of a slide."""
    return bool(shape.is_placeholder and shape.placeholder_format.type == PP_PLACEHOLDER.SLIDE_NUMBER)


def printed_texts(slide: Any) -> Iterator[str]:
    """Yield the paragraphs that the layout and the master of a slide print on it: "Document QM-17, valid from 1 May 2026"."""
    if _hides_above(slide):
        return
    layout = slide.slide_layout
    for sheet in (layout,) if _hides_above(layout) else (layout.slide_master, layout):
        for shape in sheet._element.iter(f"{P}sp"):
            if shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph") is not None or any(map(says_hidden, (shape, *shape.iterancestors()))):
                continue
            for paragraph in shape.iterfind(f"{P}txBody/{A}p"):
                if next(paragraph.iter(f"{A}fld"), None) is None:  # the number of the slide, today's date
                    yield paragraph_text(paragraph)


def _bases(shape: Any) -> Iterator[Any]:
    """Yield the placeholders of layout and master that a shape stands for."""
    for _ in range(MAX_BASES):
        try:
            shape = shape._base_placeholder
        except (AttributeError, KeyError, PythonPptxError):  # it is none, or of a kind that no master has
            return
        if shape is None:
            return
        yield shape


def _hides_above(sheet: Any) -> bool:
    return sheet._element.get("showMasterSp") in ("0", "false")

"""DOCX: the words of the document as it reads with every tracked change accepted; nothing outside of the file is fetched."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from docx import Document
from docx.document import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.opc.part import Part
from lxml import etree

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import LeftOut
from ingest.parsers.markup.html import decode_html, parse_markup
from ingest.parsers.office.declared import declared_by
from ingest.parsers.office.macros import has_macros, with_macro_warning
from ingest.parsers.office.strict_office import open_office
from ingest.parsers.office.word.graphics import graphics_in
from ingest.parsers.office.word.listings import is_listing
from ingest.parsers.office.word.margins import join_lines, margin_lines
from ingest.parsers.office.word.names import (
    CONTAINERS,
    R,
    W,
    is_fallback,
    is_placeholder,
    number_of,
    paragraph_of,
    switch_of,
    value_of,
)
from ingest.parsers.office.word.notes import COMMENTS, ENDNOTES, FOOTNOTES, Notes
from ingest.parsers.office.word.numbering import Label, read_numbering
from ingest.parsers.office.word.pictures import pictures_in
from ingest.parsers.office.word.runs import RunReader
from ingest.parsers.office.word.styles import NO_STYLE, Style, read_styles
from ingest.parsers.office.word.tables import read_table
from ingest.parsers.pictures.embedded import PictureReader
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.refusal import Refusal
from language.raised import raised

MAX_HEADING = 200  # characters: what is longer is a paragraph, whatever its style
MAX_TITLE = 60
CONTENTS = re.compile(r"(?:toc|contents|table of (?:figures|authorities))\b", re.IGNORECASE)  # names of styles of such lists' lines
NEEDS_NO_SPACE = "、）．】》"
COMMENTS_HEADING = "Comments"
NOTE_PARTS = {
    FOOTNOTES: RELATIONSHIP_TYPE.FOOTNOTES,
    ENDNOTES: RELATIONSHIP_TYPE.ENDNOTES,
    COMMENTS: RELATIONSHIP_TYPE.COMMENTS,
}
DAMAGE = (
    OpcError,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    zipfile.BadZipFile,
    etree.XMLSyntaxError,
    OSError,
    NotImplementedError,
)


def parse_docx(stream: BinaryIO, *, name: str, depth: int = 0) -> Items:
    """Yield the blocks of a DOCX in the order of its body. `depth`: of a document within documents. Raises: Refusal: damaged."""
    yield from with_macro_warning(_parse(stream, depth=depth), has_macros=has_macros(stream))


def _parse(stream: BinaryIO, *, depth: int) -> Items:
    try:
        document = Document(open_office(stream))
        body = document.element.body
        properties = document.core_properties
        metadata = declared_by(properties) | {"created": properties.created.isoformat() if properties.created else ""}
    except DAMAGE as error:
        raise Refusal("damaged", f"python-docx: {type(error).__name__}: {error}") from error
    flow = Flow()
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(
        title=title if title.lower() not in ("", "word document", "untitled") else "",
        metadata={k: v for k, v in metadata.items() if v},
    )
    reader = _Body(document, flow, depth=depth)
    yield from reader.read(body)
    yield from flow.finish()
    yield from reader.notices()


class _Body:
    def __init__(self, document: DocxDocument, flow: Flow, *, depth: int) -> None:
        self.document, self.flow, self.depth = document, flow, depth
        self.parts: dict[str, Part] = dict(document.part.related_parts)
        self.left_out, self.notes = LeftOut(), Notes()
        self.styles = read_styles(_root_of(document.part, RELATIONSHIP_TYPE.STYLES, self.left_out))
        self.numbering = read_numbering(
            _root_of(document.part, RELATIONSHIP_TYPE.NUMBERING, self.left_out),
            {key: style.number for key, style in self.styles.items() if style.number},
        )
        for kind, relationship in NOTE_PARTS.items():
            root = _root_of(document.part, relationship, self.left_out)
            if root is not None:
                self.notes.add(kind, root)
        self.runs = self._runs(document.part)
        self.pictures = PictureReader(flow.cleaner)
        self.styled_level = 0  # of the last heading
        self.clause_levels: dict[int, int] = {}  # by level of the list, since that heading
        self.code: list[str] = []  # lines of a listing that is being read
        self.known: dict[str, str] = {}  # texts of pictures by their part: a logo stands on every page, and is read once

    def _runs(self, part: Part) -> RunReader:
        links = {key: rel.target_ref for key, rel in part.rels.items() if rel.is_external}
        return RunReader(styles=self.styles, links=links, notes=self.notes, left_out=self.left_out)

    def read(self, body: etree._Element) -> Iterator[ParsedPage]:
        settings = next((part for part in self.parts.values() if part.partname.endswith("/settings.xml")), None)
        has_even = bool(switch_of(getattr(settings, "element", None), "evenAndOddHeaders"))
        lines = margin_lines(body, self.parts, read=self._text, left_out=self.left_out, has_even=has_even)
        yield from self.flow.add("list", "\n".join(join_lines(lines)))
        yield from self._blocks(body)
        yield from self._end_code()
        yield from self._comments()

    def _blocks(self, body: etree._Element) -> Iterator[ParsedPage]:
        stack = list(reversed(body))
        while stack:
            element = stack.pop()
            if element.tag == f"{W}p":
                if stack and _joins_next(element, stack[-1]):
                    continue
                yield from self._paragraph(element)
                yield from self._notes()
                yield from self._pictures(element)
                yield from self._graphics(element)
                # A text box stands in a paragraph but is read after it.
                for box in element.iter(f"{W}txbxContent"):
                    if paragraph_of(box) is element and not is_fallback(box):
                        stack.extend(reversed(box))
            elif element.tag == f"{W}tbl":
                yield from self._end_code()
                yield from self._table(element)
                yield from self._notes()
            elif element.tag == f"{W}altChunk":
                yield from self._alternative(element)
            elif element.tag in CONTAINERS and not is_placeholder(element):
                stack.extend(reversed(element))

    def _text(self, paragraph: etree._Element) -> str:
        return self.flow.cleaner.clean(self.runs.read(paragraph)).strip()

    def _paragraph(self, element: etree._Element) -> Iterator[ParsedPage]:
        key = value_of(element, "pPr/pStyle") or ""
        style = self.styles.get(key, NO_STYLE)
        text = self.flow.cleaner.clean(self.runs.read(element))
        if is_listing(element, style, self.styles, text) or (self.code and not text.strip()):
            self.code.append(text.rstrip())
            return
        yield from self._end_code()
        text = text.strip()
        label = self._label(element, key, style) if text or not _is_deleted(element) else None
        if not text:
            return
        level = self._level(element, style)
        if CONTENTS.match(style.name):  # dots lead to the number of the page
            yield from self.flow.add("list", " … ".join(part for part in _numbered(label, text).rsplit("\t", 1) if part))
        elif level and len(text) <= MAX_HEADING:
            self.styled_level, self.clause_levels = level, {}
            yield from self.flow.add("heading", _numbered(label, text), level=level)
        elif label is not None and label.is_named and _is_title(text):
            yield from self.flow.add("heading", _numbered(label, text), level=self._clause_level(label))
        elif label is not None:
            yield from self.flow.add("list", "  " * label.level + _numbered(label, text))
        elif style.name.lower().startswith("list") and style.name.lower() != "list paragraph":
            yield from self.flow.add("list", f"- {text}")
        else:
            yield from self.flow.add("quote" if "quote" in style.name.lower() else "paragraph", text)

    def _end_code(self) -> Iterator[ParsedPage]:
        """Put the listing into the flow, letter for letter."""
        lines, self.code = self.code, []
        yield from self.flow.add("code", "\n".join(lines))

    def _level(self, element: etree._Element, style: Style) -> int:
        """Return the level of a heading: what the paragraph says, else its style; 0 for other text."""
        outline = number_of(element, "pPr/outlineLvl")
        if style.level or outline is None:
            return style.level
        return outline + 1 if 0 <= outline < 6 else 0

    def _clause_level(self, label: Label) -> int:
        """Return the level of a clause's title that no style calls a heading: below the last one that a style does."""
        return self.clause_levels.setdefault(label.level, min(self.styled_level + 1 + label.level, 6))

    def _label(self, element: etree._Element, key: str, style: Style) -> Label | None:
        """Return what Word prints in front of a paragraph of a list."""
        number = value_of(element, "pPr/numPr/numId")
        number = style.number if number is None else number
        if not number or number == "0":
            return None
        depth = number_of(element, "pPr/numPr/ilvl")
        depth = style.number_level if depth is None else depth
        depth = self.numbering.level_of_style(number, key) if depth is None else depth
        return self.numbering.label(number, depth)

    def _notes(self) -> Iterator[ParsedPage]:
        """The notes that were referred to, behind the paragraph or table that does."""
        for mark, body in self.notes.take():
            text = " ".join(" ".join(self._text(paragraph) for paragraph in body.iter(f"{W}p")).split())
            if text:
                yield from self.flow.add("paragraph", f"{raised(mark)} {text}" if mark else text)

    def _comments(self) -> Iterator[ParsedPage]:
        """What readers noted beside the text, apart from it."""
        lines: list[str] = []
        for comment in self.notes.comments:
            text = " ".join(" ".join(self._text(paragraph) for paragraph in comment.iter(f"{W}p")).split())
            author = self.flow.cleaner.clean_line(comment.get(f"{W}author", ""))
            date = comment.get(f"{W}date", "")[:10]
            about = "".join((f" by {author}" if author else "", f" ({date})" if date else ""))
            lines += [f"- Comment{about}: {text}"] if text else []
        if lines:
            yield from self.flow.add("heading", COMMENTS_HEADING, level=1)
            yield from self.flow.add("list", "\n".join(lines))

    def _pictures(self, element: etree._Element) -> Iterator[ParsedPage]:
        """The words of the pictures that stand in a paragraph, where they hold some and were not read before."""
        for part in pictures_in(element, self.parts):
            if part.partname not in self.known:
                yield from self.flow.add("paragraph", self._picture(part))

    def _picture(self, part: Part) -> str:
        if part.partname not in self.known:
            self.known[part.partname] = self.pictures.text(part.blob)
        return self.known[part.partname]

    def _table(self, element: etree._Element) -> Iterator[ParsedPage]:
        yield from self.flow.add_table(read_table(element, self._cell_line, self.left_out, is_strong=self.runs.is_strong))

    def _cell_line(self, paragraph: etree._Element) -> str:
        """Return the text and the pictures' words of a paragraph in a cell, with the number that Word prints before it or alone."""
        pictures = (self._picture(part) for part in pictures_in(paragraph, self.parts))
        text = self.flow.cleaner.clean_line(" ".join([self.runs.read(paragraph), *pictures]))
        if not text and _is_deleted(paragraph):
            return ""
        key = value_of(paragraph, "pPr/pStyle") or ""
        label = self._label(paragraph, key, self.styles.get(key, NO_STYLE))
        return text if label is None or label.is_bullet else _numbered(label, text).strip()

    def _graphics(self, element: etree._Element) -> Iterator[ParsedPage]:
        for kind, text in graphics_in(element, self.parts, self.left_out):
            yield from self.flow.add(kind, self.flow.cleaner.clean(text))

    def _alternative(self, element: etree._Element) -> Iterator[ParsedPage]:
        """A part in another format that stands for a piece of the body."""
        part = self.parts.get(element.get(f"{R}id", ""))
        kind = part.content_type if part is not None else ""
        if part is not None and "html" in kind and "mht" not in kind and "message" not in kind:
            yield from self._take(parse_markup(decode_html(part.blob)))
        elif part is not None and "wordprocessingml" in kind and self.depth < 2:
            yield from self._take(parse_docx(io.BytesIO(part.blob), name="", depth=self.depth + 1))
        elif part is not None and kind.startswith("text/plain"):
            text = part.blob.decode(detect_encoding(part.blob[: 128 * 1024]), "replace")
            yield from self.flow.add("paragraph", self.flow.cleaner.clean(text))
        else:
            self.left_out.add("objects")

    def _take(self, items: Items) -> Iterator[ParsedPage]:
        for page in self.left_out.pages_of(items):
            yield from self.flow.add_page(page)

    def notices(self) -> Iterator[Notice]:
        """Yield what was odd about the document and what was left out of it."""
        if self.pictures.read:
            yield Notice(code="ocr")
        if self.pictures.left_out:
            yield Notice(code="pictures")
        yield from self.left_out.notices()
        if self.flow.cleaner.invisible:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})


def _is_title(text: str) -> bool:
    """True for "Fees" of "Part III Fees": a few words and no sentence."""
    return len(text) <= MAX_TITLE and text[-1] not in ".,;:!?。，；：！？" and not text[0].islower()


def _numbered(label: Label | None, text: str) -> str:
    if label is None:
        return text
    if label.is_bullet:
        return f"- {text}"
    return f"{label.text}{'' if label.text[-1] in NEEDS_NO_SPACE else ' '}{text}"


def _is_deleted(paragraph: etree._Element) -> bool:
    """True where a tracked change deletes the end of the paragraph: it is none once the change is accepted."""
    properties = paragraph.find(f"{W}pPr/{W}rPr")
    return properties is not None and any(properties.find(f"{W}{name}") is not None for name in ("del", "moveFrom", "vanish"))


def _joins_next(paragraph: etree._Element, following: etree._Element) -> bool:
    """Put the words of a paragraph before those of the next one where a tracked change deletes the mark between them."""
    if following.tag != f"{W}p" or paragraph.find(f"{W}pPr/{W}rPr/{W}del") is None:
        return False
    place = 0 if following.find(f"{W}pPr") is None else 1
    for child in reversed([child for child in paragraph if child.tag != f"{W}pPr"]):
        following.insert(place, child)
    return True


def _root_of(part: Part, relationship: str, left_out: LeftOut) -> etree._Element | None:
    """Return the XML of a part that the document refers to, None where it has none; a broken one is counted."""
    try:
        found = part.part_related_by(relationship)
    except (KeyError, ValueError):
        return None
    element = getattr(found, "element", None)
    if isinstance(element, etree._Element):
        return element
    try:
        return etree.fromstring(found.blob, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        left_out.add("broken_parts")
        return None

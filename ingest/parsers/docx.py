"""DOCX: the words of the document as it reads with every tracked change accepted; nothing outside of the file is fetched."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from docx import Document
from docx.document import Document as DocxDocument
from docx.opc.exceptions import OpcError
from lxml import etree

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.html import decode_html, html_to_text
from ingest.parsers.pictures import PictureReader
from ingest.parsers.refusal import Refusal
from ingest.parsers.strict_office import open_office

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
HEADING_STYLE = re.compile(r"^(?:heading|überschrift|titre|título|标题)\s*(\d)$", re.IGNORECASE)
# Deleted text, the source's place of moved text, field codes, drawings' fallbacks: not what a reader sees.
SKIPPED = frozenset(
    (f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", f"{MC}Fallback", f"{W}rPr", f"{W}pPr", f"{W}sectPr")
)
BREAKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
CONTAINERS = frozenset(
    (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag", f"{MC}AlternateContent", f"{MC}Choice")
)
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


def parse_docx(path: Path, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the blocks of a DOCX in the order of its body. Raises: Refusal: damaged."""
    try:
        document = Document(open_office(path))
        body = document.element.body
        properties = document.core_properties
        metadata = {"author": properties.author or "", "created": properties.created.isoformat() if properties.created else ""}
    except DAMAGE as error:
        raise Refusal("damaged", f"python-docx: {type(error).__name__}: {error}") from error
    flow = Flow()
    title = flow.cleaner.clean_line(properties.title or "")
    yield Opening(
        title=title if title.lower() not in ("", "word document", "untitled") else "",
        metadata={k: v for k, v in metadata.items() if v},
    )
    reader = _Body(document, flow)
    yield from reader.read(body)
    yield from flow.finish()
    if reader.pictures.read:
        yield Notice(code="ocr")
    if reader.pictures.left_out:
        yield Notice(code="pictures")
    if flow.cleaner.invisible:
        yield Notice(code="invisible", values={"count": flow.cleaner.invisible})


class _Body:
    def __init__(self, document: DocxDocument, flow: Flow) -> None:
        self.document, self.flow = document, flow
        self.styles = {style.style_id: style.name or "" for style in document.styles if style.style_id}
        self.formats = _number_formats(document)
        self.counters: dict[tuple[str, int], int] = {}
        self.pictures = PictureReader(flow.cleaner)
        self.seen: set[str] = set()  # a logo stands on every page, and is one part

    def read(self, body: etree._Element) -> Iterator[ParsedPage]:
        stack = list(reversed(body))
        while stack:
            element = stack.pop()
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
                yield from self._pictures(element)
                # A text box stands in a paragraph but is read after it.
                for box in element.iter(f"{W}txbxContent"):
                    if not any(ancestor.tag == f"{MC}Fallback" for ancestor in box.iterancestors()):
                        stack.extend(reversed(box))
            elif element.tag == f"{W}tbl":
                text, header = self._table(element)
                yield from self.flow.add("table" if " | " in text else "paragraph", text, header=header)
            elif element.tag == f"{W}altChunk":
                yield from self._alternative(element)
            elif element.tag in CONTAINERS:
                stack.extend(reversed(element))

    def _paragraph(self, element: etree._Element) -> Iterator[ParsedPage]:
        text = self.flow.cleaner.clean(paragraph_text(element)).strip()
        if not text:
            return
        style = self._style(element)
        level = 1 if style.lower() in ("title", "标题") else 0
        if match := HEADING_STYLE.match(style):
            level = int(match.group(1))
        outline = element.find(f"{W}pPr/{W}outlineLvl")
        if not level and outline is not None and outline.get(f"{W}val", "9").isdigit():
            level = int(outline.get(f"{W}val")) + 1 if int(outline.get(f"{W}val")) < 6 else 0
        if level and len(text) <= 200:
            yield from self.flow.add("heading", text, level=level)
            return
        marker = self._marker(element, style)
        if marker:
            yield from self.flow.add("list", marker + text)
        else:
            yield from self.flow.add("quote" if "quote" in style.lower() else "paragraph", text)

    def _pictures(self, element: etree._Element) -> Iterator[ParsedPage]:
        """The words of the pictures that stand in a paragraph, where they hold some."""
        for blip in element.iter(f"{A}blip"):
            if any(ancestor.tag in (f"{MC}Fallback", f"{W}txbxContent", f"{W}del") for ancestor in blip.iterancestors()):
                continue
            part = self.document.part.related_parts.get(blip.get(f"{R}embed"))
            if part is not None and part.partname not in self.seen:
                self.seen.add(part.partname)
                yield from self.flow.add("paragraph", self.pictures.text(part.blob))

    def _style(self, element: etree._Element) -> str:
        found = element.find(f"{W}pPr/{W}pStyle")
        return self.styles.get(found.get(f"{W}val"), "") if found is not None else ""

    def _marker(self, element: etree._Element, style: str) -> str:
        """Return "- " or "3. " with its indent, where the paragraph is an item of a list."""
        numbering = element.find(f"{W}pPr/{W}numPr")
        number = numbering.find(f"{W}numId") if numbering is not None else None
        if number is not None and number.get(f"{W}val") != "0":
            depth = numbering.find(f"{W}ilvl")
            level = int(depth.get(f"{W}val", "0")) if depth is not None else 0
            return self._numbered(number.get(f"{W}val", ""), level)
        if style.lower().startswith("list number"):
            return self._numbered("style", 0, ordered=True)
        return "- " if style.lower().startswith("list") else ""

    def _numbered(self, number: str, level: int, *, ordered: bool = False) -> str:
        indent = "  " * min(level, 8)
        if not ordered and self.formats.get((number, level), "bullet") in ("bullet", "none"):
            return indent + "- "
        for key in [key for key in self.counters if key[0] == number and key[1] > level]:
            del self.counters[key]
        self.counters[number, level] = self.counters.get((number, level), 0) + 1
        return f"{indent}{self.counters[number, level]}. "

    def _table(self, table: etree._Element) -> tuple[str, str]:
        """Return the rows, one a line, cells separated by " | ", and the header rows."""
        lines: list[str] = []
        header = 0
        for row in table.iterchildren(f"{W}tr", f"{W}sdt"):
            cells = [self.flow.cleaner.clean_line(_cell_text(cell)) for cell in row.iter(f"{W}tc") if _owner(cell) is table]
            if not any(cells):
                continue
            marked = row.find(f"{W}trPr/{W}tblHeader") is not None
            if marked and header == len(lines):
                header += 1
            lines.append(" | ".join(cells))
        if not header and len(lines) > 2 and not re.search(r"\d", lines[0]):
            header = 1
        return "\n".join(lines), "\n".join(lines[:header])

    def _alternative(self, element: etree._Element) -> Iterator[ParsedPage]:
        """A part in another format, HTML in practice, that stands for a piece of the body."""
        part = self.document.part.related_parts.get(element.get(f"{R}id"))
        if part is not None and "html" in part.content_type:
            yield from self.flow.add("paragraph", self.flow.cleaner.clean(html_to_text(decode_html(part.blob))))


def paragraph_text(element: etree._Element) -> str:
    """Return the text of a paragraph: runs, links, insertions and fields' results, in order."""
    parts: list[str] = []
    stack = list(reversed(element))
    while stack:
        child = stack.pop()
        if child.tag in SKIPPED or child.tag == f"{W}txbxContent":
            continue
        if child.tag == f"{W}t":
            parts.append(child.text or "")
        elif child.tag in BREAKS:
            parts.append(BREAKS[child.tag])
        else:
            stack.extend(reversed(child))
    return "".join(parts)


def _cell_text(cell: etree._Element) -> str:
    """Text of a cell, with that of tables in it."""
    return " ".join(text for paragraph in cell.iter(f"{W}p") if (text := paragraph_text(paragraph).strip()))


def _owner(cell: etree._Element) -> etree._Element | None:
    return next((ancestor for ancestor in cell.iterancestors() if ancestor.tag == f"{W}tbl"), None)


def _number_formats(document: DocxDocument) -> dict[tuple[str, int], str]:
    """Return the format ("bullet", "decimal" …) by (list id, level)."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError, AttributeError):
        return {}
    abstract: dict[str, dict[int, str]] = {}
    for definition in root.iter(f"{W}abstractNum"):
        abstract[definition.get(f"{W}abstractNumId")] = {
            int(level.get(f"{W}ilvl")): form.get(f"{W}val", "")
            for level in definition.iter(f"{W}lvl")
            if (form := level.find(f"{W}numFmt")) is not None
        }
    found: dict[tuple[str, int], str] = {}
    for number in root.iter(f"{W}num"):
        target = number.find(f"{W}abstractNumId")
        if target is not None:
            for level, form in abstract.get(target.get(f"{W}val"), {}).items():
                found[number.get(f"{W}numId"), level] = form
    return found

"""Reads an OpenDocument text into a DOCX: headings, lists, tables, notes, headers, text boxes, formulas, pictures."""

from dataclasses import dataclass, field, replace

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from ingest.parsers.markup.mathml import linear
from ingest.parsers.office.building.word import Look, Setting, WordFile, element, set_paragraph
from ingest.parsers.open_document.archive import MAX_FORMULA_BYTES, Archive
from ingest.parsers.open_document.inline import PAGES, Run, read_runs
from ingest.parsers.open_document.lists import LEVELS, OUTLINE, Lists
from ingest.parsers.open_document.names import CHART, DC, DRAW, MATH, OFFICE, STYLE, TABLE, TEXT, XLINK, whole
from ingest.parsers.open_document.styles import Styles
from ingest.parsers.open_document.tables import TableRows
from ingest.parsers.refusal import Refusal

MAX_HEADING = 6
MAX_NESTING = 60  # of boxes, lists and tables in each other
HEADERS = tuple(f"{STYLE}{kind}{which}" for kind in ("header", "footer") for which in ("", "-left", "-first"))
SKIPPED = frozenset(
    (f"{TEXT}tracked-changes", f"{TEXT}sequence-decls", f"{TEXT}variable-decls", f"{OFFICE}forms", f"{TEXT}index-title-template")
)
FORMULA = f"{MATH}math"
DRAWN = frozenset(
    f"{DRAW}{name}" for name in ("frame", "custom-shape", "rect", "ellipse", "circle", "line", "connector", "g", "path", "polygon")
)
ASIDES = frozenset((f"{TEXT}note", f"{OFFICE}annotation"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands. `list_id`: the list's number in the DOCX; `list_depth`: from 0, -1 outside of lists.

    `is_item`: the paragraph is the first of its item, which has the number.
    """

    depth: int = 0
    list_id: str = ""
    list_depth: int = -1
    is_item: bool = False
    is_hidden: bool = False


@dataclass(slots=True)
class TextReader:
    """Reads one file."""

    archive: Archive
    word: WordFile = field(default_factory=WordFile)
    styles: Styles = field(default_factory=Styles)
    lists: Lists = field(init=False)
    _outline: str = ""

    def __post_init__(self) -> None:
        self.lists = Lists(self.word)

    def read(self) -> WordFile:
        """Return the DOCX. Raises: Refusal: damaged, too_complex."""
        shared = self.archive.root("styles.xml")
        body = self.archive.body("text")
        for root in (shared, body.getroottree().getroot()):
            self.styles.add(root)
            self.lists.add(root)
        self.word.properties = self.archive.properties()
        for margin in shared.iter(*HEADERS) if shared is not None else ():
            if margin.get(f"{STYLE}display") != "false":
                kind = "header" if "}header" in str(margin.tag) else "footer"
                self._blocks(margin, self.word.margin(kind), _Place(depth=1))
        self._blocks(body, self.word.body, _Place())
        return self.word

    def _blocks(self, parent: etree._Element, story: etree._Element, place: _Place) -> None:
        if place.depth > MAX_NESTING:
            raise Refusal("too_complex", "blocks in blocks")
        loose: list[etree._Element] = []
        for block in parent:
            if block.tag in (f"{TEXT}p", f"{TEXT}h"):
                self._paragraph(block, story, place)
                place = replace(place, is_item=False)
            elif block.tag == f"{TEXT}list":
                self._list(block, story, place)
            elif block.tag == f"{TABLE}table":
                self._table(block, story, place)
            elif block.tag in DRAWN:
                loose.append(block)
            elif isinstance(block.tag, str) and block.tag not in SKIPPED:
                hidden = place.is_hidden or block.get(f"{TEXT}display") == "none"
                self._blocks(block, story, replace(place, depth=place.depth + 1, is_hidden=hidden))
        if loose:
            paragraph = self.word.paragraph(story)
            for block in loose:
                self._drawn(block, paragraph, place)

    # --- lists and tables ---

    def _list(self, block: etree._Element, story: etree._Element, place: _Place) -> None:
        outermost = place.list_depth < 0
        list_id = self.lists.open(block) if outermost else place.list_id
        inner = replace(place, depth=place.depth + 1, list_id=list_id, list_depth=min(place.list_depth + 1, LEVELS - 1))
        for item in block:
            if item.tag not in (f"{TEXT}list-item", f"{TEXT}list-header"):
                continue
            start = whole(item, f"{TEXT}start-value", -1)
            style = block.get(f"{TEXT}style-name", "")
            if start >= 0 and list_id and style:
                inner = replace(inner, list_id=self.lists.begin(style, depth=inner.list_depth, start=start))
            self._blocks(item, story, replace(inner, is_item=item.tag == f"{TEXT}list-item"))

    def _table(self, block: etree._Element, story: etree._Element, place: _Place) -> None:
        table = element(story, "tbl")
        inner = _Place(depth=place.depth + 1, is_hidden=place.is_hidden)
        for row in TableRows(block).rows():
            written = element(table, "tr")
            if row.is_head:
                element(element(written, "trPr"), "tblHeader")
            for cell in row.cells:
                holder = element(written, "tc")
                properties = element(holder, "tcPr")
                if cell.columns > 1:
                    element(properties, "gridSpan", val=str(cell.columns))
                if cell.down:
                    element(properties, "vMerge", val=cell.down)
                if cell.element is not None:
                    self._blocks(cell.element, holder, inner)

    # --- paragraphs ---

    def _paragraph(self, block: etree._Element, story: etree._Element, place: _Place) -> None:
        style = self.styles.get("paragraph", block.get(f"{TEXT}style-name"))
        level = whole(block, f"{TEXT}outline-level", 1, most=10) if block.tag == f"{TEXT}h" else style.level
        list_id, list_level = (place.list_id, max(0, place.list_depth)) if place.is_item else ("", 0)
        if level and not list_id and place.list_depth < 0 and self._is_numbered(block, level):
            self._outline = self._outline or self.lists.begin(OUTLINE)
            list_id, list_level = self._outline, level - 1
        setting = Setting(
            heading=level if 0 < level <= MAX_HEADING else 0,
            style=self.word.style(style.name) if style.name else "",
            list_id=list_id,
            list_level=list_level,
        )
        paragraph = element(story, "p")
        look = replace(style.look, is_hidden=style.look.is_hidden or place.is_hidden)
        self._runs(block, paragraph, look, place)
        set_paragraph(paragraph, setting)

    def _is_numbered(self, block: etree._Element, level: int) -> bool:
        return block.get(f"{TEXT}is-list-header") != "true" and self.lists.numbers_headings(level - 1)

    def _runs(self, block: etree._Element, paragraph: etree._Element, look: Look, place: _Place) -> None:
        link = ""
        for run in read_runs(block, self.styles, look=look, is_special=_is_special):
            if run.link != link:
                self._end_link(paragraph, link)
                link = run.link
                if link:
                    self.word.field(paragraph, "begin", f'HYPERLINK "{link.replace(chr(34), "%22")}"')
                    self.word.field(paragraph, "separate")
            if run.element is None:
                self.word.text(paragraph, run.text, run.look)
            else:
                self._special(run.element, paragraph, run, place)
        self._end_link(paragraph, link)

    def _end_link(self, paragraph: etree._Element, link: str) -> None:
        if link:
            self.word.field(paragraph, "end")

    def _special(self, found: etree._Element, paragraph: etree._Element, run: Run, place: _Place) -> None:
        inner = _Place(depth=place.depth + 1)
        if found.tag == f"{TEXT}note":
            self._note(found, paragraph, run, inner)
        elif found.tag == f"{OFFICE}annotation":
            author, date = found.findtext(f"{DC}creator", ""), found.findtext(f"{DC}date", "")[:10]
            story = self.word.note(paragraph, "comment", author=author, date=date)
            for block in found.iterchildren(f"{TEXT}p", f"{TEXT}list"):
                holder = etree.Element("holder")
                holder.append(block)
                self._blocks(holder, story, inner)
        elif found.tag in DRAWN:
            self._drawn(found, paragraph, place)

    def _note(self, note: etree._Element, paragraph: etree._Element, run: Run, place: _Place) -> None:
        """The mark is written as the document prints it, before the note too."""
        kind = "endnote" if note.get(f"{TEXT}note-class") == "endnote" else "footnote"
        citation = note.find(f"{TEXT}note-citation")
        mark = "".join(citation.itertext()) if citation is not None else ""
        raised = replace(run.look, rise="superscript")
        story = self.word.note(paragraph, kind, is_marked=True)
        self.word.text(paragraph, mark, raised)
        body = note.find(f"{TEXT}note-body")
        if body is None:
            return
        if mark:
            before = self.word.paragraph(story)
            self.word.text(before, mark, Look(rise="superscript"))
        self._blocks(body, story, place)

    def _drawn(self, shape: etree._Element, paragraph: etree._Element, place: _Place) -> None:
        """Read what is drawn beside the text: boxes, words on shapes, pictures, formulas and other objects."""
        if place.depth > MAX_NESTING:
            raise Refusal("too_complex", "shapes in shapes")
        inner = _Place(depth=place.depth + 1, is_hidden=place.is_hidden)
        embedded = shape.find(f"{DRAW}object")
        if embedded is not None:
            self._object(embedded, paragraph)
            return
        if shape.find(f"{DRAW}object-ole") is not None or shape.find(f"{DRAW}plugin") is not None:
            self.word.embedded(paragraph)
            return
        if shape.find(f"{DRAW}image") is not None and (data := self.archive.picture(shape)):
            self.word.picture(paragraph, data)
        box = shape.find(f"{DRAW}text-box")
        holder = box if box is not None else shape
        if holder.find(f"{TEXT}p") is not None or holder.find(f"{TEXT}list") is not None or box is not None:
            self._blocks(holder, self.word.box(paragraph), inner)
        else:
            for part in shape.iterchildren(*DRAWN):
                self._drawn(part, paragraph, inner)

    def _object(self, embedded: etree._Element, paragraph: etree._Element) -> None:
        formula = embedded.find(FORMULA)
        root = formula if formula is not None else self.archive.embedded(embedded.get(f"{XLINK}href", ""))
        if root is None or root.tag != FORMULA:
            self._chart(next(root.iter(f"{CHART}chart"), None) if root is not None else None, paragraph)
            return
        text = formula_text(root)
        if text:
            self.word.text(paragraph, f" {text} ")
        else:
            self.word.embedded(paragraph, "Equation")

    def _chart(self, chart: etree._Element | None, paragraph: etree._Element) -> None:
        """Read the title of a chart and the figures behind it; count an object that is none."""
        table = chart.find(f"{TABLE}table") if chart is not None else None
        if chart is None or table is None:
            self.word.embedded(paragraph)
            return
        story = self.word.box(paragraph)
        for title in chart.iterchildren(f"{CHART}title", f"{CHART}subtitle"):
            self._blocks(title, story, _Place(depth=1))
        self._table(table, story, _Place(depth=1))


def formula_text(root: etree._Element) -> str:
    """Return a formula in MathML as one line, "" where it holds nothing."""
    etree.strip_elements(root, f"{MATH}annotation", with_tail=False)
    written = etree.tostring(root, encoding="unicode", with_tail=False)
    if len(written) > MAX_FORMULA_BYTES:
        return ""
    for prefix in [key for key, value in root.nsmap.items() if key and f"{{{value}}}" == MATH]:
        written = written.replace(f"<{prefix}:", "<").replace(f"</{prefix}:", "</")
    node = LexborHTMLParser(written).css_first("math")
    return " ".join(linear(node).split()) if node is not None else ""


def _is_special(found: etree._Element) -> bool:
    return found.tag in ASIDES or found.tag in DRAWN or found.tag in PAGES

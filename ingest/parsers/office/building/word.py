"""A DOCX made in memory out of another format, so that one reader decides for all of them what of a document is read, and how."""

import io
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.building.package import Package, Properties, plain
from ingest.parsers.office.word.names import A, R, W

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml."
PART_NAMES = {
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
    "comments": "comments",
}
NAMESPACES = {"w": W[1:-1], "r": R[1:-1], "a": A[1:-1]}
MAX_PICTURES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How characters stand. `rise`: "superscript", "subscript" or "". `is_deleted`: by a tracked change. `is_white`: on a page that
    has no ground of a colour.
    """

    rise: str = ""
    is_struck: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    is_white: bool = False


PLAIN = Look()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLevel:
    """How a level of a list is numbered. `form`: of w:numFmt. `text`: "%1.%2", where %1 is the number of the first level."""

    form: str = "decimal"
    text: str = ""
    start: int = 1
    in_digits: bool = False
    restarts_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a paragraph is. `heading`: its level from 1, 0 for other text. `list_id`: "" where it stands in no list."""

    heading: int = 0
    style: str = ""
    list_id: str = ""
    list_level: int = 0
    is_deleted: bool = False


BODY = Setting()


def element(parent: etree._Element | None, name: str, **attributes: str) -> etree._Element:
    """Add an element of WordprocessingML to another; attributes get its namespace."""
    qualified = {f"{W}{key}": plain(value) for key, value in attributes.items()}
    if parent is None:
        return etree.Element(f"{W}{name}", qualified, nsmap=NAMESPACES)
    return etree.SubElement(parent, f"{W}{name}", qualified)


@dataclass(slots=True)
class WordFile:
    """Collects a document. Stories (the body, notes, headers) are elements that paragraphs and tables are appended to."""

    properties: Properties = field(default_factory=Properties)
    body: etree._Element = field(default_factory=lambda: element(None, "body"))
    _margins: list[tuple[str, etree._Element]] = field(default_factory=list)
    _roots: dict[str, etree._Element] = field(default_factory=dict)
    _styles: dict[str, etree._Element] = field(default_factory=dict)
    _package: Package = field(default_factory=Package)
    _pictures: int = 0

    def margin(self, kind: str) -> etree._Element:
        """Return the story of a header or footer. `kind`: "header" or "footer"."""
        story = element(None, "hdr" if kind == "header" else "ftr")
        self._margins.append((kind, story))
        return story

    def note(
        self, paragraph: etree._Element, kind: str, *, is_marked: bool = False, author: str = "", date: str = ""
    ) -> etree._Element:
        """Let a paragraph refer to a new note and return its story. `kind`: footnote, endnote or comment.

        `is_marked`: the text has a mark of its own in this place, so that the note is not counted.
        """
        root = self._root(f"{kind}s")
        number = str(len(root))
        named = {key: value for key, value in (("author", author), ("date", date)) if value}
        story = element(root, kind, id=number, **(named if kind == "comment" else {}))
        run = element(paragraph, "r")
        own = {"customMarkFollows": "1"} if is_marked else {}
        element(run, f"{kind}Reference", id=number, **own)
        return story

    def paragraph(self, story: etree._Element, setting: Setting = BODY) -> etree._Element:
        """Add an empty paragraph."""
        paragraph = element(story, "p")
        set_paragraph(paragraph, setting)
        return paragraph

    def style(self, name: str) -> str:
        """Return the id of a paragraph style by its name; it is made when it is first asked for."""
        key = plain(name) or "Normal"
        if key not in self._styles:
            style = element(self._root("styles"), "style", type="paragraph", styleId=key)
            element(style, "name", val=key)
            self._styles[key] = style
        return key

    def numbering(self, list_id: str, levels: dict[int, ListLevel], *, restarts: dict[int, int] | None = None) -> None:
        """Tell how a list is numbered. `restarts`: where its levels start anew though another list has counted them."""
        root = self._root("numbering")
        definition = element(root, "abstractNum", abstractNumId=list_id)
        for depth, level in levels.items():
            _write_level(definition, depth, level)
        self.numbering_like(list_id, list_id, restarts=restarts)

    def numbering_like(
        self,
        list_id: str,
        abstract: str,
        *,
        restarts: dict[int, int] | None = None,
        levels: dict[int, ListLevel] | None = None,
    ) -> None:
        """Let a list count on in another one's numbering. `levels`: those that it writes in another way."""
        number = element(self._root("numbering"), "num", numId=list_id)
        element(number, "abstractNumId", val=abstract)
        for depth, start in (restarts or {}).items():
            override = element(number, "lvlOverride", ilvl=str(depth))
            element(override, "startOverride", val=str(start))
        for depth, level in (levels or {}).items():
            _write_level(element(number, "lvlOverride", ilvl=str(depth)), depth, level)

    def text(self, paragraph: etree._Element, text: str, look: Look = PLAIN) -> None:
        """Add a run. Tabs and line ends (\\n) become what Word has for them."""
        if not text:
            return
        holder = element(paragraph, "del") if look.is_deleted else paragraph
        run = look_of(element(holder, "r"), look)
        for number, line in enumerate(plain(text).split("\n")):
            if number:
                element(run, "br")
            for place, part in enumerate(line.split("\t")):
                if place:
                    element(run, "tab")
                if part:
                    element(run, "t").text = part

    def field(self, paragraph: etree._Element, what: str, instruction: str = "") -> None:
        """Add the mark of a field. `what`: "begin" with its instruction, "separate" or "end"."""
        element(element(paragraph, "r"), "fldChar", fldCharType=what)
        if instruction:
            element(element(paragraph, "r"), "instrText").text = plain(instruction)

    def box(self, paragraph: etree._Element) -> etree._Element:
        """Return the story of a text box that hangs on a paragraph."""
        return element(element(element(paragraph, "r"), "pict"), "txbxContent")

    def embedded(self, paragraph: etree._Element, program: str = "") -> None:
        """Add an object of another program, which the reader counts as left out. `program`: "Equation.3" and the like."""
        holder = element(element(paragraph, "r"), "object")
        if program:
            etree.SubElement(holder, "{urn:schemas-microsoft-com:office:office}OLEObject", ProgID=plain(program))

    def picture(self, paragraph: etree._Element, data: bytes) -> None:
        """Add a picture, whatever its format."""
        if self._pictures >= MAX_PICTURES:
            return
        self._pictures += 1
        path = f"word/media/image{self._pictures}"
        self._package.add(path, data, "image/png")
        name = self._package.relate("word/document.xml", "image", path.removeprefix("word/"))
        etree.SubElement(element(element(paragraph, "r"), "drawing"), f"{A}blip", {f"{R}embed": name})

    def save(self) -> io.BytesIO:
        """Return the DOCX."""
        main, package = "word/document.xml", self._package
        section = element(self.body, "sectPr")
        for number, (kind, story) in enumerate(self._margins, start=1):
            path = f"{kind}{number}.xml"
            package.add(f"word/{path}", etree.tostring(story), f"{MAIN}{kind}+xml")
            reference = element(section, f"{kind}Reference", type="default")
            reference.set(f"{R}id", package.relate(main, kind, path))
        for name, root in self._roots.items():
            package.add(f"word/{name}.xml", etree.tostring(_in_order(name, root)), f"{MAIN}{name}+xml")
            package.relate(main, name, f"{name}.xml")
        document = element(None, "document")
        document.append(self.body)
        package.add(main, etree.tostring(document), f"{MAIN}document.main+xml")
        core = "application/vnd.openxmlformats-package.core-properties+xml"
        package.add("docProps/core.xml", self.properties.as_xml(), core)
        package.relate("", "officeDocument", main)
        package.relate("", core_relation(), "docProps/core.xml")
        return package.save()

    def _root(self, name: str) -> etree._Element:
        if name not in self._roots:
            self._roots[name] = element(None, PART_NAMES[name])
        return self._roots[name]


def core_relation() -> str:
    """Return the kind of the relation between a package and its properties."""
    return "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"


def look_of(run: etree._Element, look: Look) -> etree._Element:
    """Give a run its look, and return it."""
    if look in (PLAIN, Look(is_deleted=True)):
        return run
    properties = element(run, "rPr")
    for name, is_on in (("strike", look.is_struck), ("vanish", look.is_hidden)):
        if is_on:
            element(properties, name)
    if look.is_white:
        element(properties, "color", val="FFFFFF")
    if look.rise:
        element(properties, "vertAlign", val=look.rise)
    return run


def set_paragraph(paragraph: etree._Element, setting: Setting) -> None:
    """Say what a paragraph is, which may be known only at its end."""
    if setting == BODY:
        return
    properties = element(None, "pPr")
    if setting.style:
        element(properties, "pStyle", val=setting.style)
    if setting.heading:
        element(properties, "outlineLvl", val=str(setting.heading - 1))
    if setting.list_id:
        number = element(properties, "numPr")
        element(number, "ilvl", val=str(setting.list_level))
        element(number, "numId", val=setting.list_id)
    if setting.is_deleted:
        element(element(properties, "rPr"), "del")
    paragraph.insert(0, properties)


def _write_level(definition: etree._Element, depth: int, level: ListLevel) -> None:
    found = element(definition, "lvl", ilvl=str(depth))
    element(found, "start", val=str(level.start))
    element(found, "numFmt", val=level.form)
    if level.restarts_after is not None:
        element(found, "lvlRestart", val=str(level.restarts_after))
    if level.in_digits:
        element(found, "isLgl")
    element(found, "lvlText", val=level.text)


def _in_order(name: str, root: etree._Element) -> etree._Element:
    """Definitions stand before the lists that use them."""
    if name == "numbering":
        root[:] = sorted(root, key=lambda row: row.tag != f"{W}abstractNum")
    return root

"""Writes the zip of an OOXML document in memory: its parts, what kind each is, and which part refers to which."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from lxml import etree

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 has no way to write
CORE = (
    f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
)
DC, TERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"


def plain(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return UNWRITABLE.sub("", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a document says of itself. `created`: as ISO 8601, or ""."""

    title: str = ""
    author: str = ""
    created: str = ""

    def as_xml(self) -> bytes:
        """Return docProps/core.xml."""
        root = etree.fromstring(CORE)
        for tag, text in ((f"{DC}title", self.title), (f"{DC}creator", self.author), (f"{TERMS}created", self.created)):
            if text:
                etree.SubElement(root, tag).text = plain(text)
        if self.created:
            root[-1].set("{http://www.w3.org/2001/XMLSchema-instance}type", "dcterms:W3CDTF")
        return etree.tostring(root)


@dataclass(slots=True)
class Package:
    """Parts are written uncompressed: they are read at once and thrown away. `kinds`: content types by the path of a part."""

    parts: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    relations: dict[str, list[str]] = field(default_factory=dict)

    def add(self, path: str, data: bytes, kind: str) -> None:
        """Add a part. `path`: without a slash before it."""
        self.parts[path] = data
        self.kinds[path] = kind

    def relate(self, source: str, kind: str, target: str, *, is_external: bool = False) -> str:
        """Let a part refer to another one or to an address, and return the name of the relation. `source`: "" is the package."""
        rows = self.relations.setdefault(source, [])
        name = f"rId{len(rows) + 1}"
        kind = kind if kind.startswith("http") else f"{RELATIONS}/{kind}"
        mode = ' TargetMode="External"' if is_external else ""
        rows.append(f'<Relationship Id="{name}" Type="{kind}" Target={quoteattr(plain(target))}{mode}/>')
        return name

    def save(self) -> io.BytesIO:
        """Return the zip, to be read from its beginning."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("[Content_Types].xml", self._content_types())
            for source, rows in self.relations.items():
                folder, _, name = source.rpartition("/")
                path = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
                archive.writestr(path, f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(rows)}</Relationships>')
            for path, data in self.parts.items():
                archive.writestr(path, data)
        stream.seek(0)
        return stream

    def _content_types(self) -> str:
        rows = "".join(f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in self.kinds.items())
        default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        return f'<Types xmlns="{PACKAGE}/content-types">{default}{rows}</Types>'

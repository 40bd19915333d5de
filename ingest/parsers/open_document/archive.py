"""The zip of an OpenDocument file: its XML, pictures and what it says of itself. Nothing outside of it is fetched."""

import zipfile
from typing import BinaryIO

from lxml import etree

from ingest.parsers.office.building.package import Properties
from ingest.parsers.open_document.names import DC, META, OFFICE, XLINK
from ingest.parsers.refusal import Refusal

DAMAGE = (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, OSError, NotImplementedError, ValueError, EOFError, RuntimeError)
MAX_PICTURE_BYTES = 64 << 20
MAX_FORMULA_BYTES = 1 << 20


def parser() -> etree.XMLParser:
    """Return a parser that expands no entities and fetches nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)


class Archive:
    """An open file, whose size was looked through before (detect.inspect_zip). Raises: Refusal: damaged, locked."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        try:
            self.zip = zipfile.ZipFile(stream)
            self._names = set(self.zip.namelist())
            manifest = self.zip.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in self._names else b""
        except DAMAGE as error:
            raise Refusal("damaged", f"OpenDocument: {type(error).__name__}: {error}") from error
        if b"encryption-data" in manifest:
            raise Refusal("locked", "encrypted OpenDocument")

    @property
    def has_macros(self) -> bool:
        return any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in self._names)

    def root(self, name: str) -> etree._Element | None:
        """Return the root of a part, None where there is none. Raises: Refusal: damaged."""
        if name not in self._names:
            return None
        try:
            with self.zip.open(name) as stream:
                return etree.parse(stream, parser()).getroot()
        except DAMAGE as error:
            raise Refusal("damaged", f"OpenDocument {name}: {type(error).__name__}: {error}") from error

    def body(self, kind: str) -> etree._Element:
        """Return what office:body holds. `kind`: "text", "spreadsheet" or "presentation". Raises: Refusal: damaged."""
        content = self.root("content.xml")
        found = content.find(f"{OFFICE}body/{OFFICE}{kind}") if content is not None else None
        if found is None:
            raise Refusal("damaged", f"OpenDocument without {kind}")
        return found

    def picture(self, frame: etree._Element) -> bytes:
        """Return the first picture of a frame that is a photo or a scan, b"" where it has none in the file."""
        for image in frame:
            name = image.get(f"{XLINK}href", "").removeprefix("./")
            if (
                name in self._names
                and self.zip.getinfo(name).file_size <= MAX_PICTURE_BYTES
                and not name.endswith((".svg", ".svm"))
            ):
                return self.zip.read(name)
        return b""

    def embedded(self, link: str) -> etree._Element | None:
        """Return the content of a document that stands in this one, None where it is none that could be read."""
        try:
            return self.root(f"{link.removeprefix('./').rstrip('/')}/content.xml")
        except Refusal:
            return None

    def properties(self) -> Properties:
        """Return title, author and day of creation."""
        root = self.root("meta.xml")
        if root is None:
            return Properties()

        def said(tag: str) -> str:
            return next(((found.text or "").strip() for found in root.iter(tag)), "")

        author = said(f"{META}initial-creator") or said(f"{DC}creator")
        created = said(f"{META}creation-date").partition(".")[0].removesuffix("Z")
        return Properties(title=said(f"{DC}title"), author=author, created=f"{created}Z" if len(created) == 19 else "")

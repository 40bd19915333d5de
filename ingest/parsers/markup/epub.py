"""EPUB: the chapters of a book in the order in which it is read. Source: EPUB 3.3, W3C Recommendation."""

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.formats.containers import ZIP_DAMAGE
from ingest.parsers.left_out import LeftOut
from ingest.parsers.markup.html import decode_html, parse_markup
from ingest.parsers.refusal import Refusal

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
FONTS = (".ttf", ".otf", ".woff", ".woff2")  # books hide their fonts alone, and stay readable
METADATA = {"creator": "author", "date": "created", "language": "language", "subject": "subject"}
NOT_XML = (ParseError, DefusedXmlException, ValueError)


def parse_epub(stream: BinaryIO, *, name: str) -> Items:
    """Yield the chapters of a book. Raises: Refusal: damaged, locked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            book = _Book(archive)
            yield Opening(title=book.metadatum("title"), metadata=book.metadata())
            yield from book.read()
    except (*ZIP_DAMAGE, *NOT_XML) as error:
        raise Refusal("damaged", f"epub: {error}") from error
    yield from book.notices()


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.flow, self.left_out = archive, Flow(), LeftOut()
        self.names = set(archive.namelist())
        self._refuse_locked()
        roots = [found for found in self._xml(CONTAINER).iter() if _local(found) == "rootfile"]
        if not roots:
            raise Refusal("damaged", "epub without a package")
        self.path = unquote(roots[0].get("full-path", ""))
        self.package = self._xml(self.path)

    def _refuse_locked(self) -> None:
        if ENCRYPTION not in self.names:
            return
        hidden = [found.get("URI", "") for found in self._xml(ENCRYPTION).iter() if _local(found) == "CipherReference"]
        if any(not one.lower().endswith(FONTS) for one in hidden):
            raise Refusal("locked", "a book with rights management")

    def _xml(self, path: str) -> Element:
        if path not in self.names:
            raise Refusal("damaged", f"epub without {path[:80]}")
        root: Element = fromstring(self.archive.read(path))
        return root

    def metadatum(self, field: str) -> str:
        """Return what the book says of itself."""
        texts = [(found.text or "") for found in self.package.iter(f"{DUBLIN_CORE}{field}")]
        return self.flow.cleaner.clean_line(", ".join(text for text in texts if text.strip()))[:500]

    def metadata(self) -> dict[str, str]:
        return {key: value for field, key in METADATA.items() if (value := self.metadatum(field))}

    def read(self) -> Iterator[ParsedPage]:
        for path in self._chapters():
            if path not in self.names:
                self.left_out.add("broken_parts", place=posixpath.basename(path))
                continue
            yield from self._take(
                parse_markup(decode_html(self.archive.read(path)), load=partial(self._part, posixpath.dirname(path)))
            )
        yield from self.flow.finish()

    def _chapters(self) -> Iterator[str]:
        """Yield the paths of the pages in the order of the spine; the list of contents repeats their headings."""
        items: Mapping[str | None, Element] = {found.get("id"): found for found in self.package.iter() if _local(found) == "item"}
        for entry in self.package.iter():
            item = items.get(entry.get("idref")) if _local(entry) == "itemref" else None
            if item is None or item.get("media-type", "") not in PAGES or "nav" in (item.get("properties") or "").split():
                continue
            href = unquote(urlsplit(item.get("href", "")).path)
            yield posixpath.normpath(posixpath.join(posixpath.dirname(self.path), href))

    def _part(self, folder: str, address: str) -> bytes:
        """Return what lies at an address beside a chapter, b"" where nothing does."""
        path = posixpath.normpath(posixpath.join(folder, unquote(urlsplit(address).path)))
        return self.archive.read(path) if path in self.names else b""

    def _take(self, items: Items) -> Iterator[ParsedPage]:
        for page in self.left_out.pages_of(items):
            yield from self.flow.add_page(page)

    def notices(self) -> Iterator[Notice]:
        yield from self.left_out.notices()
        if self.flow.cleaner.invisible:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]

"""ODT, as a DOCX is read."""

from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.office.docx import parse_docx
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.open_document.archive import Archive
from ingest.parsers.open_document.text import TextReader


def parse_odt(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the blocks of an ODT. Raises: Refusal: damaged, locked, too_complex."""
    archive = Archive(stream)
    yield from with_macro_warning(parse_docx(TextReader(archive).read().save(), name=name), has_macros=archive.has_macros)

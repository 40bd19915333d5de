"""DOC, as Word 97 to 2003 wrote it, as a DOCX is read."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.office.building.package import Properties
from ingest.parsers.office.docx import parse_docx
from ingest.parsers.office.legacy.compound import DAMAGE, Compound
from ingest.parsers.office.legacy.doc.binary import open_doc
from ingest.parsers.office.legacy.doc.reader import DocReader
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.refusal import Refusal


def parse_doc(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the blocks of a DOC. Raises: Refusal: damaged, locked, old_office."""
    compound = Compound(stream)
    if compound.is_locked:
        raise Refusal("locked", "encrypted DOC")
    try:
        word = DocReader(open_doc(compound)).read()
    except (*DAMAGE, struct.error) as error:
        raise Refusal("damaged", f"DOC: {type(error).__name__}: {error}") from error
    title, author, created = compound.properties()
    word.properties = Properties(title=title, author=author, created=created)
    yield from with_macro_warning(parse_docx(word.save(), name=name), has_macros=compound.has_macros)

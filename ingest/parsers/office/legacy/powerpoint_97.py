"""PPT, as PowerPoint 97 to 2003 wrote it, as a PPTX is read."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.office.building.package import Properties
from ingest.parsers.office.legacy.compound import DAMAGE, Compound
from ingest.parsers.office.legacy.ppt.reader import PptReader
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.office.pptx import parse_pptx
from ingest.parsers.open_document.slide_file import with_object_warning
from ingest.parsers.refusal import Refusal

OLD_STREAMS = frozenset(("PP40", "PersistentStorage Directory"))  # of PowerPoint 95


def parse_ppt(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield a page a slide. Raises: Refusal: damaged, locked, old_office, too_complex."""
    compound = Compound(stream)
    if compound.is_locked:
        raise Refusal("locked", "encrypted PPT")
    if OLD_STREAMS & set(compound.names):
        raise Refusal("old_office", "PowerPoint 95")
    try:
        slides = PptReader(compound.read("PowerPoint Document"), compound.read("Current User"), compound.read("Pictures")).read()
        title, author, created = compound.properties()
        slides.properties = Properties(title=title, author=author, created=created)
        made = slides.save()
    except (*DAMAGE, struct.error) as error:
        raise Refusal("damaged", f"PPT: {type(error).__name__}: {error}") from error
    yield from with_macro_warning(with_object_warning(parse_pptx(made, name=name), slides), has_macros=compound.has_macros)

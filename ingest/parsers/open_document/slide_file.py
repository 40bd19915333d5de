"""ODP, as a PPTX is read."""

from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.office.building.slides import SlidesFile
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.office.pptx import parse_pptx
from ingest.parsers.open_document.archive import Archive
from ingest.parsers.open_document.slides import SlidesReader
from ingest.parsers.refusal import Refusal


def parse_odp(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield a page a slide. Raises: Refusal: damaged, locked, too_complex."""
    archive = Archive(stream)
    try:
        slides = SlidesReader(archive).read()
        stream = slides.save()
    except ValueError as error:
        raise Refusal("damaged", f"ODP: {error}") from error
    yield from with_macro_warning(with_object_warning(parse_pptx(stream, name=name), slides), has_macros=archive.has_macros)


def with_object_warning(items: Items, slides: SlidesFile) -> Items:
    """Yield what was read, then a notice of what stands on the slides and was not."""
    yield from items
    if slides.objects:
        yield Notice(code="objects", values={"count": slides.objects})

"""ODS, as an XLSX is read."""

from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.office.macros import with_macro_warning
from ingest.parsers.office.xlsx import parse_xlsx
from ingest.parsers.open_document.archive import Archive
from ingest.parsers.open_document.sheet import SheetsReader


def parse_ods(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the rows of all visible sheets. Raises: Refusal: damaged, locked, too_wide, too_complex."""
    archive = Archive(stream)
    yield from with_macro_warning(parse_xlsx(SheetsReader(archive).read().save(), name=name), has_macros=archive.has_macros)

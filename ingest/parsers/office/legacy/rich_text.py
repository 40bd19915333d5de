"""RTF, as a DOCX is read."""

from typing import BinaryIO

from ingest.parsers.content import Items
from ingest.parsers.office.docx import parse_docx
from ingest.parsers.office.legacy.rtf.reader import RtfReader


def parse_rtf(stream: BinaryIO, *, name: str) -> Items:
    """Yield the blocks of an RTF file. Raises: Refusal: damaged, too_complex."""
    stream.seek(0)
    return parse_docx(RtfReader().read(stream.read()).save(), name=name)

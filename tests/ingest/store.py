"""Files as parsers meet them: through the store, where they lie under their hash without an ending.

Tests of formats have no other way to a parser (test_no_format_bypasses_the_store): one that called a parser with `a.xlsx`
noticed nothing when no workbook could be read any more.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.formats.detect import detect_type
from ingest.stages.parse_child import parse
from ingest.stages.parsing import parse_file
from kb import storage


def keep(path: Path) -> Path:
    """Put a file into the store as an upload does. Returns: where it lies there."""
    with path.open("rb") as stream:
        incoming = storage.receive(stream, max_bytes=settings.UPLOAD_MAX_BYTES)
    with storage.keeping(incoming) as relative:
        return storage.original_path(relative)


def detect(path: Path) -> str:
    """Return the media type of a file by its bytes in the store and its name. Raises: Refusal."""
    with keep(path).open("rb") as stream:
        return detect_type(stream, name=path.name)


def read_here(path: Path, *, first_page: int = 1) -> Items:
    """Parse a file in this process, as the child does. Raises: Refusal."""
    media_type = detect(path)
    with keep(path).open("rb") as stream:
        yield from parse(stream, name=path.name, media_type=media_type, first_page=first_page)


def read_in_child(path: Path) -> Iterator[Opening | ParsedPage | Notice]:
    """Parse a file in the sandbox, as a worker has it done. Raises: Refusal, UserFault."""
    return parse_file(keep(path), name=path.name, media_type=detect(path))


def read_file(path: Path) -> tuple[Opening, list[ParsedPage], list[Notice]]:
    """Parse a file in this process. Returns: what it says of itself, its pages, and its notices. Raises: Refusal."""
    items = list(read_here(path))
    opening = next(item for item in items if isinstance(item, Opening))
    return opening, [i for i in items if isinstance(i, ParsedPage)], [i for i in items if isinstance(i, Notice)]

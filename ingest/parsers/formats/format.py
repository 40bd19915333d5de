"""What a file format is: its type, endings, label, reader, and how its content is recognised."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Magic:
    """By what the content of a format is recognised. Nothing set: plain text, recognised by its ending alone."""

    signatures: tuple[bytes, ...] = ()
    within: int = 0  # bytes that may stand before a signature
    zip_content_types: tuple[str, ...] = ()  # one of them is part of what an Office file says of itself, lower case
    zip_mimetype: str = ""  # the entry "mimetype" of OpenDocument and EPUB files
    is_any_zip: bool = False  # whatever lies in it
    ole_streams: tuple[str, ...] = ()  # one of them stands at the root of the container
    start: re.Pattern[bytes] | None = None  # of a text
    start_needs_ending: bool = False  # the start is that of many texts: looked for only where the ending claims the format

    @property
    def is_zip(self) -> bool:
        return bool(self.zip_content_types or self.zip_mimetype or self.is_any_zip)

    @property
    def is_text(self) -> bool:
        return not (self.signatures or self.is_zip or self.ole_streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format as Attest reads it; each is declared once, in ingest.parsers.formats.registry.

    `endings`: of names, lower case, the usual one first; none: Attest writes such files itself, nobody uploads them.
    `label`: what people call it, to be translated by gettext; formats with the same label are listed together.
    `reader`: "module:function", loaded where a file is read. It takes the open file and `name=`, and yields an Opening, pages
    and notices; of a paged format also `first_page=` and `max_pages=`, of one that holds files `parse=` (None: do not open them).
    `may_look_like`: types that the content of such a file may be taken for: a page saved as .doc, a JPEG named .png.
    """

    media_type: str
    endings: tuple[str, ...]
    label: str
    reader: str
    magic: Magic = Magic()
    may_look_like: tuple[str, ...] = ()
    is_paged: bool = False
    holds_files: bool = False

"""Pictures of a page that lie in it or beside it in the same file: their words. Nothing is fetched."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from selectolax.lexbor import LexborNode

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.content import Notice

if TYPE_CHECKING:
    from ingest.parsers.pictures.embedded import PictureReader

Load = Callable[[str], bytes]  # of an address in the file; b"" where there is no such part
DATA = re.compile(r"^data:image/(?:png|jpe?g|gif|bmp|webp|tiff)[^,]{0,100},", re.IGNORECASE)
MIN_BYTES = 1000  # what is smaller is an icon
MAX_BYTES = 32 << 20


@dataclass(slots=True)
class PagePictures:
    """`load`: gives the parts of a file that holds a page and its pictures."""

    cleaner: Cleaner
    load: Load | None = None
    _reader: "PictureReader | None" = None
    _seen: set[int] = field(default_factory=set)

    def text(self, node: LexborNode) -> str:
        """Return the words of a picture <img>, "" where it is elsewhere, was read before or holds none."""
        address = node.attributes.get("src") or ""
        match = DATA.match(address[:140])
        data = _decoded(address, match.end()) if match else self.load(address) if self.load is not None and address else b""
        key = hash(data)
        if not MIN_BYTES <= len(data) <= MAX_BYTES or key in self._seen:
            return ""
        self._seen.add(key)
        if self._reader is None:
            # few pages hold pictures, and loading what decodes them takes longer than to read a page
            from ingest.parsers.pictures.embedded import PictureReader

            self._reader = PictureReader(self.cleaner)
        return self._reader.text(data)

    def notices(self) -> Iterator[Notice]:
        """Yield what was odd about the pictures."""
        if self._reader is not None and self._reader.read:
            yield Notice(code="ocr")
        if self._reader is not None and self._reader.left_out:
            yield Notice(code="pictures")


def _decoded(address: str, start: int) -> bytes:
    if len(address) > 2 * MAX_BYTES:
        return b""
    try:
        is_base64 = ";base64," in address[:start].lower()
        return base64.b64decode(re.sub(r"\s", "", address[start:])) if is_base64 else unquote_to_bytes(address[start:])
    except (binascii.Error, ValueError):
        return b""

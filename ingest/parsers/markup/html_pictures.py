"""Pictures of a page that lie in it or beside it in the same file: their words. Nothing is fetched."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from selectolax.lexbor import LexborNode

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.content import Notice
from ingest.parsers.markup.html_styles import Load
from ingest.parsers.pictures.later import LaterPictures

DATA = tuple(f"data:image/{kind}" for kind in ("png", "jpeg", "jpg", "gif", "bmp", "webp", "tiff"))
MIN_BYTES = 1000  # what is smaller is an icon
MAX_BYTES = 32 << 20


@dataclass(slots=True)
class PagePictures:
    """`load`: gives the parts of a file that holds a page and its pictures."""

    cleaner: Cleaner
    load: Load | None = None
    _pictures: LaterPictures = field(init=False)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._pictures = LaterPictures(self.cleaner)

    def text(self, node: LexborNode) -> str:
        """Return the words of a picture <img>, "" where it is elsewhere, was read before or holds none."""
        address = node.attributes.get("src") or ""
        if address[:20].lower().startswith(DATA):
            data = _decoded(address, address.find(",", 0, 140) + 1)
        else:
            data = self.load(address) if self.load is not None and address else b""
        key = hash(data)
        if not MIN_BYTES <= len(data) <= MAX_BYTES or key in self._seen:
            return ""
        self._seen.add(key)
        return self._pictures.text(data)

    def notices(self) -> Iterator[Notice]:
        """Yield what was odd about the pictures."""
        yield from self._pictures.notices()


def _decoded(address: str, start: int) -> bytes:
    if not start or len(address) > 2 * MAX_BYTES:
        return b""
    try:
        is_base64 = ";base64," in address[:start].lower()
        return base64.b64decode(re.sub(r"\s", "", address[start:])) if is_base64 else unquote_to_bytes(address[start:])
    except (binascii.Error, ValueError):
        return b""

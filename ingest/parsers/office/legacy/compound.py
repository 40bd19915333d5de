"""Compound files (MS-CFB), in which Office kept documents before 2007: what kind one is, and its streams."""

import codecs
import struct
from collections.abc import Iterable
from typing import BinaryIO

import olefile

from ingest.parsers.refusal import Refusal

MAX_STREAM_BYTES = 512 << 20
WORD, EXCEL, POWERPOINT = "word", "excel", "powerpoint"
MAIN_STREAMS = (("WordDocument", WORD), ("Workbook", EXCEL), ("Book", EXCEL), ("PowerPoint Document", POWERPOINT))
LOCKED = frozenset(("encryptioninfo", "encryptedpackage", "\x06dataspaces", "\x09drmcontent", "encryptedsummary"))
MACROS = frozenset(("macros", "_vba_project_cur", "_vba_project", "vba"))
DAMAGE = (OSError, ValueError, IndexError, KeyError, struct.error, TypeError, AttributeError, OverflowError, EOFError)


class Compound:
    """An open compound file. Raises: Refusal: damaged."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        try:
            self._ole = olefile.OleFileIO(stream)
            self.names = ["/".join(path) for path in self._ole.listdir(streams=True, storages=True)]
        except DAMAGE as error:
            raise Refusal("damaged", f"compound file: {type(error).__name__}: {error}") from error

    @property
    def kind(self) -> str:
        """Which program wrote it; "" for others."""
        top = {name.lower() for name in self.names}
        return next((kind for name, kind in MAIN_STREAMS if name.lower() in top), "")

    @property
    def is_locked(self) -> bool:
        """True where a password or rights management hides the document. What lies inside of streams is asked elsewhere."""
        return any(part.lower() in LOCKED for name in self.names for part in name.split("/"))

    @property
    def has_macros(self) -> bool:
        return any(part.lower() in MACROS for name in self.names for part in name.split("/"))

    def read(self, name: str) -> bytes:
        """Return a stream, b"" where there is none. Raises: Refusal: damaged, too_complex."""
        try:
            if not self._ole.exists(name):
                return b""
            if self._ole.get_size(name) > MAX_STREAM_BYTES:
                raise Refusal("too_complex", f"stream {name}")
            return bytes(self._ole.openstream(name).read())
        except DAMAGE as error:
            raise Refusal("damaged", f"compound file: {type(error).__name__}: {error}") from error

    def properties(self) -> tuple[str, str, str]:
        """Return title, author and day of creation; "" for what it does not say."""
        try:
            found = self._ole.get_metadata()
        except DAMAGE:
            return "", "", ""
        encoding = _codec_of(found.codepage)
        created = found.create_time.isoformat() if getattr(found.create_time, "year", 0) > 1980 else ""
        return _text(found.title, encoding), _text(found.author, encoding), created


def _codec_of(page: object) -> str:
    number = int(page) & 0xFFFF if isinstance(page, int) else 1252
    name = {65001: "utf-8", 1200: "utf-16-le", 936: "gb18030", 10000: "mac_roman"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _text(value: object, encoding: str) -> str:
    text = value.decode(encoding, "replace") if isinstance(value, bytes) else str(value or "")
    return text.strip("\x00 ")


def numbers(data: bytes, form: str) -> Iterable[int]:
    """Return the whole numbers of a table, as many as there are whole ones. `form`: one letter of struct, little-endian."""
    size = struct.calcsize(f"<{form}")
    return (row[0] for row in struct.iter_unpack(f"<{form}", data[: len(data) // size * size]))

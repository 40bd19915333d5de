"""MSG: a message as Outlook saves it, turned into the parts that a mail in EML has, so that both are read in one way.

Each property of a message is a stream of an OLE container, named by its number and its type; those of fixed size share one.
Source: [MS-OXMSG] and [MS-OXPROPS].
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import BinaryIO

import olefile

from ingest.parsers.content import Items, ParseFile
from ingest.parsers.mail.compressed_rtf import decompress_rtf
from ingest.parsers.mail.eml import MAX_DEPTH, read_message
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.refusal import Refusal

SUBJECT, BODY, HTML, RTF, SENT, DELIVERED = 0x0037, 0x1000, 0x1013, 0x1009, 0x0039, 0x0E06
SENDER, SENDER_ADDRESSES = (0x0C1A, 0x0042), (0x5D01, 0x5D02, 0x0C1F, 0x0065)
SHOWN_TO, SHOWN_CC, HEADERS, CODE_PAGE = 0x0E04, 0x0E03, 0x007D, 0x3FFD
RECIPIENT_KIND, RECIPIENT_NAME, RECIPIENT_ADDRESSES = 0x0C15, 0x3001, (0x39FE, 0x3003)
FILE_DATA, FILE_NAMES, FILE_TYPE, FILE_HIDDEN = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E, 0x7FFE
TEXT, NARROW, BINARY, STORAGE = "001F", "001E", "0102", "000D"
PROPERTIES = "__properties_version1.0"
HEADER_BYTES = {"root": 32, "message": 24, "other": 8}  # before the properties of fixed size
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # of Windows' moments, counted in 100 ns
MAX_ATTACHMENTS = 500
BROKEN = (OSError, struct.error, ValueError, IndexError, OverflowError, RecursionError)
Path = tuple[str, ...]


def parse_outlook(stream: BinaryIO, *, name: str, parse: ParseFile | None) -> Items:
    """Yield the message and its attachments, which `parse` reads; None: they are left. Raises: Refusal: damaged, too_nested."""
    try:
        with olefile.OleFileIO(stream) as container:
            message = _Reader(container).message((), depth=1)
    except BROKEN as error:
        raise Refusal("damaged", f"msg: {error}") from error
    yield from read_message(message, parse=parse)


class _Reader:
    def __init__(self, container: olefile.OleFileIO) -> None:
        self.container = container
        self.streams = {tuple(path) for path in container.listdir(streams=True, storages=False)}
        self.storages = sorted(tuple(path) for path in container.listdir(streams=False, storages=True))

    def message(self, at: Path, *, depth: int) -> Message:
        """Return the message whose properties lie at a path of the container."""
        message = MIMEMultipart()
        for name, value in self._headers(at):
            if value:
                message[name] = " ".join(value.split())
        bodies = list(self._bodies(at))
        if len(bodies) > 1:
            either = MIMEMultipart("alternative")
            for body in bodies:
                either.attach(body)
            bodies = [either]
        for part in [*bodies, *self._attachments(at, depth=depth)]:
            message.attach(part)
        return message

    def _headers(self, at: Path) -> Iterator[tuple[str, str]]:
        """Yield who wrote what to whom and when: from the recipients' entries, else as Outlook shows them."""
        fixed = self._fixed(at, "message" if at else "root")
        people = {"To": list[str](), "Cc": list[str]()}
        for storage in self._children(at, "__recip_version1.0_#"):
            kind = self._fixed(storage, "other").get(RECIPIENT_KIND, 1)
            person = self._person(storage, (RECIPIENT_NAME,), RECIPIENT_ADDRESSES)
            if person and kind in (1, 2):
                people["To" if kind == 1 else "Cc"].append(person)
        yield "From", self._person(at, SENDER, SENDER_ADDRESSES)
        yield "To", ", ".join(people["To"]) or self._text(at, SHOWN_TO)
        yield "Cc", ", ".join(people["Cc"]) or self._text(at, SHOWN_CC)
        if moment := fixed.get(SENT) or fixed.get(DELIVERED):
            yield "Date", format_datetime(EPOCH + timedelta(microseconds=moment // 10))
        yield "Subject", self._text(at, SUBJECT)

    def _person(self, at: Path, names: tuple[int, ...], addresses: tuple[int, ...]) -> str:
        name = next((text for number in names if (text := self._text(at, number))), "")
        # An Exchange server's own address ("/o=…") means nothing to a reader.
        address = next((text for number in addresses if "@" in (text := self._text(at, number))), "")
        if not address or address == name.strip("'"):
            return name.strip("'")
        return formataddr((name, address), charset="utf-8") if name.isascii() else f"{name} <{address}>"

    def _bodies(self, at: Path) -> Iterator[Message]:
        if text := self._text(at, BODY):
            yield MIMEText(text, "plain", "utf-8")
        page = self._bytes(at, HTML, BINARY)
        if page or self._text(at, HTML):
            html = page.decode(detect_encoding(page), "replace") if page else self._text(at, HTML)
            yield MIMEText(html, "html", "utf-8")
        elif not text and (packed := self._bytes(at, RTF, BINARY)):
            attached = MIMEApplication(decompress_rtf(packed), "rtf")
            attached.add_header("Content-Disposition", "inline", filename="message.rtf")
            yield attached

    def _attachments(self, at: Path, *, depth: int) -> Iterator[Message]:
        for storage in self._children(at, "__attach_version1.0_#")[:MAX_ATTACHMENTS]:
            inner = (*storage, f"__substg1.0_{FILE_DATA:04X}{STORAGE}")
            if (*inner, PROPERTIES) in self.streams:
                if depth < MAX_DEPTH:
                    yield MIMEMessage(self.message(inner, depth=depth + 1))
                continue
            name = next((text for number in FILE_NAMES if (text := self._text(storage, number))), "")
            part = MIMEApplication(self._bytes(storage, FILE_DATA, BINARY))
            if kind := self._text(storage, FILE_TYPE):
                part.replace_header("Content-Type", kind)
            is_hidden = bool(self._fixed(storage, "other").get(FILE_HIDDEN))  # a picture of the page
            part.add_header("Content-Disposition", "inline" if is_hidden else "attachment", filename=("utf-8", "", name))
            yield part

    def _children(self, at: Path, prefix: str) -> list[Path]:
        return [path for path in self.storages if path[:-1] == at and path[-1].startswith(prefix)]

    def _fixed(self, at: Path, kind: str) -> dict[int, int]:
        """Return the properties of fixed size by their number: integers, moments."""
        data = self._stream((*at, PROPERTIES))[HEADER_BYTES[kind] :]
        rows = struct.iter_unpack("<HHIQ", data[: len(data) // 16 * 16])
        return {number: value if form == 0x0040 else value & 0xFFFFFFFF for form, number, _, value in rows}

    def _text(self, at: Path, number: int) -> str:
        wide = self._bytes(at, number, TEXT)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._bytes(at, number, NARROW)
        return narrow.decode(detect_encoding(narrow), "replace").rstrip("\0") if narrow else ""

    def _bytes(self, at: Path, number: int, form: str) -> bytes:
        return self._stream((*at, f"__substg1.0_{number:04X}{form}"))

    def _stream(self, path: Path) -> bytes:
        if path not in self.streams:
            return b""
        with self.container.openstream(list(path)) as stream:
            data: bytes = stream.read()
        return data

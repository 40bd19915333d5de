"""winmail.dat: how Outlook packs the files of a mail for other Outlooks (TNEF), turned into the parts that other mails have.

A stream is a row of attributes; the last ones of them, and those of each file, hold properties as an MSG file has them.
Source: [MS-OXTNEF] and [MS-OXPROPS].
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from ingest.parsers.mail.compressed_rtf import decompress_rtf
from ingest.parsers.plain.encoding import detect_encoding

SIGNATURE = b"\x78\x9f\x3e\x22"
TITLE, DATA, PROPERTIES_OF_FILE, NEW_FILE, PROPERTIES, SUBJECT_LINE = 0x8010, 0x800F, 0x9005, 0x9002, 0x9003, 0x8004
SUBJECT, BODY, RTF, HTML, FILE_DATA, FILE_NAMES = 0x0037, 0x1000, 0x1009, 0x1013, 0x3701, (0x3707, 0x3704, 0x3001)
FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}  # bytes, padded
NARROW, WIDE, BINARY, OBJECT = 0x1E, 0x1F, 0x0102, 0x0D
SEVERAL = 0x1000  # flag of a type
NAMED = 0x8000  # properties from here on carry a name
INTERFACE_BYTES = 16  # before an embedded message
MAX_FILES = 500
BROKEN = (struct.error, ValueError, IndexError, KeyError, OverflowError, RecursionError)
Properties = dict[int, bytes | str]


@dataclass(slots=True)
class _File:
    title: str = ""
    data: bytes = b""
    properties: Properties = field(default_factory=dict)

    @property
    def name(self) -> str:
        return next((str(text) for number in FILE_NAMES if (text := self.properties.get(number))), self.title)


def is_tnef(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def read_tnef(data: bytes, *, with_body: bool, depth: int) -> Message:
    """Return the message with its files as parts.

    Args:
        with_body: its words as well, which most mails say beside it.
        depth: how many messages in this one may be opened.
    Raises: one of BROKEN.
    """
    files: list[_File] = []
    properties: Properties = {}
    subject = ""
    for number, value in _attributes(data):
        if number == NEW_FILE:
            files.append(_File())
        elif number == PROPERTIES:
            properties |= _properties(value)
        elif number == SUBJECT_LINE:
            subject = _narrow(value)
        elif files and number == TITLE:
            files[-1].title = _narrow(value)
        elif files and number == DATA:
            files[-1].data = value
        elif files and number == PROPERTIES_OF_FILE:
            files[-1].properties = _properties(value)
    message = MIMEMultipart()
    message["Subject"] = " ".join(str(properties.get(SUBJECT) or subject).split())
    for part in [*(_bodies(properties) if with_body else ()), *(_part_of(file, depth) for file in files[:MAX_FILES])]:
        message.attach(part)
    return message


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6  # signature and key
    while position + 9 <= len(data):
        _level, number, _kind, length = struct.unpack_from("<BHHI", data, position)
        position += 9
        if position + length > len(data):
            raise ValueError("an attribute is cut off")
        yield number, data[position : position + length]
        position += length + 2  # a checksum


def _properties(data: bytes) -> Properties:
    """Return the texts and bytes among the properties by their number."""
    (count,) = struct.unpack_from("<I", data)
    position, found = 4, Properties()
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= NAMED:
            position = _behind_name(data, position)
        form, times = kind & ~SEVERAL, 1
        if kind & SEVERAL or form not in FIXED:
            (times,) = struct.unpack_from("<I", data, position)
            position += 4
        for _time in range(times):
            length = FIXED.get(form, -1)
            if length < 0:
                (length,) = struct.unpack_from("<I", data, position)
                position += 4
            value = data[position : position + length]
            if len(value) < length:
                raise ValueError("a property is cut off")
            position += length + -length % 4
            if form in (NARROW, WIDE, BINARY, OBJECT):
                found.setdefault(number, _value(form, value))
    return found


def _behind_name(data: bytes, position: int) -> int:
    (is_text,) = struct.unpack_from("<I", data, position + 16)
    position += 20
    (length,) = struct.unpack_from("<I", data, position)
    return position + 4 + (length + -length % 4 if is_text else 0)


def _value(form: int, value: bytes) -> bytes | str:
    if form == WIDE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return _narrow(value) if form == NARROW else value


def _narrow(value: bytes) -> str:
    value = value.rstrip(b"\0")
    return value.decode(detect_encoding(value), "replace") if value else ""


def _bodies(properties: Properties) -> Iterator[Message]:
    page, text, packed = (properties.get(number) for number in (HTML, BODY, RTF))
    if page:
        yield MIMEText(page if isinstance(page, str) else page.decode(detect_encoding(page), "replace"), "html", "utf-8")
    elif isinstance(text, str) and text:
        yield MIMEText(text, "plain", "utf-8")
    elif isinstance(packed, bytes) and packed:
        yield _file_part("message.rtf", decompress_rtf(packed))


def _part_of(file: _File, depth: int) -> Message:
    inner = file.properties.get(FILE_DATA)
    if isinstance(inner, bytes) and inner[INTERFACE_BYTES:].startswith(SIGNATURE) and depth > 0:
        return MIMEMessage(read_tnef(inner[INTERFACE_BYTES:], with_body=True, depth=depth - 1))
    return _file_part(file.name, file.data or (inner if isinstance(inner, bytes) else b""))


def _file_part(name: str, data: bytes) -> Message:
    part = MIMEApplication(data)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part

"""winmail.dat in mails that Outlook sent: the files in it are read, under their names."""

import struct
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.files.reading import read


def attribute(number: int, data: bytes, *, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def properties(*rows: tuple[int, int, bytes]) -> bytes:
    """Rows of (type, number, value); those from 0x8000 on get a name."""
    parts = [struct.pack("<I", len(rows))]
    for kind, number, value in rows:
        name = b"\0" * 16 + struct.pack("<II", 1, 6) + "AB\0".encode("utf-16-le") + b"\0\0" if number >= 0x8000 else b""
        size = b"" if kind in (3, 11) else struct.pack("<II", 1, len(value))
        parts.append(struct.pack("<HH", kind, number) + name + size + value + b"\0" * (-len(value) % 4))
    return b"".join(parts)


def file(title: str, data: bytes, *rows: tuple[int, int, bytes]) -> bytes:
    named = [attribute(0x8010, title.encode() + b"\0", level=2), attribute(0x800F, data, level=2)] if title else []
    held = [attribute(0x9005, properties(*rows), level=2)] if rows else []
    return b"".join([attribute(0x9002, b"\0" * 14, level=2), *named, *held])


def packed(*parts: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(parts)


def mail(data: bytes, *, text: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.example", "Lamps"
    if text:
        message.set_content(text)
        message.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    else:
        message.set_content(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return message.as_bytes()


LONG_NAME = (0x1F, 0x3707, "灯具清单 2026.txt".encode("utf-16-le") + b"\0\0")
NUMBER = (3, 0x0E21, struct.pack("<I", 7))


def test_files_are_read_under_their_names(tmp_path: Path) -> None:
    stream = packed(
        attribute(0x9003, properties((0x1F, 0x1000, "The lamps again.".encode("utf-16-le")))),
        file("LAMPS.CSV", b"Lamp,Watts\nGate,40\n"),
        file("LIST~1.TXT", b"The yard has nine lamps.", NUMBER, (11, 0x8001, struct.pack("<I", 1)), LONG_NAME),
    )
    found, warnings = read(tmp_path, "a.eml", mail(stream, text="See the lamps."))
    assert found[2:] == [
        *("See the lamps.", "LAMPS.CSV", "Lamp | Watts", "Lamp: Gate; Watts: 40", "灯具清单 2026.txt", "The yard has nine lamps.")
    ]
    assert warnings == {}


def test_a_mail_that_is_nothing_else_has_its_words_in_it(tmp_path: Path) -> None:
    page = b"<html><body><p>The gate lamp has 40 watts.</p></body></html>"
    found, _ = read(tmp_path, "a.eml", mail(packed(attribute(0x9003, properties((0x0102, 0x1013, page))))))
    assert found[-1] == "The gate lamp has 40 watts."


def test_a_mail_in_it_is_a_section(tmp_path: Path) -> None:
    words = properties((0x1F, 0x0037, "Older lamps".encode("utf-16-le")), (0x1F, 0x1000, "They had 60 watts.".encode("utf-16-le")))
    inner = b"\0" * 16 + packed(attribute(0x9003, words))
    found, _ = read(tmp_path, "a.eml", mail(packed(file("", b"", (0x0D, 0x3701, inner))), text="See below."))
    assert "Older lamps" in found and found[-1] == "They had 60 watts."


@pytest.mark.parametrize("cut", [10, 20, 60])
def test_a_damaged_one_is_named_in_a_warning(tmp_path: Path, cut: int) -> None:
    stream = packed(file("LAMPS.CSV", b"Lamp,Watts\nGate,40\n"))[:-cut] + b"\xff\xff\xff"
    found, warnings = read(tmp_path, "a.eml", mail(stream, text="See the lamps."))
    assert found[2] == "See the lamps."
    assert warnings["attachments"]["names"] in ("winmail.dat", "LAMPS.CSV")

"""Messages as Outlook saves them, made by code."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.ingest.ole_files import Tree, ole

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
Text = dict[int, str | bytes]


def message(
    texts: Text,
    *,
    sent: datetime | None = None,
    people: Sequence[tuple[str, str, int]] = (),
    files: Sequence[tuple[str, bytes]] = (),
    inner: Sequence[Tree] = (),
    is_root: bool = True,
) -> Tree:
    """Return the streams of a message. `texts`: by the property's number; `people`: name, address, 1 to or 2 cc."""
    tree: Tree = dict(map(_stream, texts.items()))
    moments = [(0x0040, 0x0039, int((sent - EPOCH).total_seconds() * 10_000_000))] if sent else []
    tree["__properties_version1.0"] = b"\0" * (32 if is_root else 24) + _fixed(moments)
    for place, (name, address, kind) in enumerate(people):
        held: Tree = dict(map(_stream, {0x3001: name, 0x39FE: address}.items()))
        held["__properties_version1.0"] = b"\0" * 8 + _fixed([(0x0003, 0x0C15, kind)])
        tree[f"__recip_version1.0_#{place:08X}"] = held
    for place, (name, data) in enumerate(files):
        held = dict(map(_stream, {0x3707: name, 0x3701: data}.items()))
        held["__properties_version1.0"] = b"\0" * 8
        tree[f"__attach_version1.0_#{place:08X}"] = held
    for place, within in enumerate(inner, start=len(files)):
        tree[f"__attach_version1.0_#{place:08X}"] = {"__properties_version1.0": b"\0" * 8, "__substg1.0_3701000D": within}
    return tree


def msg(texts: Text, **more: object) -> bytes:
    """Return the file of a message; see `message`."""
    return ole(message(texts, **more))


def _stream(item: tuple[int, str | bytes]) -> tuple[str, bytes]:
    number, value = item
    if isinstance(value, bytes):
        return f"__substg1.0_{number:04X}0102", value
    return f"__substg1.0_{number:04X}001F", value.encode("utf-16-le")


def _fixed(rows: list[tuple[int, int, int]]) -> bytes:
    return b"".join(struct.pack("<HHIQ", form, number, 6, value) for form, number, value in rows)

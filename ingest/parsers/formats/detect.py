"""What a file is, by its content. The extension and the client's word are compared with it, never trusted."""

import re
from pathlib import PurePosixPath
from typing import BinaryIO

from ingest.parsers.formats.containers import inspect_ole, inspect_zip
from ingest.parsers.formats.format import Format
from ingest.parsers.formats.registry import BY_ENDING, FORMATS, HTML, MARKDOWN, TEXT, UNREAD
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.refusal import Refusal

ARCHIVES = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"MSCF")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
XML_START = re.compile(rb"^\s*(?:<\?xml|<!doctype\s+(?!html))", re.IGNORECASE)
SVG = re.compile(rb"<(?:\w+:)?svg\b", re.IGNORECASE)
HEAD_BYTES = 64 * 1024
SVG_BYTES = 2048
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_type(stream: BinaryIO, *, name: str) -> str:
    """Return the media type that decides which parser reads the file.

    Looks at its beginning, and through a zip's entries without keeping them; leaves the stream at its beginning.

    Raises: Refusal: empty, archive, legacy, markup, locked, damaged, bomb, mismatch, unknown_type.
    """
    suffix = PurePosixPath(name.lower()).suffix
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refusal("empty")
    wanted = BY_ENDING.get(suffix)
    found = _by_content(stream, head, wanted)
    stream.seek(0)
    if wanted is None:
        raise Refusal(UNREAD.get(suffix, "unknown_type"), suffix or "no extension")
    if found is wanted:
        return wanted.media_type
    if found.media_type in wanted.may_look_like:
        # Text has no signature: HTML may begin like text, Markdown like HTML. There the name decides, else the content.
        return (wanted if wanted.magic.is_text else found).media_type
    raise Refusal("mismatch", f"{found.media_type} named {suffix}")


def _by_content(stream: BinaryIO, head: bytes, wanted: Format | None) -> Format:
    if wanted is not None and wanted.magic.start is not None and wanted.magic.start.match(head):
        return wanted
    for one in FORMATS:
        if any(signature in head[: one.magic.within + len(signature)] for signature in one.magic.signatures):
            return one
    if head.startswith(b"PK"):
        return inspect_zip(stream, wanted=wanted)
    if head.startswith(OLE):
        return inspect_ole(stream)
    if head.startswith(ARCHIVES) or head[257:262] == b"ustar":
        raise Refusal("archive")
    if wanted is not None and not wanted.magic.is_text and not wanted.may_look_like:
        raise Refusal("mismatch", f"no content of {wanted.endings[0]}")
    for one in FORMATS:
        if one.magic.start is not None and not one.magic.start_needs_ending and one.magic.start.match(head):
            return one
    if XML_START.match(head) and wanted is not HTML:
        raise Refusal("markup", "XML")
    if SVG.search(head[:SVG_BYTES]) and wanted not in (HTML, MARKDOWN):
        raise Refusal("markup", "SVG")
    if _is_text(head):
        return TEXT
    raise Refusal("unknown_type", _magic_name(head))


def _is_text(head: bytes) -> bool:
    """True where the bytes read as text in the encoding they seem to be in."""
    encoding = detect_encoding(head)
    text = head.decode(encoding, "replace")
    bad = len(CONTROL.findall(text)) + text[:-4].count("\ufffd")
    return bad <= max(1, 0.02 * len(text))


def _magic_name(head: bytes) -> str:
    import puremagic  # for a name in the log; it reads a table of all kinds of files when it is loaded

    try:
        return puremagic.from_string(head[:4096], mime=True)
    except (puremagic.PureError, ValueError):
        return "binary"

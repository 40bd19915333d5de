"""What a file is, by its content. The extension and the client's word are compared with it, never trusted."""

import re
import zipfile
import zlib
from pathlib import Path

from ingest.parsers.encoding import detect_encoding
from ingest.parsers.media_types import (
    CSV,
    DOCX,
    EMAIL,
    EXTENSIONS,
    HTML,
    JPEG,
    JSON_LINES,
    MARKDOWN,
    PDF,
    PICTURES,
    PNG,
    PPTX,
    TEXT,
    TIFF,
    TSV,
    XLSX,
)
from ingest.parsers.refusal import Refusal

# Text has no signature: HTML may begin like text, Markdown like HTML.
ALSO = frozenset(
    (
        (TEXT, MARKDOWN),
        (TEXT, HTML),
        (HTML, MARKDOWN),
        (HTML, TEXT),
        (TEXT, CSV),
        (TEXT, TSV),
        (TEXT, JSON_LINES),
    )
)
OFFICE_KINDS = {
    "wordprocessingml.document.main": DOCX,
    "presentationml.presentation.main": PPTX,
    "spreadsheetml.sheet.main": XLSX,
}
SIGNATURES = {b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG, b"II*\x00": TIFF, b"MM\x00*": TIFF}
ARCHIVES = (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"MSCF")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML_TAG = rb"<(?:!doctype\s+html|html|head|body|meta|title|div|p|h1|table|script)\b"
HTML_START = re.compile(rb"^\s*(?:<!--.*?-->\s*)*" + HTML_TAG, re.IGNORECASE | re.DOTALL)
MAIL_START = re.compile(rb"^\s*(?:>?From [^\n]*\n)?[!-9;-~]{1,76}:[ \t\r\n]")
XML_START = re.compile(rb"^\s*(?:<\?xml|<!doctype\s+(?!html))", re.IGNORECASE)
SVG = re.compile(rb"<(?:\w+:)?svg\b", re.IGNORECASE)
MACRO_SUFFIXES = frozenset((".docm", ".xlsm", ".pptm", ".dotm", ".xltm", ".xlsb"))
LEGACY_SUFFIXES = frozenset((".doc", ".xls", ".ppt", ".rtf", ".odt", ".ods", ".odp", ".wps", ".pages", ".numbers", ".key"))
BROKEN_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error)
ZIP_DAMAGE = (*BROKEN_ZIP, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
MAX_ENTRIES = 50_000  # 5,000 slides with notes have 30,000
MAX_INFLATED_BYTES = 300 * 1024 * 1024
MAX_ENTRY_BYTES = 150 * 1024 * 1024
HEAD_BYTES = 64 * 1024
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_type(path: Path, *, name: str) -> str:
    """Return the media type that decides which parser reads the file.

    Looks at its beginning, and through a zip's entries without keeping them.

    Raises: Refusal: empty, archive, legacy, macros, markup, locked, damaged, bomb, mismatch, unknown_type.
    """
    suffix = Path(name.lower()).suffix
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refusal("empty")
    found = _by_content(path, head, suffix)
    wanted = EXTENSIONS.get(suffix)
    if suffix in MACRO_SUFFIXES:
        raise Refusal("macros")
    if wanted is None:
        raise Refusal("legacy" if suffix in LEGACY_SUFFIXES else "unknown_type", suffix or "no extension")
    if found == wanted or (found, wanted) in ALSO:
        return wanted
    if found in PICTURES and wanted in PICTURES:
        return found  # which kind of picture it is matters to nobody but the decoder
    raise Refusal("mismatch", f"{found} named {suffix}")


def _by_content(path: Path, head: bytes, suffix: str) -> str:
    if suffix == ".eml" and MAIL_START.match(head):
        return EMAIL
    if b"%PDF-" in head[:1024]:
        return PDF
    for signature, media_type in SIGNATURES.items():
        if head.startswith(signature):
            return media_type
    if head.startswith(b"PK"):
        return inspect_zip(path, suffix=suffix)
    if head.startswith(OLE):
        raise Refusal("locked" if _is_encrypted_office(path) else "legacy", "OLE container")
    if head.startswith(b"{\\rtf"):
        raise Refusal("legacy", "RTF")
    if head.startswith(ARCHIVES) or head[257:262] == b"ustar":
        raise Refusal("archive")
    if suffix == ".pdf":
        raise Refusal("mismatch", "no PDF header")
    if HTML_START.match(head):
        return HTML
    if XML_START.match(head) and suffix not in (".html", ".htm", ".xhtml"):
        raise Refusal("markup", "XML")
    if SVG.search(head[:2048]) and suffix not in (".md", ".markdown", ".html", ".htm"):
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


def _is_encrypted_office(path: Path) -> bool:
    """An encrypted DOCX is an OLE container with the streams EncryptionInfo or DataSpaces; their names are UTF-16."""
    with path.open("rb") as stream:
        data = stream.read(4 * 1024 * 1024).lower()
    names = ("encryptioninfo", "encryptedpackage", "dataspaces", "drmcontent")
    return any(name.encode("utf-16-le") in data for name in names)


def inspect_zip(path: Path, *, suffix: str = "") -> str:
    """Return the media type of an office file; counts while inflating, so that no bomb goes off.

    Raises: Refusal: archive, macros, damaged, bomb.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Refusal("bomb", f"{len(entries)} entries")
            names = [entry.filename for entry in entries]
            kind = _office_kind(archive, names, suffix)
            if len(set(names)) != len(names):
                raise Refusal("damaged", "two entries of one name")
            _count_inflated(archive, entries)
            return kind
    except ZIP_DAMAGE as error:
        raise Refusal("damaged", f"zip: {error}") from error


def _office_kind(archive: zipfile.ZipFile, names: list[str], suffix: str) -> str:
    if "[Content_Types].xml" not in names:
        if "mimetype" in names and "content.xml" in names:
            raise Refusal("legacy")
        raise Refusal("damaged" if suffix in EXTENSIONS else "archive", "zip without office content")
    with archive.open("[Content_Types].xml") as stream:
        types = stream.read(2 * 1024 * 1024).decode("utf-8", "replace").lower()
    if "macroenabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refusal("macros")
    for mark, media_type in OFFICE_KINDS.items():
        if mark in types:
            return media_type
    raise Refusal("unknown_type", "office file of another kind")


def _count_inflated(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    total = 0
    for entry in entries:
        if entry.flag_bits & 1:
            raise Refusal("locked", "encrypted entry")
        size = 0
        with archive.open(entry) as stream:
            while piece := stream.read(1 << 20):
                size += len(piece)
                total += len(piece)
                if size > MAX_ENTRY_BYTES or total > MAX_INFLATED_BYTES:
                    raise Refusal("bomb", "inflates without end")

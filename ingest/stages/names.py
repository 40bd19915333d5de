"""Clean file names, which are untrusted text, before they are stored or shown."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_BYTES = 255  # of the whole name, as most file systems allow for one part
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
WORD = re.compile(r"[^\W\d_a-z]{2,}|[a-z]{3,}")  # Chinese from two characters on, Latin from three letters on
SAYS_NOTHING = frozenset(
    (
        *("doc", "document", "file", "final", "copy", "page", "pages", "pdf", "scan", "scanned", "img", "image", "picture"),
        *("photo", "new", "untitled", "version", "download", "print"),
        *("扫描", "扫描件", "文件", "文档", "图片", "新建文档", "未命名"),
    )
)
DRIVE = re.compile(r"^[A-Za-z]:")


def clean_name(name: str) -> str:
    """Return a relative path of safe parts, in NFC: no `..`, drive, control or direction characters, at most 255 bytes.

    Raises: ValueError: nothing is left of it.
    """
    text = unicodedata.normalize("NFC", CONTROLS.sub("", name)).replace("\\", "/")
    parts = [part.strip(" ") for part in DRIVE.sub("", text).split("/")]
    parts = [part for part in parts if part.strip(". ")]
    if not parts:
        raise ValueError(f"no name in {name!r}")
    cleaned = "/".join(parts)
    if len(cleaned.encode()) <= MAX_BYTES:
        return cleaned
    # Too long: the end says more (the file's own name and type), so the front goes.
    suffix = PurePosixPath(parts[-1]).suffix[:20]
    stem = cleaned.removesuffix(suffix).encode()
    return stem[-(MAX_BYTES - len(suffix.encode())) :].decode("utf-8", "ignore").lstrip("/. ") + suffix


def title_from(name: str) -> str:
    """Return a title for a document that declares none: its file name as a person would write it, without the type.

    Hyphens part words only in a name without spaces, and never a number or a code: "QM-01", "10-K", "2024-03-31".
    """
    stem = PurePosixPath(name).stem
    text = re.sub(r"[_\s]+", " ", stem).strip()
    if " " not in stem.strip():
        text = re.sub(r"(?<=[^\W\d])-(?=[^\W\d])|(?<=[^\W\dA-Z])-(?=\d)", " ", text)
    first = text.partition(" ")[0]
    return (text[:1].upper() + text[1:] if first.islower() else text) or name


def is_descriptive(name: str) -> bool:
    """Tell whether a file name says what is in the file; "scan 0012.pdf" and "document(3).pdf" do not."""
    words = WORD.findall(PurePosixPath(name).stem.lower())
    return any(word not in SAYS_NOTHING for word in words)

"""File names are strangers' text: made safe before they are stored or shown."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_BYTES = 255  # of the whole name, as most file systems allow for one part
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
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
    """Return a title for a document that declares none: its file name, without type and underscores."""
    stem = PurePosixPath(name).stem
    return re.sub(r"[_\s]+", " ", stem).strip() or name

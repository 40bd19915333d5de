"""Macros are never run. Their presence is told, in old and new formats alike."""

import zipfile
from typing import BinaryIO

from ingest.parsers.content import Items, Notice

PROJECT = "vbaproject.bin"  # where Office keeps them
DIALOGS = ("xl/macrosheets/", "xl/dialogsheets/")  # macros in cells, as Excel 4 had them


def with_macro_warning(items: Items, *, has_macros: bool) -> Items:
    """Yield what was read, then a notice where there are macros."""
    yield from items
    if has_macros:
        yield Notice(code="macros_skipped")


def has_macros(stream: BinaryIO) -> bool:
    """Tell whether an Office file holds macros; leaves the stream at its beginning."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return any(name.lower().endswith(PROJECT) or name.lower().startswith(DIALOGS) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    finally:
        stream.seek(0)

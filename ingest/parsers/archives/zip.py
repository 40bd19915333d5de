"""ZIP of documents, opened as a folder: each file is read by its own format and stands on pages with its name."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import SEEK_END
from itertools import chain
from pathlib import PurePosixPath
from typing import BinaryIO

from ingest.parsers.attachments import Attachments
from ingest.parsers.content import Items, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.flow import Flow
from ingest.parsers.formats.containers import MAX_ENTRY_BYTES, ZIP_DAMAGE
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.refusal import Refusal

LABEL = "File "
LABEL_CHARACTERS = 60
MAX_FILES = 2000
ENCRYPTED = 0x1
UTF8_NAME = 0x800  # the flag of an entry whose name is UTF-8
JUNK = frozenset(("__macosx", ".ds_store", "thumbs.db", "desktop.ini"))


def parse_zip(stream: BinaryIO, *, name: str, parse: ParseFile | None) -> Items:
    """Yield the pages of each file in it; `parse` reads them, None: files lie too deep in each other.

    The zip was looked through before (formats.containers.inspect_zip). Raises: Refusal: damaged, locked, unsafe_paths, too_nested,
    no_documents.
    """
    if parse is None:
        raise Refusal("too_nested", "archives in archives")
    try:
        with zipfile.ZipFile(stream) as archive:
            _check(archive, stream)
            folder = _Folder(archive, parse)
            pages = folder.read()
            first = next(pages, None)
            if first is None:
                raise Refusal("no_documents", folder.files.listed(folder.files.unread))
            yield Opening()
            yield from chain((first,), pages)
    except ZIP_DAMAGE as error:
        raise Refusal("damaged", f"zip: {error}") from error
    yield from folder.notices()


def _check(archive: zipfile.ZipFile, stream: BinaryIO) -> None:
    """Refuse an archive that would be read in part (a password) or that was made to harm whoever unpacks it."""
    entries = _files_of(archive)
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise Refusal("locked", "an entry")
    if any(".." in PurePosixPath(entry.filename.replace("\\", "/")).parts for entry in entries):
        raise Refusal("unsafe_paths", "a path that climbs")
    size = stream.seek(0, SEEK_END)
    for entry in entries:
        if entry.file_size == size:
            held = archive.read(entry)  # which moves the stream
            stream.seek(0)
            if held == stream.read():
                raise Refusal("too_nested", "the archive holds itself")


def _files_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [entry for entry in archive.infolist() if not entry.is_dir() and not _is_junk(entry.filename)]


class _Folder:
    def __init__(self, archive: zipfile.ZipFile, parse: ParseFile) -> None:
        self.archive = archive
        self.files = Attachments(Flow(), parse, limit=MAX_FILES)
        self.number = 0

    def read(self) -> Iterator[ParsedPage]:
        for entry in _files_of(self.archive):
            name = shown_name(entry)
            if (data := self._data(entry)) is None:
                self.files.unread.append(name)
            else:
                yield from self._pages(name, data)

    def _data(self, entry: zipfile.ZipInfo) -> bytes | None:
        """Return a file; None where it is damaged, too large, or points to another."""
        if entry.file_size > MAX_ENTRY_BYTES or stat.S_ISLNK(entry.external_attr >> 16):
            return None
        try:
            return self.archive.read(entry)  # no more than it declares, which inspect_zip has counted
        except ZIP_DAMAGE:
            return None

    def _pages(self, name: str, data: bytes) -> Iterator[ParsedPage]:
        label = f"{LABEL}{name}"
        label = label if len(label) <= LABEL_CHARACTERS else f"{LABEL}…{name[-(LABEL_CHARACTERS - len(LABEL) - 1) :]}"
        self.files.flow = Flow()  # a file begins a page
        for page in self._of_file(name, data):
            self.number += 1
            yield replace(page, number=self.number, label=label)

    def _of_file(self, name: str, data: bytes) -> Iterator[ParsedPage]:
        yield from self.files.add(name, data, depth=0)
        yield from self.files.flow.finish()

    def notices(self) -> Iterator[Notice]:
        yield from self.files.notices("files")


def shown_name(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry as people read it, below the archive; it is never a path of a disk."""
    name = entry.filename
    if not entry.flag_bits & UTF8_NAME:
        try:
            raw = name.encode("cp437")  # zipfile reads the bytes of other programs like that
            name = raw.decode(detect_encoding(raw), "replace")
        except UnicodeEncodeError:
            pass
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    return Flow().cleaner.clean_line("/".join(part for part in parts if not part.endswith(":")))[-200:] or "?"


def _is_junk(name: str) -> bool:
    """True for what systems leave in folders."""
    parts = name.lower().replace("\\", "/").split("/")
    return any(part in JUNK for part in parts) or parts[-1].startswith("._")

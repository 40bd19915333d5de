"""What lies in a container, a zip or an OLE file, without unpacking it: which format it is, and whether it is safe to open."""

import struct
import zipfile
import zlib
from typing import BinaryIO

from ingest.parsers.formats.format import Format
from ingest.parsers.formats.registry import FORMATS
from ingest.parsers.refusal import Refusal

BROKEN_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error)
ZIP_DAMAGE = (*BROKEN_ZIP, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
MAX_ENTRIES = 50_000  # 5,000 slides with notes have 30,000
MAX_INFLATED_BYTES = 300 * 1024 * 1024
MAX_ENTRY_BYTES = 150 * 1024 * 1024
MAX_TYPES_BYTES = 2 * 1024 * 1024
MAX_RATIO, RATIO_BYTES = 200, 16 * 1024 * 1024  # logs and tables pack to a fiftieth
OLE_NAMES_BYTES = 4 * 1024 * 1024
OLD_STREAMS = frozenset(("PP40", "PP30"))  # of PowerPoint 95 and 4


def inspect_zip(stream: BinaryIO, *, wanted: Format | None = None) -> Format:
    """Return the format of a zip; counts what it inflates to, so that no bomb goes off.

    `wanted`: the format of its ending. Raises: Refusal: archive, legacy, damaged, bomb, locked, unknown_type.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Refusal("bomb", f"{len(entries)} entries")
            names = [entry.filename for entry in entries]
            found = _format_of(archive, names, wanted)
            if found.magic.is_any_zip:
                _check_declared(entries)  # a reader takes no more of an entry than it declares
                return found
            if len(set(names)) != len(names):
                raise Refusal("damaged", "two entries of one name")
            _count_inflated(archive, entries)
            return found
    except ZIP_DAMAGE as error:
        raise Refusal("damaged", f"zip: {error}") from error


def _format_of(archive: zipfile.ZipFile, names: list[str], wanted: Format | None) -> Format:
    if "[Content_Types].xml" in names:
        return _office_format(archive)
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            kind = stream.read(200).decode("ascii", "replace").strip()
        for one in FORMATS:
            if one.magic.zip_mimetype and one.magic.zip_mimetype == kind:
                return one
        if "content.xml" in names:
            raise Refusal("legacy", kind)
    if wanted is not None and wanted.magic.is_any_zip:
        return wanted
    raise Refusal("archive" if wanted is None else "damaged", "zip without office content")


def _office_format(archive: zipfile.ZipFile) -> Format:
    with archive.open("[Content_Types].xml") as stream:
        types = stream.read(MAX_TYPES_BYTES).decode("utf-8", "replace").lower()
    for one in FORMATS:
        if any(kind in types for kind in one.magic.zip_content_types):
            return one
    if "sheet.binary" in types:
        raise Refusal("legacy", "binary workbook")
    raise Refusal("unknown_type", "office file of another kind")


def _check_declared(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_INFLATED_BYTES:
        raise Refusal("bomb", "inflates without end")
    if any(entry.file_size > RATIO_BYTES and entry.file_size > MAX_RATIO * entry.compress_size for entry in entries):
        raise Refusal("bomb", "an entry packed too well")


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


def inspect_ole(stream: BinaryIO) -> Format:
    """Return the format of an OLE container (Office 97 to 2003, Outlook). Raises: Refusal: locked, legacy, old_office, damaged."""
    if _is_encrypted_office(stream):
        raise Refusal("locked", "OLE container")
    names = _root_names(stream)
    for one in FORMATS:
        if names & set(one.magic.ole_streams):
            return one
    raise Refusal("old_office" if names & OLD_STREAMS else "legacy", "OLE container")


def _root_names(stream: BinaryIO) -> set[str]:
    """Return the names of what stands at the root. Raises: Refusal: damaged."""
    import olefile  # rarely needed

    stream.seek(0)
    try:
        with olefile.OleFileIO(stream) as container:
            return {path[0] for path in container.listdir(streams=True, storages=False) if len(path) == 1}
    except (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError, struct.error) as error:
        raise Refusal("damaged", f"OLE container: {type(error).__name__}: {error}") from error


def _is_encrypted_office(stream: BinaryIO) -> bool:
    """An encrypted DOCX is an OLE container with the streams EncryptionInfo or DataSpaces; their names are UTF-16."""
    stream.seek(0)
    data = stream.read(OLE_NAMES_BYTES).lower()
    names = ("encryptioninfo", "encryptedpackage", "dataspaces", "drmcontent")
    return any(name.encode("utf-16-le") in data for name in names)

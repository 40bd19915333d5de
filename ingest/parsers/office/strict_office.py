"""Strict OOXML (ISO/IEC 29500 as Office's "Strict" saves it): the same documents under other names of the namespaces.

The libraries that read office files know the transitional names alone, so a strict file is given those before it is read.
"""

import io
import re
import zipfile
from typing import BinaryIO

STRICT = b"http://purl.oclc.org/ooxml/"
NAMESPACE = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)")
# Most names differ by the year alone; these were also spelled differently.
RENAMED = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}
XML = (".xml", ".rels", ".vml")


def open_office(stream: BinaryIO) -> BinaryIO:
    """Return what python-docx, python-pptx and openpyxl are to open: the file itself, or a strict one under transitional names.

    Never a path: originals lie without an ending, by which openpyxl would judge a file.

    The file's size was looked through before (formats.containers.inspect_zip). Raises: what zipfile raises.
    """
    with zipfile.ZipFile(stream) as archive:
        if not _is_strict(archive):
            stream.seek(0)
            return stream
        translation = io.BytesIO()
        with zipfile.ZipFile(translation, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as translated:
            for entry in archive.infolist():
                data = archive.read(entry)
                translated.writestr(entry.filename, NAMESPACE.sub(_transitional, data) if entry.filename.endswith(XML) else data)
        translation.seek(0)
        return translation


def _is_strict(archive: zipfile.ZipFile) -> bool:
    try:
        with archive.open("_rels/.rels") as stream:
            return STRICT in stream.read(1 << 20)
    except KeyError:
        return False


def _transitional(match: re.Match[bytes]) -> bytes:
    """wordprocessingml/main → wordprocessingml/2006/main, officeDocument/relationships/image → …/2006/relationships/image."""
    family, rest = match.groups()
    parts = [RENAMED.get(part, part) for part in rest.split(b"/")]
    return b"http://schemas.openxmlformats.org/" + family + b"/2006/" + b"/".join(parts)

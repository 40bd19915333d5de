"""Office files that the libraries do not know though they know what is in them: strict ones, templates, those with macros.

Strict OOXML (ISO/IEC 29500 as Office's "Strict" saves it) is the same under other names of the namespaces. A template, a show or a
file with macros calls itself otherwise. Such a file is given the usual names before it is read.
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
TYPES = "[Content_Types].xml"
OFFICE = b"application/vnd.openxmlformats-officedocument."
# What python-docx and python-pptx refuse, by what they take; openpyxl knows them all.
KINDS = {
    OFFICE + b"wordprocessingml.template.main+xml": OFFICE + b"wordprocessingml.document.main+xml",
    OFFICE + b"presentationml.template.main+xml": OFFICE + b"presentationml.presentation.main+xml",
    OFFICE + b"presentationml.slideshow.main+xml": OFFICE + b"presentationml.presentation.main+xml",
}
KINDS |= {
    b"application/vnd.ms-word.%s.main+xml" % kind: OFFICE + b"wordprocessingml.document.main+xml"
    for kind in (b"document.macroEnabled", b"template.macroEnabledTemplate")
}
KINDS |= {
    b"application/vnd.ms-powerpoint.%s.macroEnabled.main+xml" % kind: OFFICE + b"presentationml.presentation.main+xml"
    for kind in (b"presentation", b"slideshow", b"template")
}


def open_office(stream: BinaryIO) -> BinaryIO:
    """Return what python-docx, python-pptx and openpyxl are to open: the file itself, or another one under the usual names.

    Never a path: originals lie without an ending, by which openpyxl would judge a file.

    The file's size was looked through before (formats.containers.inspect_zip). Raises: what zipfile raises.
    """
    with zipfile.ZipFile(stream) as archive:
        types = _types(archive)
        if not _is_strict(archive) and not any(kind in types for kind in KINDS):
            stream.seek(0)
            return stream
        translation = io.BytesIO()
        with zipfile.ZipFile(translation, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as translated:
            for entry in archive.infolist():
                data = archive.read(entry)
                for kind, usual in KINDS.items() if entry.filename == TYPES else ():
                    data = data.replace(kind, usual)
                translated.writestr(entry.filename, NAMESPACE.sub(_transitional, data) if entry.filename.endswith(XML) else data)
        translation.seek(0)
        return translation


def _types(archive: zipfile.ZipFile) -> bytes:
    """Return what the parts of the file are called, at most a megabyte of it."""
    try:
        with archive.open(TYPES) as stream:
            return stream.read(1 << 20)
    except KeyError:
        return b""


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

"""Files embedded in a PDF, as pages after its own: "page 13" of a document of twelve is labelled with the attachment's name."""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import replace

import pypdfium2.raw as pdfium

from ingest.parsers.attachments import LABEL, MAX_ATTACHMENTS, Attachments
from ingest.parsers.content import Notice, ParsedPage, ParseFile
from ingest.parsers.flow import Flow

SecondAttachment = Callable[[str], bytes | None]  # by the other reader
MAX_BYTES = 64 * 1024 * 1024  # of one attachment
LABEL_CHARACTERS = 40


def read_attachments(
    document: object, *, parse: ParseFile, second: SecondAttachment, after: int, first_page: int
) -> Iterator[ParsedPage | Notice]:
    """Yield the attachments' pages, numbered from `after` + 1, from `first_page` on; then what of them was not read."""
    count = max(0, pdfium.FPDFDoc_GetAttachmentCount(document))
    if not count:
        return
    number, attachments = after, Attachments(Flow(), parse)
    for index in range(min(count, MAX_ATTACHMENTS)):
        attachments.flow = Flow()
        attachment = pdfium.FPDFDoc_GetAttachment(document, index)
        name = _name(attachment, attachments.flow) or f"{index + 1}"
        data = _content(attachment) or second(name)
        if not data or len(data) > MAX_BYTES:
            attachments.unread.append(name)
            continue
        label = f"{LABEL}{name}"
        label = label if len(label) <= LABEL_CHARACTERS else label[: LABEL_CHARACTERS - 1] + "…"
        for page in _pages(attachments, name, data):
            number += 1
            if number >= first_page:
                yield replace(page, number=number, label=label)
    attachments.unread += ["…"] * (count > MAX_ATTACHMENTS)
    yield from attachments.notices()


def _pages(attachments: Attachments, name: str, data: bytes) -> Iterator[ParsedPage]:
    yield from attachments.add(name, data, depth=0)
    yield from attachments.flow.finish()


def _name(attachment: object, flow: Flow) -> str:
    length = pdfium.FPDFAttachment_GetName(attachment, None, 0)
    if not 2 < length < 4000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFAttachment_GetName(attachment, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    name = flow.cleaner.clean_line(buffer.raw[: length - 2].decode("utf-16-le", "ignore"))
    return name.replace("\\", "/").rpartition("/")[2][:200]


def _content(attachment: object) -> bytes | None:
    """Return the file; None where it is not there, locked or larger than MAX_BYTES."""
    length = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(length)) or not 0 < length.value <= MAX_BYTES:
        return None
    buffer = ctypes.create_string_buffer(length.value)
    if not pdfium.FPDFAttachment_GetFile(attachment, buffer, length.value, ctypes.byref(length)):
        return None
    return buffer.raw[: length.value]

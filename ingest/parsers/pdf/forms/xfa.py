"""Dynamic forms (XFA): their pages say "Please wait…" alone, and what was filled in lies in a part of XML.

Source: Adobe, XML Forms Architecture (XFA) Specification 3.3.
"""

import ctypes
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import pypdfium2.raw as pdfium
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.parsers.cleaning import Cleaner

WAITS = re.compile(r"please wait|bitte warten|veuillez patienter|espere|请稍候|請稍候|お待ちください", re.IGNORECASE)
MAX_BYTES = 32 << 20
MAX_PACKETS = 50
NOT_SHOWN = frozenset(("hidden", "invisible", "inactive"))


def read_dynamic_form(document: object, cleaner: Cleaner) -> str | None:
    """Return the text of a form in XML, a line for each filled field; "" where none can be read, None for other documents.

    Such a form is dynamic where its page asks to wait (`WAITS`); else its pages show the same.
    """
    if pdfium.FPDF_GetFormType(document) not in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND):
        return None
    try:
        root = fromstring(_packets(document))
    except (ParseError, DefusedXmlException, ValueError):
        return ""
    captions: dict[str, str] = {}
    hidden: set[str] = set()
    for field, is_shown in _fields(root, is_shown=True):
        name = field.get("name") or ""
        captions.setdefault(name, cleaner.clean_line(_caption(field)))
        (hidden.discard if is_shown else hidden.add)(name)
    lines = [
        f"{captions.get(name) or name}: {text}"
        for name, value in _values(root)
        if name not in hidden and (text := cleaner.clean_line(value))
    ]
    return "\n".join(lines)


def _packets(document: object) -> bytes:
    parts: list[bytes] = []
    for index in range(min(pdfium.FPDF_GetXFAPacketCount(document), MAX_PACKETS)):
        length = ctypes.c_ulong()
        if not pdfium.FPDF_GetXFAPacketContent(document, index, None, 0, length) or length.value > MAX_BYTES:
            continue
        buffer = ctypes.create_string_buffer(length.value)
        pdfium.FPDF_GetXFAPacketContent(document, index, buffer, length.value, length)
        parts.append(buffer.raw)
    return b"".join(parts)


def _fields(element: Element, *, is_shown: bool) -> Iterator[tuple[Element, bool]]:
    """Yield the fields of a form's template, and whether each is shown."""
    stack = [(element, is_shown)]
    while stack:
        current, shown = stack.pop()
        shown = shown and current.get("presence") not in NOT_SHOWN
        if _local(current) == "field":
            yield current, shown
        elif _local(current) != "data":
            stack.extend((child, shown) for child in reversed(current))


def _caption(field: Element) -> str:
    captions = (child for child in field if _local(child) == "caption")
    return " ".join("".join(caption.itertext()) for caption in captions).strip().rstrip(":：")


def _values(root: Element) -> Iterator[tuple[str, str]]:
    """Yield the names and values of what was filled in, in the form's order."""
    for data in (found for found in root.iter() if _local(found) == "data"):
        for element in data.iter():
            if element is not data and not len(element) and (element.text or "").strip():
                yield _local(element), element.text or ""


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]

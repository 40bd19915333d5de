"""What a PDF says about itself: title, outline. Read from pdfium; pypdf takes 8 to 30 s for it on some files."""

import ctypes
import re

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import Cleaner

MAX_OUTLINE = 3000
MAX_DEPTH = 6
FILE_LIKE = re.compile(
    r"\.(?:docx?|indd|pdf|xlsx?|pptx?|qxd|tex|dvi)\b|^(?:untitled|microsoft |slide |document\d*$|无标题)", re.IGNORECASE
)
WORDS = re.compile(r"[^\W\d_]{3,}")
CHINESE = re.compile(r"[\u3400-\u9fff]{3,}")


def read_meta(document: object, key: bytes) -> str:
    """Return an entry of the document information, cleaned; empty where there is none."""
    length = pdfium.FPDF_GetMetaText(document, key, None, 0)
    if not 2 < length < 10_000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDF_GetMetaText(document, key, buffer, length)
    return Cleaner().clean_line(buffer.raw[: length - 2].decode("utf-16-le", "ignore"))[:300]


def usable_title(title: str) -> str:
    """Return the declared title where a person wrote it; many are file names, form numbers or what a tool left behind."""
    named = len(WORDS.findall(title)) >= 2 or CHINESE.search(title)
    return title if named and not FILE_LIKE.search(title) else ""


def read_outline(document: object) -> dict[int, list[tuple[int, str]]]:
    """Return the headings of the outline by page number from 1, as (level from 1, title). Loops and depth are bounded."""
    found: dict[int, list[tuple[int, str]]] = {}
    seen: set[int] = set()
    first = pdfium.FPDFBookmark_GetFirstChild(document, None)
    stack = [(first, 1)] if first else []
    while stack and len(seen) < MAX_OUTLINE:
        mark, level = stack.pop()
        address = ctypes.cast(mark, ctypes.c_void_p).value or 0
        if address in seen:
            continue
        seen.add(address)
        following = pdfium.FPDFBookmark_GetNextSibling(document, mark)
        if following:
            stack.append((following, level))
        child = pdfium.FPDFBookmark_GetFirstChild(document, mark) if level < MAX_DEPTH else None
        if child:
            stack.append((child, level + 1))
        target = pdfium.FPDFBookmark_GetDest(document, mark)
        page = pdfium.FPDFDest_GetDestPageIndex(document, target) if target else -1
        title = _title(mark)
        if page >= 0 and title:
            found.setdefault(page + 1, []).append((level, title))
    return found


def _title(mark: object) -> str:
    length = pdfium.FPDFBookmark_GetTitle(mark, None, 0)
    if not 2 < length < 4000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFBookmark_GetTitle(mark, buffer, length)
    return Cleaner().clean_line(buffer.raw[: length - 2].decode("utf-16-le", "ignore"))[:160]

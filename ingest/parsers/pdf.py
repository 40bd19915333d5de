"""PDF: pdfium's text with boxes; pypdf where that is garbage or the file does not open; tesseract where there is only a picture."""

import ctypes
import mmap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2.raw as pdfium

from ingest.names import is_telling
from ingest.parsers import ocr
from ingest.parsers.cleaning import Cleaner, garbage_share
from ingest.parsers.content import Block, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.pdf_attachments import read_attachments
from ingest.parsers.pdf_layout import Layout, body_edge, body_size
from ingest.parsers.pdf_running import drop_running_lines
from ingest.parsers.pdf_structure import read_meta, read_outline, usable_title
from ingest.parsers.pdf_text import MAX_PAGE_POINTS, RawPage, read_page
from ingest.parsers.pdf_title import find_title
from ingest.parsers.refusal import Refusal

if TYPE_CHECKING:
    from ingest.parsers.pdf_second_reader import SecondReader

WINDOW = 32  # pages looked at together for what repeats at their edges
WINDOW_PICTURES = 4  # pages read by OCR after which the window closes early, so that progress shows
GARBAGE = 0.3
OCR_DPI = 300
OCR_MAX_PIXELS = 4400


def parse_pdf(
    path: Path, *, name: str, first_page: int = 1, max_pages: int = 10_000, parse: ParseFile | None = None
) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the pages of a PDF from `first_page` on, then those of its attachments, which `parse` reads; None: they are left.

    Raises: Refusal: locked, damaged, no_pages, too_many_pages.
    """
    if _is_rights_managed(path):
        raise Refusal("locked", "rights management")
    document, keep_alive = _open(path)
    try:
        count = pdfium.FPDF_GetPageCount(document)
        if count <= 0:
            raise Refusal("no_pages")
        if count > max_pages:
            raise Refusal("too_many_pages", str(count))
        metadata = {
            key.lower(): value
            for key in ("Title", "Author", "Subject", "CreationDate")
            if (value := read_meta(document, key.encode()))
        }
        pages = _Pages(path, document)
        title = usable_title(metadata.get("title", ""))
        if not title and not is_telling(name):
            title = find_title(pages.first_page())
        yield Opening(title=title, page_count=count, is_paged=True, metadata=metadata)
        yield from pages.read(range(first_page - 1, count))
        if parse is not None:
            yield from read_attachments(document, parse=parse, second=pages.second_attachment, after=count, first_page=first_page)
    finally:
        pdfium.FPDF_CloseDocument(document)
        del keep_alive


def _is_rights_managed(path: Path) -> bool:
    """Microsoft's wrapper shows one page that says that the reader is not allowed in; the document is an attachment."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"MicrosoftIRMServices") >= 0


def _open(path: Path) -> tuple[object, object]:
    """Open by pdfium, if need be what pypdf rewrote. Returns: the document and what must stay in memory with it."""
    document = pdfium.FPDF_LoadDocument(str(path).encode(), None)
    if document and pdfium.FPDF_GetPageCount(document) > 0:
        return document, None
    if document:
        pdfium.FPDF_CloseDocument(document)
        raise Refusal("no_pages")
    from ingest.parsers.pdf_second_reader import rewrite  # pypdf takes longer to load than most files to read

    data = rewrite(path)
    buffer = ctypes.create_string_buffer(data, len(data))
    document = pdfium.FPDF_LoadMemDocument64(buffer, len(data), None)
    if not document:
        raise Refusal("damaged", f"pdfium error {pdfium.FPDF_GetLastError()}")
    return document, buffer


class _Pages:
    """Reads pages in windows and keeps count of what was odd about them."""

    def __init__(self, path: Path, document: object) -> None:
        self.document = document
        self.cleaner = Cleaner()
        self.path = path
        self.layout = Layout(read_outline(document))
        self.running: set[tuple[str, str]] = set()
        self.plain: dict[int, str] = {}  # pages that pypdf read: text without boxes
        self.pictures: list[int] = []
        self.unread: list[int] = []
        self.hidden: list[int] = []
        self.hidden_words = 0
        self.ahead: dict[int, RawPage] = {}

    @cached_property
    def second(self) -> "SecondReader":
        from ingest.parsers.pdf_second_reader import SecondReader

        return SecondReader(self.path)

    def second_attachment(self, name: str) -> bytes | None:
        """Return an attachment by the second reader."""
        return self.second.attachment(name)

    def first_page(self) -> RawPage:
        """Return the first page ahead of its turn; it is read once."""
        self.ahead[0] = self._page(0)
        return self.ahead[0]

    def read(self, indexes: range) -> Iterator[ParsedPage | Notice]:
        window: list[RawPage] = []
        pictures = 0
        for index in indexes:
            before = len(self.pictures)
            window.append(self.ahead.pop(index, None) or self._page(index))
            pictures += len(self.pictures) - before
            if len(window) >= WINDOW or pictures >= WINDOW_PICTURES:
                yield from self._build(window)
                window, pictures = [], 0
        yield from self._build(window)
        yield from self._notices()

    def _page(self, index: int) -> RawPage:
        raw = read_page(self.document, index, cleaner=self.cleaner)
        if raw.hidden:
            self.hidden.append(raw.number)
            self.hidden_words += raw.hidden
        if raw.lines and raw.unmapped <= len(raw.lines) / 2 and garbage_share(raw.text) < GARBAGE:
            return raw
        if raw.lines or not raw.objects:
            text = self.cleaner.clean(self.second.text(index)).strip()
            if text and garbage_share(text) < GARBAGE:
                raw.lines = []
                self.plain[raw.number] = text
                return raw
        raw.lines = []
        if raw.objects:
            self._read_picture(raw, index)
        return raw

    def _read_picture(self, raw: RawPage, index: int) -> None:
        if not ocr.is_available():
            self.unread.append(raw.number)
            return
        picture, points_per_pixel = _render_grey(self.document, index, raw)
        if picture:
            raw.lines = ocr.read_picture(picture, points_per_pixel=points_per_pixel, cleaner=self.cleaner)
            (self.pictures if raw.lines else self.unread).append(raw.number)

    def _build(self, window: list[RawPage]) -> Iterator[ParsedPage]:
        drop_running_lines(window, kept=self.running)
        body, edge = body_size(window), body_edge(window)
        for raw in window:
            text = self.plain.pop(raw.number, "")
            page = self.layout.build(raw, body=body, edge=edge)
            if text:
                page = ParsedPage(
                    number=page.number,
                    text=text,
                    blocks=_plain_blocks(text, self.layout.path),
                    label=page.label,
                    width=page.width,
                    height=page.height,
                )
            yield page

    def _notices(self) -> Iterator[Notice]:
        if self.pictures:
            yield Notice(code="ocr", pages=tuple(self.pictures))
        if self.unread:
            yield Notice(code="pictures", pages=tuple(self.unread))
        if self.hidden:
            yield Notice(code="hidden_text", pages=tuple(self.hidden), values={"count": self.hidden_words})
        if self.cleaner.invisible:
            yield Notice(code="invisible", values={"count": self.cleaner.invisible})


def _plain_blocks(text: str, path: tuple[str, ...]) -> tuple[Block, ...]:
    blocks, position = [], 0
    for part in text.split("\n\n"):
        if part.strip():
            blocks.append(Block(kind="paragraph", start=position, end=position + len(part), heading_path=path))
        position += len(part) + 2
    return tuple(blocks)


def _render_grey(document: object, index: int, raw: RawPage) -> tuple[bytes, float]:
    """Return the page as a PGM picture and the size of its pixels in points; no bytes where the page's size is absurd."""
    longest = max(raw.width, raw.height)
    if min(raw.width, raw.height) < 1 or longest > MAX_PAGE_POINTS:
        return b"", 1.0
    scale = min(OCR_DPI / 72, OCR_MAX_PIXELS / longest)
    width, height = max(1, round(raw.width * scale)), max(1, round(raw.height * scale))
    page = pdfium.FPDF_LoadPage(document, index)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
    if not page or not bitmap:
        return b"", 1.0
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT | pdfium.FPDF_GRAYSCALE)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        rows = pixels if stride == width else b"".join(pixels[row * stride : row * stride + width] for row in range(height))
        return b"P5 %d %d 255\n" % (width, height) + rows, 1 / scale
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
        pdfium.FPDF_ClosePage(page)

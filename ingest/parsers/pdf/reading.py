"""PDF: pdfium's text with boxes; pypdf where that is garbage or the file does not open; OCR where there is only a picture."""

import ctypes
import io
import mmap
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import Cleaner, garbage_share
from ingest.parsers.content import Block, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.left_out import LeftOut
from ingest.parsers.pdf.attachments import read_attachments
from ingest.parsers.pdf.forms.annotations import form_of
from ingest.parsers.pdf.forms.form_lines import place_annotations
from ingest.parsers.pdf.forms.xfa import WAITS, read_dynamic_form
from ingest.parsers.pdf.fractions import write_fractions
from ingest.parsers.pdf.layout import Layout, body_edge, body_size
from ingest.parsers.pdf.links import write_addresses
from ingest.parsers.pdf.marks import give_marks
from ingest.parsers.pdf.page import RawPage
from ingest.parsers.pdf.plausible import is_better, is_garbled
from ingest.parsers.pdf.running import drop_running_lines
from ingest.parsers.pdf.struck import drop_struck
from ingest.parsers.pdf.structure import read_meta, read_outline, usable_title
from ingest.parsers.pdf.text import MAX_PAGE_POINTS, read_page
from ingest.parsers.pdf.title import find_title
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.pictures.in_pdf import PagePictures
from ingest.parsers.refusal import Refusal
from ingest.stages.names import is_descriptive

if TYPE_CHECKING:
    from ingest.parsers.pdf.second_reader import SecondReader

WINDOW = 32  # pages looked at together for what repeats at their edges
WINDOW_PICTURES = 4  # pages read by OCR after which the window closes early, so that progress shows
GARBAGE = 0.3
LAYERS = re.compile(rb"/OCProperties|/ObjStm")  # named in the file, or maybe in what it packs
OCR_DPI = 300
OCR_MAX_PIXELS = 4400


def parse_pdf(
    stream: BinaryIO, *, name: str, first_page: int = 1, max_pages: int = 10_000, parse: ParseFile | None = None
) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the pages of a PDF from `first_page` on, then those of its attachments, which `parse` reads; None: they are left.

    Raises: Refusal: locked, damaged, no_pages, too_many_pages.
    """
    data = _memory_of(stream)
    if re.search(b"MicrosoftIRMServices", data):
        # Microsoft's wrapper shows one page that says that the reader is not allowed in; the document is an attachment.
        raise Refusal("locked", "rights management")
    document, keep_alive = _open(stream, data)
    try:
        count = pdfium.FPDF_GetPageCount(document)
        if count <= 0:
            raise Refusal("no_pages")
        if count > max_pages:
            raise Refusal("too_many_pages", str(count))
        metadata = {
            key.lower(): value
            for key in ("Title", "Author", "Subject", "Keywords", "CreationDate")
            if (value := read_meta(document, key.encode()))
        }
        with form_of(document) as form:
            pages = _Pages(stream, document, form, has_layers=LAYERS.search(data) is not None)
            title = usable_title(metadata.get("title", ""))
            if not title and not is_descriptive(name):
                title = find_title(pages.first_page())
            yield Opening(title=title, page_count=count, is_paged=True, metadata=metadata)
            yield from pages.read(range(first_page - 1, count))
        if parse is not None:
            yield from read_attachments(document, parse=parse, second=pages.second_attachment, after=count, first_page=first_page)
    finally:
        pdfium.FPDF_CloseDocument(document)
        del keep_alive


def _memory_of(stream: BinaryIO) -> mmap.mmap | bytes:
    """Return the file as a stretch of memory; one on a disk is mapped, so that no more of it is loaded than is looked at."""
    if isinstance(stream, io.BytesIO):
        return stream.getvalue()
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)


def _open(stream: BinaryIO, data: mmap.mmap | bytes) -> tuple[object, object]:
    """Open by pdfium, if need be what pypdf rewrote. Returns: the document and what must stay in memory with it."""
    memory = data if isinstance(data, bytes) else (ctypes.c_char * len(data)).from_buffer(data)
    document = pdfium.FPDF_LoadMemDocument64(memory, len(data), None)
    if document and pdfium.FPDF_GetPageCount(document) > 0:
        return document, memory
    # pypdf takes longer to load than most files to read
    from ingest.parsers.pdf.second_reader import is_without_pages, rewrite

    if document:
        pdfium.FPDF_CloseDocument(document)
        if is_without_pages(stream):
            raise Refusal("no_pages")
    rewritten = rewrite(stream)
    document = pdfium.FPDF_LoadMemDocument64(rewritten, len(rewritten), None)
    if not document:
        raise Refusal("damaged", f"pdfium error {pdfium.FPDF_GetLastError()}")
    if pdfium.FPDF_GetPageCount(document) <= 0:
        pdfium.FPDF_CloseDocument(document)
        raise Refusal("damaged", "the page tree")
    return document, rewritten


class _Pages:
    """Reads pages in windows and keeps count of what was odd about them."""

    def __init__(self, stream: BinaryIO, document: object, form: object | None, *, has_layers: bool) -> None:
        self.document, self.form, self.has_layers = document, form, has_layers
        self.cleaner = Cleaner()
        self.stream = stream
        self.layout = Layout(read_outline(document))
        self.running: set[tuple[str, str]] = set()
        self.plain: dict[int, str] = {}  # pages that pypdf read: text without boxes
        self.pictures: list[int] = []
        self.unread: list[int] = []
        self.beside = PagePictures(self.cleaner, lambda raw: _render_grey(document, raw.number - 1, raw))
        self.has_text = False
        self.broken: list[int] = []  # pages that could not be opened
        self.garbled: list[int] = []
        self.hidden: list[int] = []
        self.hidden_words = 0
        self.left_out = LeftOut()
        self.notes: dict[int, int] = {}  # how many were read on each page
        self.ahead: dict[int, RawPage] = {}
        self.dynamic = read_dynamic_form(document, self.cleaner)

    @cached_property
    def second(self) -> "SecondReader":
        from ingest.parsers.pdf.second_reader import SecondReader

        return SecondReader(self.stream)

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
            window.append(self.ahead.pop(index) if index in self.ahead else self._page(index))
            pictures += len(self.pictures) - before
            if len(window) >= WINDOW or pictures >= WINDOW_PICTURES:
                yield from self._build(window)
                window, pictures = [], 0
        yield from self._build(window)
        if self.broken and not self.has_text and indexes.start == 0:
            raise Refusal("damaged", "pages cannot be opened, and no text is on the others")
        yield from self._notices()

    def _page(self, index: int) -> RawPage:
        raw = self._read(index)
        give_marks(raw)
        for stretch in drop_struck(raw):
            self.left_out.add("struck_out", place=stretch, page=raw.number)
        write_fractions(raw)
        write_addresses(raw)
        place_annotations(raw)
        if raw.annotations.notes:
            self.notes[raw.number] = len(raw.annotations.notes)
        return raw

    def _read(self, index: int) -> RawPage:
        raw = read_page(self.document, index, cleaner=self.cleaner, form=self.form, has_layers=self.has_layers)
        if self.dynamic is not None and not index and WAITS.search(raw.text):
            if not self.dynamic:
                self.left_out.add("objects", place="XFA", page=raw.number)
            else:  # what the page prints asks to wait, or for another program
                raw.lines, raw.hidden, self.plain[raw.number] = [], 0, self.dynamic
                return raw
        if raw.hidden:
            self.hidden.append(raw.number)
            self.hidden_words += raw.hidden
        if raw.lines and raw.unmapped <= len(raw.lines) / 2 and garbage_share(raw.text) < GARBAGE:
            if is_garbled(raw.text):
                self._reread(raw, index)
            elif raw.pictures:
                self.beside.add_words(raw)
            return raw
        if raw.lines or not raw.objects:
            text = self.cleaner.clean(self.second.text(index)).strip()
            if text and garbage_share(text) < GARBAGE:
                raw.lines = []
                self.plain[raw.number] = text
                return raw
        if not raw.lines and not raw.width:
            self.broken.append(raw.number)
        raw.lines = []
        if raw.objects:
            self._read_picture(raw, index)
        return raw

    def _reread(self, raw: RawPage, index: int) -> None:
        """Read a page whose text looks like no language as a picture, and keep what looks more like one."""
        before = raw.lines
        if ocr.is_available():
            picture, points_per_pixel = _render_grey(self.document, index, raw)
            lines = ocr.read_picture(picture, points_per_pixel=points_per_pixel, cleaner=self.cleaner) if picture else []
            if is_better("\n".join(line.text for line in lines), raw.text):
                raw.lines, raw.annotations = lines, replace(raw.annotations, struck=())
                self.pictures.append(raw.number)
                return
            if lines:
                return  # the page shows the same: lists of codes look like this
        raw.lines = before
        self.garbled.append(raw.number)

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
        self.layout.learn(window)
        body, edge = body_size(window), body_edge(window)
        for raw in window:
            text = self.plain.pop(raw.number, "")
            page = self.layout.build(raw, body=body, edge=edge)
            if text:
                text = "\n\n".join([text, *(line.text for line in raw.lines if line.apart)])
                page = ParsedPage(
                    number=page.number,
                    text=text,
                    blocks=_plain_blocks(text, self.layout.path),
                    label=page.label,
                    width=page.width,
                    height=page.height,
                )
            self.has_text = self.has_text or bool(page.text)
            yield page

    def _notices(self) -> Iterator[Notice]:
        if pages := sorted({*self.pictures, *self.beside.read}):
            yield Notice(code="ocr", pages=tuple(pages))
        if pages := sorted({*self.unread, *self.beside.unread}):
            yield Notice(code="pictures", pages=tuple(pages))
        if self.broken:
            yield Notice(code="broken_parts", pages=tuple(self.broken))
        if self.garbled:
            yield Notice(code="garbled", pages=tuple(self.garbled))
        if self.hidden:
            yield Notice(code="hidden_text", pages=tuple(self.hidden), values={"count": self.hidden_words})
        yield from self.left_out.notices()
        if self.notes:
            yield Notice(code="notes", pages=tuple(self.notes), values={"count": sum(self.notes.values())})
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

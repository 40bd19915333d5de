"""pypdf, the second reader: opens what pdfium cannot, and reads a page whose text pdfium garbles."""

import io
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, BinaryIO, TypeVar

from pypdf import PasswordType, PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from ingest.parsers.refusal import Refusal

Answer = TypeVar("Answer")
PAGE_SECONDS = 5
OPEN_SECONDS = 30
EXPECTED = (
    PyPdfError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
    OSError,
    NotImplementedError,
    ArithmeticError,
)


class TooSlow(PyPdfError):
    """The page took longer than it is worth."""


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Interrupt pure Python code that runs too long. In the main thread of the parsing child only."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow("time limit")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def rewrite(stream: BinaryIO) -> bytes:
    """Return the file written anew, decrypted and with its cross references repaired, so that pdfium opens it.

    Raises: Refusal: locked, damaged.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with _limited(OPEN_SECONDS):
            reader = PdfReader(stream, strict=False)
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise Refusal("locked", "needs a user password")
            writer = PdfWriter(clone_from=reader)
            rewritten = io.BytesIO()
            writer.write(rewritten)
            return rewritten.getvalue()
    except EXPECTED as error:
        raise Refusal("damaged", f"pypdf: {type(error).__name__}: {error}") from error


def is_without_pages(stream: BinaryIO) -> bool:
    """Tell whether the file says itself that it has no page; one whose tree of pages is damaged does not."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with _limited(OPEN_SECONDS):
            pages: Any = PdfReader(stream, strict=False).root_object["/Pages"].get_object()
            return bool(pages["/Type"] == "/Pages") and not len(pages["/Kids"].get_object())
    except EXPECTED:
        return False


class SecondReader:
    """Text of single pages by pypdf; opened at the first need."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.reader: PdfReader | None = None
        self.broken = False

    def text(self, index: int) -> str:
        """Return the page's text, empty where pypdf cannot read it either."""
        return self._ask(lambda reader: reader.pages[index].extract_text()) or ""

    def attachment(self, name: str) -> bytes | None:
        """Return the embedded file of this name, None where pypdf does not get at it either."""
        return self._ask(lambda reader: next(iter(reader.attachments.get(name, ())), None))

    def _ask(self, question: Callable[[PdfReader], Answer]) -> Answer | None:
        """Return the answer, None where pypdf fails at it or takes too long."""
        if self.broken:
            return None
        try:
            with _limited(PAGE_SECONDS):
                if self.reader is None:
                    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
                    self.reader = PdfReader(self.stream, strict=False)
                    if self.reader.is_encrypted:
                        self.reader.decrypt("")
                return question(self.reader)
        except EXPECTED:
            self.broken = self.reader is None
            return None

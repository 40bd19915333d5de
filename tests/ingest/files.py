"""Makes the small files that the ingest tests read."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import docx
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

SHARED = Path(os.environ.get("ATTEST_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pdf(*pages: Iterator[tuple[float, float, str]] | list[tuple[float, float, str]], encrypt: object = None) -> bytes:
    """A PDF in Helvetica 11; each page is a list of (x, y from the top, text)."""
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4, encrypt=encrypt)
    for page in pages:
        drawing.setFont("Helvetica", 11)
        for x, y, text in page:
            drawing.drawString(x, A4[1] - y, text)
        drawing.showPage()
    drawing.save()
    return stream.getvalue()


def lines(*texts: str, top: float = 120, step: float = 14) -> list[tuple[float, float, str]]:
    return [(72, top + step * i, text) for i, text in enumerate(texts)]


def docx_bytes(document: "docx.document.Document") -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()

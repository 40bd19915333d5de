"""Files that Office saved as "Strict Open XML", made here by giving ordinary ones the strict names."""

import datetime
import io
import re
import zipfile

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from tests.ingest.files import write
from tests.ingest.store import read_file

YEARLY = re.compile(rb"http://schemas\.openxmlformats\.org/(officeDocument|\w+ml)/2006/([\w/-]+)")


def strict(data: bytes) -> bytes:
    """Rename the namespaces as the standard does; those of the package itself stay."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name != "[Content_Types].xml" and name.endswith((".xml", ".rels")):
                content = YEARLY.sub(_rename, content)
            target.writestr(name, content)
    return stream.getvalue()


def _rename(match: re.Match[bytes]) -> bytes:
    rest = match.group(2).replace(b"extended-properties", b"extendedProperties").replace(b"custom-properties", b"customProperties")
    return b"http://purl.oclc.org/ooxml/" + match.group(1) + b"/" + rest


def saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return strict(stream.getvalue())


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Leave", 1)
    document.add_paragraph("Nine days of burrow leave.")
    return saved(document)


def sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Item", "Price", "From"])
    book.active.append(["Pan", 30, datetime.date(2026, 3, 1)])
    return saved(book)


def slides() -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "Depot opens in March"
    return saved(show)


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("a.docx", word, "Leave\n\nNine days of burrow leave."),
        ("a.xlsx", sheet, "Sheet\n\nItem | Price | From\n\nItem: Pan; Price: 30; From: 2026-03-01"),
        ("a.pptx", slides, "Depot opens in March"),
    ],
)
def test_strict_files_read_as_others_do(tmp_path, name, make, text):
    data = make()
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(data)).read("_rels/.rels")
    _, pages, _ = read_file(write(tmp_path, name, data))
    assert [page.text for page in pages] == [text]

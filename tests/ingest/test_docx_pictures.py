"""Pictures in a DOCX that hold words: a pasted screenshot, a scanned annex."""

import io

import docx
import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.parsers.pictures import recognition as ocr
from tests.ingest.files import docx_bytes, write
from tests.ingest.store import read_file

pytestmark = pytest.mark.skipif(not ocr.is_available(), reason="the OCR engine is not installed")


def picture(text: str) -> io.BytesIO:
    image = Image.new("L", (900, 200), 255)
    ImageDraw.Draw(image).text((30, 60), text, font=ImageFont.load_default(48), fill=0)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream


def test_the_words_of_a_picture_stand_where_the_picture_stands(tmp_path):
    document = docx.Document()
    document.add_heading("Fire drill", 1)
    document.add_paragraph("The plan:")
    pasted = picture("Assemble at the north gate")
    document.add_picture(pasted)
    document.add_picture(pasted)  # the same picture again says nothing new
    document.add_picture(picture("::"))  # no words
    document.add_paragraph("Drills are in March.")
    _, (page,), notices = read_file(write(tmp_path, "a.docx", docx_bytes(document)))

    assert page.text == "Fire drill\n\nThe plan:\n\nAssemble at the north gate\n\nDrills are in March."
    assert {block.heading_path for block in page.blocks} == {("Fire drill",)}
    assert [notice.code for notice in notices] == ["ocr"]


def test_pictures_are_reported_where_nothing_can_read_them(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    document = docx.Document()
    document.add_paragraph("The plan:")
    document.add_picture(picture("Assemble at the north gate"))
    _, (page,), notices = read_file(write(tmp_path, "a.docx", docx_bytes(document)))

    assert page.text == "The plan:"
    assert [notice.code for notice in notices] == ["pictures"]

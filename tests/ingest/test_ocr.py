"""OCR without a system package: words of a scan with their places, in a process that is limited and has no network."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pictures import rapid as ocr_rapid
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.pictures import tesseract as ocr_tesseract
from tests.ingest.store import read_in_child

needs_rapidocr = pytest.mark.skipif(not ocr_rapid.is_available(), reason="rapidocr is not installed")
DPI = 300
A4 = (2480, 3508)


def page(*texts, size=(1600, 800), step=100):
    picture = Image.new("L", size, "white")
    draw = ImageDraw.Draw(picture)
    for number, text in enumerate(texts):
        draw.text((100, 100 + step * number), text, fill="black", font=ImageFont.load_default(size=44))
    return picture


def as_bytes(picture):
    stream = io.BytesIO()
    picture.save(stream, "PPM")
    return stream.getvalue()


@pytest.fixture
def reader():
    """A reader of its own, which ends with the test."""
    reader = ocr_rapid._Reader()
    yield reader
    reader.end()


def test_it_reads_without_a_system_package_unless_the_setting_names_one(monkeypatch):
    monkeypatch.delenv("ATTEST_OCR", raising=False)
    monkeypatch.setattr(ocr_tesseract, "is_available", lambda: False)
    monkeypatch.setattr(ocr_rapid, "is_available", lambda: True)
    assert (ocr.engine(), ocr.is_available()) == ("rapidocr", True)
    monkeypatch.setenv("ATTEST_OCR", "tesseract")
    assert (ocr.engine(), ocr.is_available()) == ("tesseract", False)


@pytest.mark.parametrize("name", ["rapidocr", "tesseract"])
def test_words_have_their_places(name, reader, monkeypatch):
    if not ocr.ENGINES[name].is_available():
        pytest.skip(f"{name} is not installed")
    monkeypatch.setattr(ocr_rapid, "_READER", reader)
    monkeypatch.setenv("ATTEST_OCR", name)
    (line,) = ocr.read_picture(as_bytes(page("The canteen opens at noon")), points_per_pixel=0.5, cleaner=Cleaner())

    assert [word.text for word in line.words] == ["The", "canteen", "opens", "at", "noon"]
    assert line.text == "The canteen opens at noon"
    left = 100 + ImageFont.load_default(size=44).getlength("The canteen opens at ")
    assert line.words[4].left == pytest.approx(left / 2, abs=8)
    assert 45 < line.words[4].top < line.words[4].bottom < 80


@needs_rapidocr
def test_a_process_that_died_costs_its_picture_alone(reader):
    assert reader.read(as_bytes(page("The canteen opens at noon")))
    reader.process.kill()
    reader.process.wait()

    assert reader.read(as_bytes(page("The canteen opens at noon")))


@needs_rapidocr
def test_a_picture_without_words_has_none(reader):
    assert reader.read(as_bytes(page())) == []
    assert reader.process.poll() is None


@needs_rapidocr
def test_what_is_no_picture_ends_the_process_and_nothing_else(reader):
    assert reader.read(b"no picture at all") == []
    assert reader.process is None


@needs_rapidocr
def test_a_process_gives_its_place_to_the_next_one(reader, monkeypatch):
    monkeypatch.setattr(ocr_rapid, "PICTURES_PER_PROCESS", 1)
    reader.read(as_bytes(page("One")))
    first = reader.process
    reader.read(as_bytes(page("Two")))

    assert reader.process is not first
    assert first.returncode is not None


@needs_rapidocr
def test_a_full_page_is_read_under_the_limits_of_the_sandbox(tmp_path, settings):
    settings.OCR = "rapidocr"
    texts = [f"Room {number} of the east wing has {number + 3} lockers and a bench." for number in range(30)]
    page(*texts, size=A4, step=100).save(tmp_path / "a.png", dpi=(DPI, DPI))
    items = list(read_in_child(tmp_path / "a.png"))

    text = " ".join(getattr(item, "text", "") for item in items)
    assert all(f"has {number + 3} lockers" in text for number in range(30))

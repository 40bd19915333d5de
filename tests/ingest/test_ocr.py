"""OCR without a system package: words of a scan with their places, in a process that is limited and has no network."""

import io
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.page import Word
from ingest.parsers.pictures import rapid as ocr_rapid
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.pictures import tesseract as ocr_tesseract
from ingest.parsers.pictures.columns import in_columns
from ingest.stages.ocr_child import join_pieces
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


def test_figures_and_latin_letters_among_chinese_ones_are_whole() -> None:
    line = "型号DX-40 罚款 1000元"
    pieces = [(text, 10.0 * at, 0.0, 10.0 * at + 10, 20.0) for at, text in enumerate("型号DX-40罚款1000元")]
    words = join_pieces(line, pieces)

    assert [text for text, *_ in words] == ["型", "号", "DX-40", " 罚", "款", " 1000", "元"]
    assert words[2][1:] == (20.0, 0.0, 70.0, 20.0)


def test_what_the_engine_calls_otherwise_than_in_its_line_stays_apart() -> None:
    assert [text for text, *_ in join_pieces("ab cd", [("ab", 0, 0, 1, 1), ("xy", 2, 0, 3, 1)])] == ["ab", " xy"]


def columns_of(*texts: str, left: float, width: float = 200, top: float = 0) -> list[list[Word]]:
    """Lines of one word each, as wide as their column but for the last."""
    return [
        [Word(text, left, top + 20 * at, left + (width if at + 1 < len(texts) else width / 3), top + 20 * at + 14)]
        for at, text in enumerate(texts)
    ]


def test_columns_of_a_scan_are_read_one_after_the_other_and_cells_row_by_row() -> None:
    title = [[Word("title", 0, -40, 420, -20)]]
    left, right = columns_of("a", "b", "c", "d", "e", left=0), columns_of("f", "g", "h", "i", "j", left=230)
    read = [row[0].text for row in in_columns(title + [row for pair in zip(left, right, strict=True) for row in pair])]
    assert read == ["title", *"abcdefghij"]
    third = columns_of("k", "l", "m", "n", "o", left=460)
    rows = [row for three in zip(left, right, third, strict=True) for row in three]
    assert [row[0].text for row in in_columns(rows)] == list("abcdefghijklmno")

    words = [row for four in zip(*(columns_of(*"abcd", left=110 * at, width=90) for at in range(4)), strict=True) for row in four]
    assert [row[0].text for row in in_columns(words)] == list("aaaabbbbccccdddd")

    cells = [
        [Word(f"{side}{at}", x, 20.0 * at, x + 20 + 30 * (at % 4), 20.0 * at + 14)]
        for at in range(6)
        for side, x in (("l", 0), ("r", 230))
    ]
    cells[1] = [replace(cells[1][0], top=cells[1][0].top - 1)]  # the boxes of a row are not exactly level
    assert in_columns(cells) == cells


@needs_rapidocr
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_page_that_lies_on_its_side_or_its_head_is_read_and_its_words_have_their_places(turn, reader, monkeypatch):
    monkeypatch.setattr(ocr_rapid, "_READER", reader)
    monkeypatch.delenv("ATTEST_OCR", raising=False)
    texts = [f"Room {number} of the east wing has {number + 3} lockers." for number in range(5)]
    picture = page(*texts)
    laid = picture.rotate(90 * turn, expand=True, fillcolor="white")
    lines = ocr.read_picture(as_bytes(laid), points_per_pixel=1.0, cleaner=Cleaner())

    assert [line.text for line in lines] == texts
    word = lines[0].words[0].upright(width=laid.width, height=laid.height)
    corner = {1: (laid.height - 100, 100), 2: (laid.width - 100, laid.height - 100), 3: (100, laid.width - 100)}[turn]
    across, down = (corner[0], corner[1]) if turn == 2 else (corner[1], corner[0])
    assert abs((word.right if turn in (2, 3) else word.left) - across) < 25
    assert abs((word.bottom if turn in (1, 2) else word.top) - down) < 25

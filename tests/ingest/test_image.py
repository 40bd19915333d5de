import struct
import time
import zlib

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.parsers.content import ParsedPage
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.refusal import Refusal
from kb.viewing.boxes import covering, unpack
from kb.viewing.raster import RasterRefused, read_frame
from tests.ingest.files import write
from tests.ingest.store import read_file, read_here

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the OCR engine is not installed")
DPI = (200, 200)


def scan(*texts, mode="L", size=(1600, 800)):
    """A picture with one text a line; lines begin at x 100 and y 100, 200 …"""
    picture = Image.new(mode, size, "white")
    draw = ImageDraw.Draw(picture)
    for number, text in enumerate(texts):
        draw.text((100, 100 + 100 * number), text, fill="black", font=ImageFont.load_default(size=44))
    return picture


@needs_ocr
@pytest.mark.parametrize("name", ["scan.png", "scan.jpg", "scan.tiff"])
def test_words_of_a_scan_have_their_place(tmp_path, name):
    scan("The canteen opens at noon", "Visitors wear a badge").save(tmp_path / name, dpi=DPI)
    opening, (page,), notices = read_file(tmp_path / name)

    assert opening.is_paged and opening.page_count == 1
    assert (page.width, page.height) == (pytest.approx(1600 * 72 / 200, abs=1), pytest.approx(800 * 72 / 200, abs=1))
    start = page.text.index("badge")
    (box,) = covering(unpack(page.boxes), start=start, end=start + 5)
    left = 100 + ImageFont.load_default(size=44).getlength("Visitors wear a ")
    assert box.left * 200 / 72 == pytest.approx(left, abs=8)
    assert 200 < box.top * 200 / 72 < box.bottom * 200 / 72 < 270
    assert [(notice.code, notice.pages) for notice in notices] == [("ocr", (1,))]


@needs_ocr
def test_a_photo_that_was_turned_is_read_upright(tmp_path):
    picture = scan("Turn the valve slowly").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: turn it clockwise to look at it
    picture.save(tmp_path / "a.jpg", exif=exif, dpi=DPI)
    _, (page,), _ = read_file(tmp_path / "a.jpg")

    assert page.text == "Turn the valve slowly"
    assert page.width > page.height


@needs_ocr
def test_each_frame_of_a_tiff_is_a_page_and_reading_goes_on_where_it_stopped(tmp_path):
    frames = [scan(f"Fax page number {word}") for word in ("one", "two", "three")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], dpi=DPI)
    opening, pages, _ = read_file(tmp_path / "a.tif")
    rest = [item for item in read_here(tmp_path / "a.tif", first_page=3) if isinstance(item, ParsedPage)]

    assert opening.page_count == 3
    assert [(page.number, page.text) for page in pages] == [
        (1, "Fax page number one"),
        (2, "Fax page number two"),
        (3, "Fax page number three"),
    ]
    assert [page.number for page in rest] == [3]


@needs_ocr
def test_letters_on_a_transparent_ground_are_read(tmp_path):
    picture = Image.new("RGBA", (1600, 300), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((100, 100), "Glass is recycled", fill=(0, 0, 0, 255), font=ImageFont.load_default(size=44))
    picture.save(tmp_path / "a.png", dpi=DPI)
    _, (page,), _ = read_file(tmp_path / "a.png")

    assert page.text == "Glass is recycled"


def test_sixteen_bits_become_eight_without_clipping(tmp_path):
    Image.new("I;16", (40, 20), 32_768).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as stream:
        picture, _ = read_frame(stream, 1, mode="L")

    assert picture.getpixel((5, 5)) == pytest.approx(128, abs=1)


def png_bomb(side):
    def piece(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(side // 8 + 1) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", header) + piece(b"IDAT", rows) + piece(b"IEND", b"")


def jpeg_bomb():
    """A small JPEG whose header says 65,000 x 65,000."""
    import io

    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG")
    data = bytearray(stream.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


@pytest.mark.parametrize(("name", "content"), [("a.png", png_bomb(30_000)), ("a.jpg", jpeg_bomb())])
def test_a_picture_that_would_swell_is_refused_by_its_header(tmp_path, name, content):
    assert len(content) < 1_000_000
    started = time.monotonic()
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, name, content))
    with pytest.raises(RasterRefused):
        read_frame(tmp_path / name, 1, mode="RGB")

    assert refused.value.code == "too_many_pixels"
    assert time.monotonic() - started < 2


def test_a_tiff_of_too_many_frames_is_refused(tmp_path):
    frame = Image.new("1", (8, 8))
    frame.save(tmp_path / "a.tif", save_all=True, append_images=[frame] * 1000)
    with pytest.raises(Refusal) as refused:
        read_file(tmp_path / "a.tif")

    assert refused.value.code == "too_many_pages"


def test_pictures_are_refused_with_a_reason_where_nothing_can_read_them(tmp_path, monkeypatch):
    scan("words").save(tmp_path / "a.png")
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    with pytest.raises(Refusal) as refused:
        read_file(tmp_path / "a.png")

    assert refused.value.code == "no_ocr"

"""Pictures in files: drawings that record their words, pictures in pages, books and web archives."""

import base64
import io
import struct
from collections.abc import Callable
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import docx
import pytest
from lxml import etree
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.pictures.embedded import PictureReader
from ingest.parsers.pictures.metafile import is_metafile, metafile_text
from tests.files.reading import read
from tests.ingest.container_files import epub

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the OCR engine is not installed")
WORDS = "Assemble at the north gate"


def picture(kind: str = "PNG") -> bytes:
    image = Image.new("L", (900, 200), 255)
    ImageDraw.Draw(image).text((30, 60), WORDS, font=ImageFont.load_default(48), fill=0)
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def emf(*texts: tuple[int, int, str]) -> bytes:
    records = [struct.pack("<II32xI44x", 1, 88, int.from_bytes(b" EMF", "little"))]
    for x, y, text in texts:
        raw = text.encode("utf-16-le")
        raw += bytes(-len(raw) % 4)
        head = struct.pack("<II16xIffiiIIIIIIII", 84, 76 + len(raw), 1, 1.0, 1.0, x, y, len(text), 76, 0, 0, 0, 0, 0, 0)
        records.append(head + raw)
    return b"".join([*records, struct.pack("<III", 14, 20, 0) + bytes(8)])


def wmf(*texts: tuple[int, int, str]) -> bytes:
    records = []
    for number, (x, y, text) in enumerate(texts):
        raw = text.encode() + bytes(len(text) % 2)
        if number % 2:
            body = struct.pack("<H", len(text)) + raw + struct.pack("<hh", y, x)
            records.append(struct.pack("<IH", 3 + len(body) // 2, 0x0521) + body)
        else:
            body = struct.pack("<hhHH", y, x, len(text), 0) + raw
            records.append(struct.pack("<IH", 3 + len(body) // 2, 0x0A32) + body)
    return struct.pack("<HHHIHIH", 1, 9, 0x300, 0, 0, 0, 0) + b"".join(records) + struct.pack("<IH", 3, 0)


@pytest.mark.parametrize("make", [emf, wmf])
def test_the_words_of_a_drawing_stand_on_its_lines(make: Callable[..., bytes]) -> None:
    data = make((300, 10, "530"), (20, 10, "Guests"), (20, 40, "Members"))

    assert is_metafile(data)
    assert metafile_text(data) == "Guests 530\nMembers"
    assert metafile_text(data[:-20]) in ("Guests 530", "Guests 530\nMembers")


def test_a_drawing_in_a_document_is_read_or_counted() -> None:
    reader = PictureReader(Cleaner())

    assert reader.text(emf((20, 10, "Guests"), (90, 10, "530"))) == "Guests 530"
    assert reader.text(emf((1, 1, "x" * 1200 + "1"))) != ""
    assert reader.left_out == 0
    assert reader.text(emf() + bytes(3000)) == ""
    assert reader.left_out == 1


@needs_ocr
@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP"])
def test_pictures_of_kinds_that_stand_in_documents_alone(kind: str) -> None:
    assert PictureReader(Cleaner()).text(picture(kind)) == WORDS


@needs_ocr
def test_a_picture_in_a_page_a_book_or_a_web_archive_is_read_once(tmp_path: Path) -> None:
    data = base64.b64encode(picture()).decode()
    page = '<html><body><p>The plan:</p><p><img src="{0}" alt="Plan of the fire drill here"></p><img src="{0}"></body></html>'
    whole = MIMEMultipart("related", type="text/html")
    whole["Subject"] = "A page"
    whole.attach(MIMEText(page.format("plan.png"), "html"))
    whole.attach(image := MIMEImage(picture(), "png"))
    image["Content-Location"] = "file:///C:/D1/plan.png"
    chapter = '<p>The plan:</p><img src="../plan%20a.png"/>'

    for name, content in (
        ("a.html", page.format(f"data:image/png;base64,{data}")),
        ("a.mht", whole.as_bytes()),
        ("a.epub", epub([chapter], more={"OEBPS/plan a.png": picture()})),
    ):
        left, warnings = read(tmp_path, name, content)
        assert left[:2] == ["The plan:", WORDS]
        assert "ocr" in warnings


def test_a_drawing_in_a_docx(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("See:")
    document.add_picture(io.BytesIO(picture()))
    next(part for part in document.part.related_parts.values() if part.partname.endswith(".png"))._blob = emf((1, 1, "Guests 530"))
    stream = io.BytesIO()
    document.save(stream)

    assert read(tmp_path, "a.docx", stream.getvalue())[0] == ["See:", "Guests 530"]


@needs_ocr
@pytest.mark.parametrize("place", ["cell", "box", "VML"])
def test_pictures_of_word_are_read_wherever_they_stand(tmp_path: Path, place: str) -> None:
    document = docx.Document()
    document.add_paragraph("Signs in the hall")
    if place == "cell":
        table = document.add_table(2, 2)
        for row, texts in zip(table.rows, (("Place", "Sign"), ("Hall", "")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        table.rows[1].cells[1].paragraphs[0].add_run().add_picture(io.BytesIO(picture()))
    else:
        run = document.add_paragraph().add_run()
        run.add_picture(io.BytesIO(picture()))
        names = {"v": "urn:schemas-microsoft-com:vml", "w": run._r.nsmap["w"]}
        drawn = etree.SubElement(run._r, f"{{{names['w']}}}pict", nsmap={"v": names["v"]})
        shape = etree.SubElement(drawn, f"{{{names['v']}}}shape")
        (drawing,) = run._r.iter(f"{{{names['w']}}}drawing")
        if place == "box":
            box = etree.SubElement(etree.SubElement(shape, f"{{{names['v']}}}textbox"), f"{{{names['w']}}}txbxContent")
            inner = etree.SubElement(etree.SubElement(box, f"{{{names['w']}}}p"), f"{{{names['w']}}}r")
            inner.append(drawing)
        else:
            (blip,) = run._r.iter("{*}blip")
            key = f"{{{run._r.nsmap['r']}}}"
            etree.SubElement(shape, f"{{{names['v']}}}imagedata", {f"{key}id": blip.get(f"{key}embed", "")})
            run._r.remove(drawing)
    stream = io.BytesIO()
    document.save(stream)

    found, warnings = read(tmp_path, "a.docx", stream.getvalue())
    assert found[-1] == (f"Place | Sign\nHall | {WORDS}" if place == "cell" else WORDS)
    assert "ocr" in warnings


@needs_ocr
def test_a_picture_in_a_cell_of_a_page_is_its_value(tmp_path: Path) -> None:
    address = base64.b64encode(picture()).decode()
    page = f'<table><tr><th>Place<th>Sign<tr><td>Hall<td><img alt="sign" src="data:image/png;base64,{address}"></table>'

    found, warnings = read(tmp_path, "a.html", page)
    assert found == [f"Place | Sign\nHall | {WORDS}"]
    assert "ocr" in warnings


@needs_ocr
def test_a_picture_that_fills_a_shape_of_a_slide_is_read(tmp_path: Path) -> None:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    shape = slide.shapes.add_shape(1, 0, 0, 9**6, 9**6)
    _, key = slide.part.get_or_add_image_part(io.BytesIO(picture()))
    names = f"{nsdecls('a')} {nsdecls('r')}"
    fill = parse_xml(f'<a:blipFill {names}><a:blip r:embed="{key}"/></a:blipFill>')
    shape._element.spPr.append(fill)
    stream = io.BytesIO()
    presentation.save(stream)

    found, warnings = read(tmp_path, "a.pptx", stream.getvalue())
    assert found == [WORDS]
    assert "ocr" in warnings


def printed(*pages: Callable[[Canvas], object]) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


@needs_ocr
def test_a_picture_of_text_beside_or_below_the_text_of_a_pdf_is_read_once(tmp_path: Path) -> None:
    scan = ImageReader(io.BytesIO(picture()))

    def beside(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Where to go in a fire:")
        canvas.drawImage(scan, 60, 500, 450, 100)

    def stamped(canvas: Canvas) -> None:
        canvas.drawImage(scan, 0, 700, 595, 132)
        canvas.drawString(400, 720, "ACME-000123")

    found, warnings = read(tmp_path, "a.pdf", printed(beside, beside))
    assert found == ["Where to go in a fire:", WORDS, "Where to go in a fire:"]
    assert "ocr" in warnings
    assert read(tmp_path, "b.pdf", printed(stamped))[0] == ["ACME-000123", WORDS]


def test_a_picture_below_a_text_and_a_small_one_are_not_looked_at(tmp_path: Path) -> None:
    scan = ImageReader(io.BytesIO(picture()))

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(scan, 60, 600, 450, 100)
        for number in range(6):
            canvas.drawString(72, 685 - 14 * number, f"Line {number} of the page stands on paper with a pattern on it.")
        canvas.drawImage(scan, 60, 300, 90, 20)

    found, warnings = read(tmp_path, "a.pdf", printed(draw))
    assert (len(found), warnings) == (1, {})


def test_pictures_beside_text_that_nothing_reads_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Where to go in a fire:")
        canvas.drawImage(ImageReader(io.BytesIO(picture())), 60, 500, 450, 100)

    assert "pictures" in read(tmp_path, "a.pdf", printed(draw))[1]

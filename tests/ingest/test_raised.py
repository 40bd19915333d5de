"""A mark that stands raised beside a number is no digit of it, in every format that can raise one."""

import io
from pathlib import Path

import docx
import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pptx import Presentation
from pptx.util import Inches
from pypdf import PdfReader, PdfWriter, Transformation
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from tests.ingest.files import write
from tests.ingest.store import read_file

# What stands on the page: text, and how it stands.
PIECES = (
    *(
        ("The warranty lasts 24", ""),
        ("1", "sup"),
        (" months. A load of 10", ""),
        ("6", "sup"),
        (" cycles, 12 m", ""),
        ("3", "sup"),
    ),
    *((" an hour, 15", ""), ("2", "sup"), (". CO", ""), ("2", "sub"), (" on the 1", ""), ("st", "sup"), (" of May.", "")),
)
WRITTEN = "The warranty lasts 24¹ months. A load of 10⁶ cycles, 12 m³ an hour, 15². CO₂ on the 1st of May."
MARKUP = "".join(f"<{level}>{text}</{level}>" if level else text for text, level in PIECES)


def make_pdf(*pieces: tuple[str, str]) -> bytes:
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4)
    line = drawing.beginText(40, 700)
    for text, level in pieces:
        line.setFont("Helvetica", 7 if level else 11)
        line.setRise({"sup": 4, "sub": -2}.get(level, 0))
        line.textOut(text)
    drawing.drawText(line)
    drawing.save()
    return stream.getvalue()


def make_docx(*, in_table: bool = False) -> bytes:
    document = docx.Document()
    paragraph = document.add_table(rows=1, cols=1).cell(0, 0).paragraphs[0] if in_table else document.add_paragraph()
    for text, level in PIECES:
        run = paragraph.add_run(text)
        if level:
            setattr(run.font, "superscript" if level == "sup" else "subscript", True)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def make_pptx(*, in_table: bool = False) -> bytes:
    presentation = Presentation()
    shapes = presentation.slides.add_slide(presentation.slide_layouts[6]).shapes
    place = (Inches(1), Inches(1), Inches(6), Inches(2))
    frame = shapes.add_table(1, 1, *place).table.cell(0, 0).text_frame if in_table else shapes.add_textbox(*place).text_frame
    for text, level in PIECES:
        run = frame.paragraphs[0].add_run()
        run.text = text
        if level:
            run.font._element.set("baseline", "30000" if level == "sup" else "-25000")
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def make_xlsx() -> bytes:
    book = Workbook()
    kinds = {"": None, "sup": "superscript", "sub": "subscript"}
    book.active["A1"] = CellRichText(*(TextBlock(InlineFont(vertAlign=kinds[level]), text) for text, level in PIECES))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


FILES = {
    "pdf": ("pdf", lambda: make_pdf(*PIECES)),
    "docx": ("docx", make_docx),
    "docx table": ("docx", lambda: make_docx(in_table=True)),
    "pptx": ("pptx", make_pptx),
    "pptx table": ("pptx", lambda: make_pptx(in_table=True)),
    "xlsx": ("xlsx", make_xlsx),
    "html": ("html", lambda: f"<p>{MARKUP}</p>".encode()),
    "html heading": ("html", lambda: f"<h2>{MARKUP}</h2>".encode()),
    "html table": ("html", lambda: f"<table><tr><td>{MARKUP}</td></tr></table>".encode()),
    "html style": (
        "html",
        lambda: MARKUP.replace("<sup>", '<span style="vertical-align: super">').replace("</sup>", "</span>").encode(),
    ),
    "markdown": ("md", MARKUP.encode),
}


def read(folder: Path, name: str, data: bytes) -> str:
    _opening, pages, _notices = read_file(write(folder, name, data))
    return " ".join("\n".join(page.text for page in pages).split())


@pytest.mark.parametrize("kind", FILES)
def test_a_raised_mark_is_no_digit_of_the_number_before_it(kind: str, tmp_path: Path) -> None:
    ending, make = FILES[kind]
    assert WRITTEN in read(tmp_path, f"a.{ending}", make())


def test_the_number_of_a_footnote_keeps_apart_from_its_text(tmp_path: Path) -> None:
    assert read(tmp_path, "a.pdf", make_pdf(("1", "sup"), ("8 % is charged.", ""))) == "¹8 % is charged."


def test_small_capitals_and_small_print_on_the_line_are_not_raised(tmp_path: Path) -> None:
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4)
    line = drawing.beginText(40, 700)
    for text, size in (("R", 11), ("OOM 12", 8), (" has 24", 11), ("5", 8), (" seats", 11)):
        line.setFont("Helvetica", size)
        line.textOut(text)
    drawing.drawText(line)
    drawing.save()
    assert read(tmp_path, "a.pdf", stream.getvalue()) == "ROOM 12 has 245 seats"


def test_marks_that_are_drawn_after_all_of_the_text_are_given_to_their_words(tmp_path: Path) -> None:
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4)
    lines = [f"The belt of line {number} lasts 24  months in this hall." for number in range(4)]
    drawing.setFont("Helvetica", 10)
    for number, line in enumerate(lines):
        drawing.drawString(50, 700 - 14 * number, line)
    drawing.setFont("Helvetica", 6)
    for number, line in enumerate(lines):
        drawing.drawString(50.3 + stringWidth(line.split("  ")[0], "Helvetica", 10), 704 - 14 * number, str(number + 1))
    drawing.save()

    written = " ".join(f"The belt of line {number} lasts 24{mark} months in this hall." for number, mark in enumerate("¹²³⁴"))
    assert read(tmp_path, "a.pdf", stream.getvalue()) == written


def test_marks_on_a_turned_page_and_on_sideways_text_stay_apart_from_their_numbers(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf(*PIECES))))
    writer.pages[0].rotate(90)
    stream = io.BytesIO()
    writer.write(stream)
    assert read(tmp_path, "a.pdf", stream.getvalue()) == WRITTEN

    writer.pages[0].rotation = 0
    writer.pages[0].add_transformation(Transformation().rotate(90).translate(800, 50))
    stream = io.BytesIO()
    writer.write(stream)
    assert read(tmp_path, "a.pdf", stream.getvalue()) == WRITTEN


def test_what_stands_behind_an_index_is_on_the_line(tmp_path: Path) -> None:
    stream = io.BytesIO()
    text = "On May 3, CO<sub>2</sub> and H<sub>2</sub>SO<sub>4</sub> are read; x<sub>max</sub> is 5 kg/m<super>3</super>."
    SimpleDocTemplate(stream).build([Paragraph(text, ParagraphStyle("plain"))])

    assert read(tmp_path, "a.pdf", stream.getvalue()) == "On May 3, CO₂ and H₂SO₄ are read; xmax is 5 kg/m³."


def test_cents_and_built_fractions_are_read_on_the_line(tmp_path: Path) -> None:
    text = (
        "It costs 99<super>.90</super> and takes 5<super>1</super>/<sub>2</sub> hours, or <super>3</super>/<sub>4</sub> of a day."
    )
    stream = io.BytesIO()
    SimpleDocTemplate(stream).build([Paragraph(text, ParagraphStyle("plain"))])
    written = "It costs 99.90 and takes 5 1/2 hours, or 3/4 of a day."

    assert read(tmp_path, "a.pdf", stream.getvalue()) == written
    assert read(tmp_path, "a.html", f"<p>{text.replace('super>', 'sup>')}</p>".encode()) == written

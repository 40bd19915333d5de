"""Words that are struck out on a PDF page do not hold: they are left out, and that is reported."""

import io

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Highlight
from pypdf.generic import ArrayObject, FloatObject, NameObject
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingest.errors import warning_for
from tests.ingest.files import write
from tests.ingest.store import read_file

BEFORE, STRUCK, AFTER = "The deposit is ", "40 euros", " 60 euros a key."


def made(strike):
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    page.setFont("Helvetica", 11)
    page.drawString(60, 700, BEFORE + STRUCK + AFTER)
    left = 60 + stringWidth(BEFORE, "Helvetica", 11)
    strike(page, left, left + stringWidth(STRUCK, "Helvetica", 11))
    page.save()
    return stream.getvalue()


def by_marker(left, right):
    edges = ArrayObject([FloatObject(value) for value in (left, 710, right, 710, left, 698, right, 698)])
    note = Highlight(rect=(left, 698, right, 710), quad_points=edges)
    note[NameObject("/Subtype")] = NameObject("/StrikeOut")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made(lambda *edges: None))))
    writer.add_annotation(0, note)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


LEFT = 60 + stringWidth(BEFORE, "Helvetica", 11)
FILES = {
    "line": made(lambda page, left, right: page.line(left - 1, 703.5, right + 1, 703.5)),
    "box": made(lambda page, left, right: page.rect(left, 703, right - left, 0.8, stroke=0, fill=1)),
    "marker": by_marker(LEFT, LEFT + stringWidth(STRUCK, "Helvetica", 11)),
}


@pytest.mark.parametrize("kind", FILES)
def test_words_with_a_line_through_them_are_left_out_and_counted(tmp_path, kind):
    _, (page,), notices = read_file(write(tmp_path, "a.pdf", FILES[kind]))

    assert page.text == "The deposit is 60 euros a key."
    (notice,) = notices
    assert (notice.code, notice.pages, notice.values) == ("struck_out", (1,), {"count": 1, "places": "“40 euros”"})
    assert warning_for(notice.as_dict()) == "Struck-out text was skipped: 1 (“40 euros”)."


def test_underlined_words_and_rules_of_tables_strike_nothing_out(tmp_path):
    underlined = made(lambda page, left, right: page.line(left, 698.5, right, 698.5))
    _, (page,), notices = read_file(write(tmp_path, "a.pdf", underlined))
    assert (page.text, notices) == (BEFORE + STRUCK + AFTER, [])

    stream = io.BytesIO()
    style = getSampleStyleSheet()["BodyText"]
    cells = [["Item", "Price"], ["Key", "60 euros"], ["Lock", "90 euros"]]
    table = Table(cells, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)], rowHeights=13)
    SimpleDocTemplate(stream, pagesize=A4).build([Paragraph("A <u>table</u> follows.", style), table])
    _, (page,), notices = read_file(write(tmp_path, "b.pdf", stream.getvalue()))
    assert page.text == "A table follows.\n\nItem | Price\nKey | 60 euros\nLock | 90 euros"
    assert notices == []


def test_a_paragraph_struck_by_its_style_is_left_out_line_by_line(tmp_path):
    stream = io.BytesIO()
    style = getSampleStyleSheet()["BodyText"]
    text = (
        "<strike>"
        + "Visitors wear a yellow badge at all times in the halls of the plant. " * 3
        + "</strike> Visitors wear a red badge."
    )
    SimpleDocTemplate(stream, pagesize=A4).build([Paragraph(text, style)])
    _, (page,), notices = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert page.text == "Visitors wear a red badge."
    assert [notice.code for notice in notices] == ["struck_out"]


def by_part(*pieces):
    """A line of text, the pieces with a tilde struck out by a line."""
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    page.setFont("Helvetica", 11)
    page.drawString(60, 700, "".join(pieces).replace("~", ""))
    left = 60.0
    for piece in pieces:
        right = left + stringWidth(piece.strip("~"), "Helvetica", 11)
        if piece.startswith("~"):
            page.line(left, 703.5, right, 703.5)
        left = right
    page.save()
    return stream.getvalue()


def test_a_struck_part_of_a_word_is_cut_out_of_it(tmp_path):
    data = by_part("Fee:", "~80", "95 euros, pump ", "~30", "/45, a seal(", "~12", ") 14, ", "~non", "refundable.")
    _, (page,), (notice,) = read_file(write(tmp_path, "a.pdf", data))

    assert page.text == "Fee:95 euros, pump /45, a seal() 14, refundable."
    assert notice.values == {"count": 4, "places": "“80”, “30”, “12”, “non”"}


def test_a_marker_over_a_part_of_a_word_cuts_it(tmp_path):
    half = LEFT + stringWidth("40 eu", "Helvetica", 11)
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", by_marker(LEFT, half)))

    assert page.text == "The deposit is ros 60 euros a key."

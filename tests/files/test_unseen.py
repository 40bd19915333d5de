"""What nobody sees on the page is left out and counted: white on white, words below a box."""

import io
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from reportlab.pdfgen.canvas import Canvas

from tests.files.reading import read
from tests.ingest.word_files import cell, paragraph, row, run, table, word

WHITE = '<w:color w:val="FFFFFF"/>'


def test_white_words_on_white_paper_are_left_out_of_word_files(tmp_path: Path) -> None:
    styles = f'<w:style w:type="paragraph" w:styleId="Pale"><w:name w:val="Pale"/><w:rPr>{WHITE}</w:rPr></w:style>'
    body = paragraph("Fee 35 ", run("margin 12", WHITE), ".") + paragraph("Secret", properties='<w:pStyle w:val="Pale"/>')
    body += paragraph(run("On black", f'{WHITE}<w:shd w:fill="000000"/>'))
    body += table(row(cell(paragraph(run("Head", WHITE)), '<w:shd w:fill="204080"/>'), "Fee"), row("a", "b"))
    found, warnings = read(tmp_path, "a.docx", word(body, styles=styles))

    assert found == ["Fee 35.", "On black", "Head | Fee\na | b"]
    assert warnings["hidden_words"]["count"] == 2


def test_white_cells_without_a_ground_are_left_out_of_sheets(tmp_path: Path) -> None:
    book = Workbook()
    for line in (["Item", "Fee", "Cost"], ["Tent", 48, 30], ["Stove", 12, 7]):
        book.active.append(line)
    for name in ("A1", "B1", "C1"):
        book.active[name].font, book.active[name].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="204080")
    book.active["C2"].font = Font(color="FFFFFFFF")
    stream = io.BytesIO()
    book.save(stream)
    found, warnings = read(tmp_path, "a.xlsx", stream.getvalue())

    assert found[1:] == ["Item | Fee | Cost", "Item: Tent; Fee: 48\nItem: Stove; Fee: 12; Cost: 7"]
    assert warnings["hidden_words"] == {"count": 1, "places": "Sheet: C2"}


def test_white_words_on_a_white_page_are_left_out(tmp_path: Path) -> None:
    secret = '<p>Fee 35. <span style="color:#fff">The margin is 12 percent.</span></p>'
    found, warnings = read(tmp_path, "a.html", secret)

    assert found == ["Fee 35."]
    assert warnings["hidden_parts"]["count"] == 1
    assert read(tmp_path, "b.html", f"<style>p {{ background: #204080 }}</style>{secret}")[0] == [
        "Fee 35. The margin is 12 percent."
    ]


def test_words_below_a_box_are_left_out_of_a_pdf_and_those_on_it_are_read(tmp_path: Path) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.drawString(72, 700, "Name: Ines Duarte")
    canvas.rect(104, 696, 80, 14, fill=1)
    canvas.rect(70, 646, 200, 20, fill=1)
    canvas.setFillGray(1)
    canvas.drawString(72, 652, "Open from 8 to 17")
    canvas.save()
    found, warnings = read(tmp_path, "a.pdf", stream.getvalue())

    assert " ".join(found) == "Name: Open from 8 to 17"
    assert warnings["hidden_text"]["count"] == 2


def test_words_on_both_sides_of_a_deleted_paragraph_mark_are_one_paragraph(tmp_path: Path) -> None:
    deleted = '<w:rPr><w:del w:id="1" w:author="x"/></w:rPr>'
    body = paragraph("The first half ", properties=deleted) + paragraph("and the second.")

    assert read(tmp_path, "a.docx", word(body))[0] == ["The first half and the second."]

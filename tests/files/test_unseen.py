"""What nobody sees on the page is left out and counted: white on white, words below a box."""

import io
from pathlib import Path

import pytest
import xlwt
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from reportlab.pdfgen.canvas import Canvas

from tests.files.reading import read
from tests.ingest.open_document_files import open_document
from tests.ingest.word_files import cell, paragraph, row, run, table, word

PALE_LOOKS = (("Pale. ", 'color w:val="FFFFFE"'), ("Speck. ", 'sz w:val="2"'), ("Grey.", 'color w:val="F0F0F0"'))
WHITE = '<w:color w:val="FFFFFF"/>'


def test_white_words_on_white_paper_are_left_out_of_word_files(tmp_path: Path) -> None:
    styles = f'<w:style w:type="paragraph" w:styleId="Pale"><w:name w:val="Pale"/><w:rPr>{WHITE}</w:rPr></w:style>'
    body = paragraph("Fee 35 ", run("margin 12", WHITE), ".") + paragraph("Secret", properties='<w:pStyle w:val="Pale"/>')
    body += paragraph(run("On black", f'{WHITE}<w:shd w:fill="000000"/>'))
    body += table(row(cell(paragraph(run("Head", WHITE)), '<w:shd w:fill="204080"/>'), "Fee"), row("a", "b"))
    found, warnings = read(tmp_path, "a.docx", word(body, styles=styles))

    assert found == ["Fee 35.", "On black", "Head | Fee\na | b"]
    assert warnings["hidden_words"]["count"] == 2


def test_letters_next_to_white_and_specks_are_left_out_of_word_files(tmp_path: Path) -> None:
    pale, speck, grey = (run(text, f"<w:{look}/>") for text, look in PALE_LOOKS)
    found, warnings = read(tmp_path, "a.docx", word(paragraph("Fee 35. ", pale, speck, grey)))

    assert found == ["Fee 35. Grey."]
    assert warnings["hidden_words"]["count"] == 1


def test_white_words_of_rtf_and_open_document_are_left_out_where_nothing_is_shaded(tmp_path: Path) -> None:
    rtf = r"{\rtf1\ansi{\colortbl;\red255\green255\blue255;\red0\green0\blue0;}\pard Fee 35.{\cf1  Margin 12.}{\cf2  Paid.}%s\par}"
    found, warnings = read(tmp_path, "a.rtf", rtf % "")
    assert (found, warnings["hidden_words"]["count"]) == (["Fee 35. Paid."], 1)
    assert read(tmp_path, "b.rtf", rtf % r"\cbpat2 ")[0] == ["Fee 35. Margin 12. Paid."]

    fo = 'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    letters = '<style:style style:name="w" style:family="{}"><style:text-properties {} fo:color="#ffffff"{}/></style:style>'
    body = '<text:p>Fee 35.<text:span text:style-name="w"> Margin 12.</text:span></text:p>'
    for ground, told in (("", "Fee 35."), (' fo:background-color="#204080"', "Fee 35. Margin 12.")):
        data = open_document("text", body, styles=letters.format("text", fo, ground))
        assert read(tmp_path, "a.odt", data)[0] == [told]
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{name}</text:p></table:table-cell>"
        f'<table:table-cell table:style-name="{style}"><text:p>{value}</text:p></table:table-cell></table:table-row>'
        for name, style, value in (("Item", "", "Fee"), ("Tent", "", "48"), ("Stove", "w", "12"))
    )
    style = letters.format("table-cell", fo, "")
    sheet = open_document("spreadsheet", f'<table:table table:name="A">{rows}</table:table>', styles=style)
    found, warnings = read(tmp_path, "a.ods", sheet)
    assert found[-1] == "Item: Tent; Fee: 48\nItem: Stove"
    assert "hidden_words" in warnings


def test_white_cells_of_an_older_sheet_are_left_out(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    for number, line in enumerate((("Item", "Fee"), ("Tent", 48), ("Stove", 12))):
        for column, value in enumerate(line):
            white = "font: colour white" + ("; pattern: pattern solid, fore_colour blue" if number == 0 else "")
            sheet.write(number, column, value, xlwt.easyxf(white if number == 0 or value == 12 else ""))
    stream = io.BytesIO()
    book.save(stream)
    found, warnings = read(tmp_path, "a.xls", stream.getvalue())

    assert found[1:] == ["Item | Fee", "Item: Tent; Fee: 48\nItem: Stove"]
    assert "hidden_words" in warnings


@pytest.mark.parametrize("rule", ["opacity: 0", "font-size: 0", "position: absolute; left: -9999px", "text-indent: -10000px"])
def test_what_a_rule_puts_out_of_sight_is_left_out_of_a_page(tmp_path: Path, rule: str) -> None:
    page = "<style>.x {{ {} }}</style><p>Fee 35.</p><p class=x {}>The secret rate is 11.</p>"

    assert read(tmp_path, "a.html", page.format(rule, ""))[0] == ["Fee 35."]
    assert read(tmp_path, "b.html", page.format("", f'style="{rule}"'))[0] == ["Fee 35."]
    assert read(tmp_path, "c.html", page.format("opacity: 0.8; font-size: 0.9em; left: -4px", ""))[0][1:] == [
        "The secret rate is 11."
    ]


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

"""Tables of a PDF whose cells go on over several lines, with rules and without."""

import io
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from tests.ingest.files import pdf, write
from tests.ingest.store import read_file
from tests.ingest.test_pdf_tables import STYLE, between, drawn

LINES = [
    ("LINEABOVE", (0, 0), (-1, -1), 0.5, colors.black),
    ("LINEBELOW", (0, -1), (-1, -1), 0.5, colors.black),
]
RULES = {"none": [], "between rows": LINES, "grid": [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]}
rules = pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
places = pytest.mark.parametrize("place", ["TOP", "BOTTOM"])
fonts = pytest.mark.parametrize(("font", "size", "widths"), [("Helvetica", 10, (90, 70, 130)), ("Times-Roman", 12, (110, 90, 100))])

RECORDS = [
    ["Record", "Kept", "Where"],
    ["Raw data", "10 years", "store"],
    ["Test records", "15 years", "production database of the plant in which it was made and kept"],
    ["Audits", "7 years", "purchasing system and the archive of letters"],
    ["Bills", "1 year", "shelf"],
    ["Letters", "3 years", "the archive, with the contracts that they belong to"],
]


def table(rows, *, style, place, font, size, widths):
    text = ParagraphStyle("cell", parent=STYLE, fontName=font, fontSize=size, leading=1.2 * size)
    cells = [[Paragraph(cell, text) for cell in row] for row in rows]
    return between(Table(cells, colWidths=widths, style=TableStyle([("VALIGN", (0, 0), (-1, -1), place), *style])))


@rules
@places
@fonts
def test_the_last_cell_of_a_row_keeps_all_its_lines(tmp_path, rules, place, font, size, widths):
    data = table(RECORDS, style=rules, place=place, font=font, size=size, widths=widths)
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", data))

    assert [block.kind for block in page.blocks] == ["paragraph", "table", "paragraph"]
    assert page.text.split("\n\n")[1].split("\n") == [" | ".join(row) for row in RECORDS]


@pytest.mark.parametrize("place", ["TOP", "MIDDLE", "BOTTOM"])
@fonts
def test_the_last_of_two_cells_keeps_all_its_lines(tmp_path, place, font, size, widths):
    rows = [row[::2] for row in RECORDS]
    data = table(rows, style=[], place=place, font=font, size=size, widths=widths[::2])
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", data))

    assert page.text.split("\n\n")[1].split("\n") == [" | ".join(row) for row in rows]


@places
@fonts
def test_a_cell_amid_others_keeps_all_its_lines(tmp_path, place, font, size, widths):
    rows = [[name, where, kept] for name, kept, where in RECORDS]
    data = table(rows, style=[], place=place, font=font, size=size, widths=(widths[0], widths[2], widths[1]))
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", data))

    assert page.text.split("\n\n")[1].split("\n") == [" | ".join(row) for row in rows]


@pytest.mark.parametrize("step", [13, 16])
def test_a_second_line_at_the_distance_of_a_row_belongs_to_the_row_above(tmp_path, step):
    rows = [("Item", "Price", "Remark"), ("Bolt", "1.20", "in stock"), ("Nut", "0.80", "ordered in May,")]
    rows += [("", "", "arrives in June"), ("Screw", "2.10", "in stock"), ("Nail", "0.10", "sold out until"), ("", "", "August")]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(rows, columns=(72, 200, 300), step=step))))
    (block,) = page.blocks

    assert page.text.split("\n") == [
        "Item | Price | Remark",
        "Bolt | 1.20 | in stock",
        "Nut | 0.80 | ordered in May, arrives in June",
        "Screw | 2.10 | in stock",
        "Nail | 0.10 | sold out until August",
    ]
    assert page.text[: block.header_end] == "Item | Price | Remark"


def test_a_label_between_rows_stays_a_row(tmp_path):
    rows = [("Item", "Price", "Remark"), ("Bolt", "1.20", "in stock"), ("Of brass", "", ""), ("Nut", "0.80", "ordered")]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(rows, columns=(72, 200, 300)))))

    assert page.text.split("\n")[2:] == ["Of brass", "Nut | 0.80 | ordered"]


def test_numbered_paragraphs_are_no_table(tmp_path):
    lines = ["The supplier delivers the goods to the", "place that the order names and on the", "day that it names. The buyer"]
    lines += ["checks them within ten days and says", "in writing what is not as it was ordered."]
    page = [
        spot
        for n in range(3)
        for spot in [(72, 150 + 90 * n, f"{n + 1}.1"), *((110, 150 + 90 * n + 14 * i, text) for i, text in enumerate(lines))]
    ]
    _, (read,), _ = read_file(write(tmp_path, "a.pdf", pdf(page)))

    assert "table" not in {block.kind for block in read.blocks}


@pytest.mark.parametrize("style", [[], LINES], ids=["no rules", "rules between rows"])
@pytest.mark.parametrize("align", ["LEFT", "CENTER"])
def test_names_over_two_columns_go_to_each_where_no_rules_show_them(tmp_path, style, align):
    rows = [
        ["Rates 2026", "", "", "", ""],
        ["City", "Domestic", "", "International", ""],
        ["", "Hotel", "Meals", "Hotel", "Meals"],
        ["Lyon", "120", "40", "180", "60"],
        ["Ghent", "110", "38", "170", "55"],
        ["Turin", "105", "36", "165", "54"],
    ]
    merged = [((0, 0), (4, 0)), ((1, 1), (2, 1)), ((3, 1), (4, 1)), ((0, 1), (0, 2))]
    spans = [("SPAN", first, last) for first, last in merged]
    stream = io.BytesIO()
    made = Table(rows, colWidths=[80] * 5, style=TableStyle([("ALIGN", (0, 0), (-1, -1), align), *style, *spans]))
    SimpleDocTemplate(stream, pagesize=A4).build([made])
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    title, names = page.text.split("\n\n")
    assert title == "Rates 2026"
    assert names.split("\n") == [
        "City | Domestic Hotel | Domestic Meals | International Hotel | International Meals",
        "Lyon | 120 | 40 | 180 | 60",
        "Ghent | 110 | 38 | 170 | 55",
        "Turin | 105 | 36 | 165 | 54",
    ]


SPARSE = [["Item", "Q1", "Q2", "Q3"], ["Cup", "1", "", "3"], ["Plate", "", "", "5"], ["Jug", "", "8", "9"], ["Pan", "4", "", ""]]


@rules
@pytest.mark.parametrize(("font", "widths", "align"), [("Helvetica", (100, 70), "LEFT"), ("Courier", (80, 90), "RIGHT")])
def test_cells_behind_an_empty_one_keep_their_columns(tmp_path, rules, font, widths, align):
    style = [("FONT", (0, 0), (-1, -1), font, 10), ("ALIGN", (1, 0), (-1, -1), align), *rules]
    made = Table(SPARSE, colWidths=[widths[0], *3 * [widths[1]]], style=TableStyle(style))
    stream = io.BytesIO()
    SimpleDocTemplate(stream, pagesize=A4).build([made])
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert page.text.split("\n") == ["Item | Q1 | Q2 | Q3", "Cup | 1 |  | 3", "Plate |  |  | 5", "Jug |  | 8 | 9", "Pan | 4"]


REGIONS = [
    ["Region", "City", "Rate"],
    ["North", "Oslo", "12"],
    ["", "Turku", "9"],
    ["", "Umea", "7"],
    ["South", "Rome", "20"],
    ["", "Bari", "11"],
]
NAMED_REGIONS = [
    "Region | City | Rate",
    "North | Oslo | 12",
    "North | Turku | 9",
    "North | Umea | 7",
    "South | Rome | 20",
    "South | Bari | 11",
]


def regions(tmp_path, style, widths):
    """Return the lines of a table whose first column has a cell over three rows and one over two."""
    spans = [("SPAN", (0, 1), (0, 3)), ("SPAN", (0, 4), (0, 5))]
    stream = io.BytesIO()
    SimpleDocTemplate(stream, pagesize=A4).build([Table(REGIONS, colWidths=widths, style=TableStyle([*style, *spans]))])
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))
    return page.text.split("\n")


LOOKS = pytest.mark.parametrize(("font", "widths"), [("Helvetica", (80, 80, 60)), ("Times-Roman", (120, 90, 70))])


@LOOKS
@pytest.mark.parametrize("place", ["TOP", "MIDDLE", "BOTTOM"])
def test_rows_between_two_rules_know_their_name_wherever_it_stands(tmp_path, font, widths, place):
    style: list[Any] = [("LINEABOVE", (0, row), (-1, row), 1, colors.black) for row in (0, 1, 4)]
    style += [("LINEBELOW", (0, -1), (-1, -1), 1, colors.black), ("VALIGN", (0, 0), (-1, -1), place)]
    assert regions(tmp_path, [("FONT", (0, 0), (-1, -1), font, 10), *style], widths) == NAMED_REGIONS


@LOOKS
@pytest.mark.parametrize("lines", [[], [1], [1, 4]], ids=["no rules", "below the names", "between regions"])
def test_rows_without_rules_know_the_name_above_that_they_belong_to(tmp_path, font, widths, lines):
    style: list[Any] = [("LINEABOVE", (0, row), (-1, row), 1, colors.black) for row in lines]
    style += [("FONT", (0, 0), (-1, -1), font, 10), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    assert regions(tmp_path, style, widths) == NAMED_REGIONS


def test_a_sum_without_a_name_is_not_given_that_of_the_row_above(tmp_path):
    rows = [("Kind", "2025", "2026"), ("Cash", "1,200", "1,100"), ("Shares", "700", "650"), ("", "1,900", "1,750")]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(rows, columns=(72, 200, 300)))))

    assert page.text.split("\n")[-1] == " | 1,900 | 1,750"

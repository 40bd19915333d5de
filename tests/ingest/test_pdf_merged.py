"""Ruled tables of a PDF with cells over several columns or rows, and with tables in their cells."""

import pytest
from reportlab.lib import colors
from reportlab.platypus import Table, TableStyle

from tests.ingest.files import write
from tests.ingest.store import read_file
from tests.ingest.test_pdf_tables import between

GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]
INNER = [("INNERGRID", (0, 0), (-1, -1), 0.5, colors.grey)]
CENTRED = [("ALIGN", (0, 0), (-1, -1), "CENTER"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
# How a table may look: its font and size, the width of its columns, and more of its style
LOOKS = {
    "helvetica": ("Helvetica", 10, (80,), GRID),
    "times, centred, open sides": ("Times-Roman", 12, (60, 90, 70), [*INNER, *CENTRED]),
    "courier, bold": ("Courier", 8, (95, 55), [*GRID, ("FONTNAME", (0, 0), (-1, 2), "Courier-Bold")]),
}
looks = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


def drawn(rows, *, look, merged=()):
    """Return a PDF with a table between two paragraphs. `merged`: cells as (column, row) of their first and last place."""
    font, size, widths, style = look
    every = [widths[number % len(widths)] for number in range(len(rows[0]))]
    spans = [("SPAN", first, last) for first, last in merged]
    return between(Table(rows, colWidths=every, style=TableStyle([("FONT", (0, 0), (-1, -1), font, size), *style, *spans])))


def read(tmp_path, data):
    """Return the lines of the table, its header, and the texts of the blocks above it."""
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", data))
    (table,) = [block for block in page.blocks if block.kind == "table"]
    above = [page.text[block.start : block.end] for block in page.blocks if block.end <= table.start]
    return page.text[table.start : table.end].split("\n"), page.text[table.start : table.header_end], above


TITLED = [
    ["Rates 2026", "", "", "", ""],
    ["City", "Domestic", "", "International", ""],
    ["", "Hotel", "Meals", "Hotel", "Meals"],
    ["Lyon", "120", "40", "180", "60"],
    ["Ghent", "110", "38", "170", "55"],
]
NAMES = "City | Domestic Hotel | Domestic Meals | International Hotel | International Meals"


@looks
@pytest.mark.parametrize("corner", [[((0, 1), (0, 2))], []], ids=["name beside two rows", "name above a blank"])
def test_a_title_stands_above_the_full_names_of_the_columns(tmp_path, look, corner):
    merged = [((0, 0), (4, 0)), ((1, 1), (2, 1)), ((3, 1), (4, 1)), *corner]
    lines, header, above = read(tmp_path, drawn(TITLED, look=look, merged=merged))

    assert above == ["Before the table.", "Rates 2026"]
    assert header == NAMES
    assert lines == [NAMES, "Lyon | 120 | 40 | 180 | 60", "Ghent | 110 | 38 | 170 | 55"]


def test_groups_of_unlike_width_and_a_name_beside_them(tmp_path):
    rows = [
        ["Staff by plan and year", "", "", "", ""],
        ["Site", "Day shift", "", "", "Note"],
        ["", "2024", "2025", "2026", ""],
        ["Lyon", "12", "11", "13", "none"],
        ["Ghent", "5", "5", "6", "rented"],
    ]
    merged = [((0, 0), (4, 0)), ((1, 1), (3, 1)), ((0, 1), (0, 2)), ((4, 1), (4, 2))]
    lines, header, _ = read(tmp_path, drawn(rows, look=LOOKS["helvetica"], merged=merged))

    assert header == "Site | Day shift 2024 | Day shift 2025 | Day shift 2026 | Note"
    assert lines[1:] == ["Lyon | 12 | 11 | 13 | none", "Ghent | 5 | 5 | 6 | rented"]


def test_words_below_a_name_over_two_columns_are_no_names(tmp_path):
    rows = [["Name", "Contact", ""], ["Ann", "by post", "by phone"], ["Bob", "by mail", "by post"]]
    lines, header, _ = read(tmp_path, drawn(rows, look=LOOKS["helvetica"], merged=[((1, 0), (2, 0))]))

    assert header == "Name | Contact | Contact"
    assert lines[1:] == ["Ann | by post | by phone", "Bob | by mail | by post"]


def test_the_first_of_several_parts_is_no_title(tmp_path):
    rows = [["Coast", "", ""], ["Oslo", "1", "2"], ["Bari", "3", "4"], ["Inland", "", ""], ["Turin", "5", "6"]]
    lines, _, above = read(tmp_path, drawn(rows, look=LOOKS["helvetica"], merged=[((0, 0), (2, 0)), ((0, 3), (2, 3))]))

    assert above == ["Before the table."]
    assert lines == ["Coast", "Oslo | 1 | 2", "Bari | 3 | 4", "Inland", "Turin | 5 | 6"]


@looks
@pytest.mark.parametrize("place", ["TOP", "MIDDLE", "BOTTOM"])
def test_each_row_knows_the_cell_that_reaches_down_to_it(tmp_path, look, place):
    rows = [["Region", "City", "Rate"], ["North", "Oslo", "12"], ["", "Turku", "9"], ["", "Umea", "7"], ["South", "Rome", "20"]]
    font, size, widths, style = look
    look = (font, size, widths, [*style, ("VALIGN", (0, 0), (-1, -1), place), ("FONTNAME", (0, 1), (-1, -1), font)])
    lines, _, _ = read(tmp_path, drawn(rows, look=look, merged=[((0, 1), (0, 3))]))

    assert lines == ["Region | City | Rate", "North | Oslo | 12", "North | Turku | 9", "North | Umea | 7", "South | Rome | 20"]


@looks
def test_a_cell_over_two_columns_counts_for_each(tmp_path, look):
    rows = [
        ["City", "Hotel", "Meals", "Taxi"],
        ["Oslo", "12", "5", "7"],
        ["Turku", "included", "", "9"],
        ["Umea", "7", "on request", ""],
        ["Rome", "closed", "", "1"],
        ["Bari", "", "", "2"],
        ["Total", "", "", "19"],
    ]
    font, size, widths, style = look
    look = (font, size, widths, [*style, ("FONTNAME", (0, 1), (-1, -1), font)])
    merged = [((1, 2), (2, 2)), ((2, 3), (3, 3)), ((1, 4), (2, 5)), ((0, 6), (2, 6))]
    lines, _, _ = read(tmp_path, drawn(rows, look=look, merged=merged))

    assert lines[2:] == [
        "Turku | included | included | 9",
        "Umea | 7 | on request | on request",
        "Rome | closed | closed | 1",
        "Bari | closed | closed | 2",
        "Total |  |  | 19",
    ]


@pytest.mark.parametrize("inner", [GRID, []], ids=["ruled", "without rules"])
@pytest.mark.parametrize(("font", "widths"), [("Helvetica", (80, 100, 60)), ("Times-Roman", (100, 140, 90))])
def test_a_table_in_a_cell_stays_in_it(tmp_path, inner, font, widths):
    held = Table([["Size", "Price"], ["M", "6"], ["L", "7"]], colWidths=[35, 35], style=TableStyle(inner))
    rows = [["Item", "Sizes", "Stock"], ["Shirt", held, "40"], ["Cap", "one size", "12"]]
    lines, _, _ = read(tmp_path, drawn(rows, look=(font, 10, widths, [*GRID, ("VALIGN", (0, 0), (-1, -1), "TOP")])))

    assert lines == ["Item | Sizes | Stock", "Shirt | Size Price M 6 L 7 | 40", "Cap | one size | 12"]


def test_a_table_in_the_first_cell_stays_in_it(tmp_path):
    held = Table([["Size", "Price"], ["M", "6"], ["L", "7"]], colWidths=[35, 35], style=TableStyle(GRID))
    rows = [["Sizes", "Item", "Stock"], [held, "Shirt", "40"], ["one size", "Cap", "12"]]
    lines, _, _ = read(tmp_path, drawn(rows, look=("Helvetica", 9, (120, 90, 60), [*GRID, *CENTRED])))

    assert lines == ["Sizes | Item | Stock", "Size Price M 6 L 7 | Shirt | 40", "one size | Cap | 12"]

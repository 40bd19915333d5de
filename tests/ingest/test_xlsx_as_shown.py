"""A sheet is read as it shows itself: values in their formats, nothing that is hidden or struck out, notes, links and formulas."""

import datetime

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from ingest.errors import warning_for
from tests.ingest.store import read_file


@pytest.fixture
def book():
    return openpyxl.Workbook()


def fill(sheet, *rows):
    for row in rows:
        sheet.append(row)
    return sheet


def read(book, folder):
    """Return the lines of the workbook's rows, and its notices as the uploader reads them."""
    book.save(folder / "a.xlsx")
    _, pages, notices = read_file(folder / "a.xlsx")
    text = "\n".join(page.text for page in pages)
    return text, [warning_for(notice.as_dict()) for notice in notices]


def test_values_read_as_their_cells_show_them(book, tmp_path):
    sheet = fill(
        book.active,
        ["Article", "Number", "Delivery", "Discount", "Time", "Volume", "Ends"],
        ["Valve", 417, 12, 0.04, datetime.timedelta(hours=27, minutes=30), 84000, datetime.date(2027, 3, 31)],
    )
    for column, code in enumerate(("000000", '0" weeks"', "0.0%", "[h]:mm", '#,##0,"k" [$€-407]', "dd.mm.yyyy"), start=2):
        sheet.cell(2, column).number_format = code
    text, notices = read(book, tmp_path)

    assert "Number: 000417; Delivery: 12 weeks; Discount: 4.0%; Time: 27:30; Volume: 84k €; Ends: 31.03.2027" in text
    assert notices == []


def test_a_workbook_that_counts_days_from_1904_shows_its_own_dates(book, tmp_path):
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    sheet = fill(book.active, ["Event", "Day"], ["Fair", datetime.date(2027, 3, 31)])
    sheet["B2"].number_format = "yyyy-mm-dd"

    assert "Event: Fair; Day: 2027-03-31" in read(book, tmp_path)[0]


def test_hidden_rows_and_columns_are_left_out_and_reported(book, tmp_path):
    sheet = fill(
        book.active,
        ["Product", "Price", "Cost", "Until"],
        ["Pump A", 1200, 640, "2026"],
        ["Pump A old", 990, 641, "2024"],
        ["Pump B", 1850, 910, "2026"],
    )
    sheet.title = "Prices"
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[9].hidden = True  # without anything in it
    text, notices = read(book, tmp_path)

    assert text == (
        "Prices\n\nProduct | Price | Until\n\nProduct: Pump A; Price: 1200; Until: 2026\nProduct: Pump B; Price: 1850; Until: 2026"
    )
    assert notices == ["Hidden rows were skipped: 1 (Prices: 3).", "Hidden columns were skipped: 1 (Prices: C)."]


def test_a_merged_name_in_a_hidden_row_counts_for_the_rows_that_show(book, tmp_path):
    sheet = fill(book.active, ["Hall", "Crane", "Load"], ["East", "E1", 5], [None, "E2", 12], ["West", "W1", 8])
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[2].hidden = True
    text, _ = read(book, tmp_path)

    assert "Hall: East; Crane: E2; Load: 12" in text
    assert "E1" not in text


def test_struck_out_cells_and_parts_are_left_out_and_reported(book, tmp_path):
    part = CellRichText(TextBlock(InlineFont(strike=True), "300 euros"), " 450 euros")
    sheet = fill(
        book.active, ["Order", "By", "Limit"], ["Parts", "Shift lead", part], ["Cars", "Office", "9 euros"], ["Tools", "Head", "7"]
    )
    for cell in sheet[3]:
        cell.font = Font(strike=True)
    text, notices = read(book, tmp_path)

    assert text.endswith("Order: Parts; By: Shift lead; Limit: 450 euros\nOrder: Tools; By: Head; Limit: 7")
    assert notices == ["Struck-out text was skipped: 4 (Sheet: C2, A3, B3, C3)."]


def test_values_that_a_format_hides_are_reported(book, tmp_path):
    sheet = fill(book.active, ["Name", "Pay"], ["Ada", 9000], ["Bob", 0])
    sheet["B2"].number_format = sheet["B3"].number_format = ";;;"
    text, notices = read(book, tmp_path)

    assert "9000" not in text
    assert notices == ["Values hidden by their number format were skipped: 1 (Sheet: B2)."]


def test_notes_stand_in_their_row_and_links_beside_their_text(book, tmp_path):
    sheet = fill(
        book.active,
        ["Booking", "Where", "Price"],
        ["Train", "rail desk", 40],
        ["Car", '=HYPERLINK("https://cars.example.org/a?b=1","garage")', 30],
        ["Bus", "desk", 20],
    )
    sheet["B2"].hyperlink = "https://travel.example.org/rail?x=1&y=2"
    sheet["B4"].hyperlink = "mailto:bus@example.org?subject=Bus"
    sheet["C2"].comment = Comment("Ada:\nFrom May on 45.", "Ada")
    sheet["C1"].comment = Comment("Without tax", "Ada")
    sheet["E9"].comment = Comment("Nobody sits here", "Ada")
    text, notices = read(book, tmp_path)

    assert (
        "Booking: Train; Where: rail desk (https://travel.example.org/rail?x=1&y=2); Price: 40; Note on Price: From May on 45."
        in text
    )
    assert "Where: garage (https://cars.example.org/a?b=1)" in text
    assert "Where: desk (bus@example.org)" in text
    assert "Note on Price: Without tax\n" in text
    assert text.endswith("Note: Nobody sits here")
    assert notices == ["Formula values missing from the file were calculated: 1 (Sheet: B3)."]


def test_formulas_without_a_stored_value_are_calculated_or_reported(book, tmp_path):
    staff = fill(book.create_sheet("Staff"), ["Team", "People"], ["A", 4], ["B", 6])
    sheet = fill(
        book.active,
        ["Name", "First", "Second", "All"],
        ["sum", 120000, 8000, "=SUM(B2:C2)"],
        ["mean", 10, 15, "=AVERAGE(B3:C3)"],
        ["share", 1, 4, "=B4/C4"],
        ["chain", "=D2-D3*2", "=-2^2", "=ROUND(B5/3,1)+C5"],
        ["there", 1, 1, f'=IF(SUM(\'{staff.title}\'!B2:B3)>9,"large","small")'],
        ["circle", 1, 1, "=D7+1"],
        ["other", 1, 1, "=VLOOKUP(1,A1:B2,2)"],
        ["zero", 1, 0, "=B9/C9"],
        ["caught", 1, 0, "=IFERROR(B10/C10,0)"],
    )
    sheet["D4"].number_format = "0.0%"
    text, notices = read(book, tmp_path)

    for line in (
        "Name: sum; First: 120000; Second: 8000; All: 128000",
        "Name: mean; First: 10; Second: 15; All: 12.5",
        "Name: share; First: 1; Second: 4; All: 25.0%",
        "Name: chain; First: 127975; Second: 4; All: 42662.3",
        "Name: there; First: 1; Second: 1; All: large",
        "Name: circle; First: 1; Second: 1\n",
        "Name: other; First: 1; Second: 1\n",
        "Name: zero; First: 1; Second: 0\n",
        "Name: caught; First: 1; Second: 0; All: 0",
    ):
        assert line in text
    assert notices == [
        "Formulas without a stored value could not be calculated and were skipped: 3 (Sheet: D7, D8, D9). Open the file in a "
        "spreadsheet program, save it, and upload it again.",
        "Formula values missing from the file were calculated: 8 (Sheet: D2, D3, D4, B5, C5, D5, D6, D10).",
    ]


def test_formulas_made_to_swell_are_not_calculated(book, tmp_path):
    sheet = fill(book.active, ["Name", "Text", "Number"], ["start", "abcdefgh", 99999])
    for row in range(3, 53):
        fill(sheet, [f"row {row}", f"=B{row - 1}&B{row - 1}", f"=C{row - 1}*C{row - 1}"])
    fill(sheet, ["brackets", "=" + "(" * 1900 + "1" + ")" * 1900, 1])
    text, notices = read(book, tmp_path)

    assert "Name: row 3; Text: abcdefghabcdefgh; Number: 9999800001" in text
    assert "Name: row 52\n" in text
    assert notices[0].startswith("Formulas without a stored value could not be calculated")

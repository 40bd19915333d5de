"""Merged cells count for all that they span, and dates read as the sheet shows them."""

import datetime

import openpyxl
import pytest

from ingest.parsers.office.sheets.dates import show_date
from tests.ingest.store import read_file

MOMENT = datetime.datetime(2024, 2, 3, 18, 5, 9)


def text_of(book, folder):
    book.save(folder / "a.xlsx")
    _, (page,), _ = read_file(folder / "a.xlsx")
    return page.text


def test_names_above_names_become_one_header_and_spanned_rows_keep_their_name(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Budget 2025"],
        [],
        ["Region", "Sales", None, "Note"],
        [None, "Q1", "Q2", None],
        ["North", 1200, 1300, "ok"],
        [None, 1400, 1500, None],
        ["South", 7, 8, "late"],
    ):
        sheet.append(row)
    for merged in ("A1:D1", "A3:A4", "B3:C3", "D3:D4", "A5:A6"):
        sheet.merge_cells(merged)

    assert text_of(book, tmp_path) == (
        "Sheet\n\nBudget 2025\n\nRegion | Sales Q1 | Sales Q2 | Note\n\n"
        "Region: North; Sales Q1: 1200; Sales Q2: 1300; Note: ok\n"
        "Region: North; Sales Q1: 1400; Sales Q2: 1500\n"
        "Region: South; Sales Q1: 7; Sales Q2: 8; Note: late"
    )


def test_figures_below_a_cell_that_spans_columns_are_not_taken_for_names(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Item", "Low", "High"], ["Pan", "none", None], ["Pot", 20, 30]):
        sheet.append(row)
    sheet.merge_cells("B2:C2")

    assert text_of(book, tmp_path).endswith("Item: Pan; Low: none; High: none\nItem: Pot; Low: 20; High: 30")


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [
        (MOMENT, "yyyy-mm-dd", "2024-02-03"),
        (MOMENT, "d. mmmm yyyy", "3. February 2024"),
        (MOMENT, "ddd, mmm d, yy", "Sat, Feb 3, 24"),
        (MOMENT, "dd/mm/yyyy hh:mm", "03/02/2024 18:05"),
        (MOMENT, "h:mm AM/PM", "6:05 PM"),
        (MOMENT, "mm:ss", "05:09"),
        (MOMENT, 'yyyy"年"m"月"d"日"', "2024年2月3日"),
        (MOMENT, "yyyy年m月d日", "2024年2月3日"),
        (MOMENT, "[$-409]d\\-mmm\\-yyyy;@", "3-Feb-2024"),
        (MOMENT, "mm-dd-yy", "2024-02-03 18:05"),  # shown as the reader's computer does
        (MOMENT, "General", "2024-02-03 18:05"),
        (datetime.date(2024, 2, 3), "gg e", "2024-02-03"),
        (datetime.time(8, 15), "h:mm", "8:15"),
        (datetime.time(8, 15), "yyyy", "08:15:00"),
    ],
)
def test_dates_read_as_their_format_shows_them(value, shape, shown):
    assert show_date(value, shape) == shown

"""Sheets as they are shown and printed: margins, text boxes, charts, formats, a second table below its own title."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font

from ingest.parsers.office.sheets.number_format import show_number
from tests.files.reading import read, texts

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
BOX = (
    f'<xdr:wsDr xmlns:xdr="{DRAWING}/spreadsheetDrawing" xmlns:a="{DRAWING}/main"><xdr:oneCellAnchor><xdr:sp><xdr:nvSpPr>'
    '<xdr:cNvPr id="2" name="Box"{}/></xdr:nvSpPr><xdr:txBody><a:p><a:r><a:t>Valid from 24</a:t></a:r>'
    '<a:r><a:rPr baseline="30000"/><a:t>1</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:oneCellAnchor></xdr:wsDr>'
)


def book(rows: Sequence[Sequence[object]], change: Callable[[Workbook], object] = lambda _: None) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(list(row))
    change(made)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def with_drawing(data: bytes, drawing: str) -> bytes:
    """Return a workbook whose only chart is replaced by a drawing of its own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, drawing if name == "xl/drawings/drawing1.xml" else old.read(name))
    return stream.getvalue()


def chart_of(sheet: str) -> Callable[[Workbook], object]:
    def change(made: Workbook) -> None:
        chart = BarChart()
        chart.title = "Guests by year"
        chart.add_data(Reference(made[sheet], min_col=2, min_row=1, max_row=2), titles_from_data=True)
        sheet_of_chart: Any = made.active
        sheet_of_chart.add_chart(chart, "E5")

    return change


def test_what_a_sheet_prints_on_its_margins_is_read_without_page_numbers(tmp_path: Path) -> None:
    def change(made: Workbook) -> None:
        made.active.oddHeader.left.text, made.active.oddHeader.right.text = "PL-77 &[Date]", "R&&D"
        made.active.oddFooter.center.text = "Page &[Page] of &N"
        made.active.oddHeader.left.font, made.active.oddHeader.left.size = "Arial,Bold", 12

    assert texts(tmp_path, "a.xlsx", book([["Item", "Fee"], ["Tent", 48]], change))[1] == "PL-77; R&D"


def test_text_boxes_are_read_and_hidden_ones_counted(tmp_path: Path) -> None:
    data = book([["Item", "Fee"], ["Tent", 48]], chart_of("Sheet"))

    assert texts(tmp_path, "a.xlsx", with_drawing(data, BOX.format("")))[-1] == "Valid from 24¹"
    left, warnings = read(tmp_path, "a.xlsx", with_drawing(data, BOX.format(' hidden="1"')))
    assert left[-1] == "Item: Tent; Fee: 48"
    assert warnings["hidden_words"] == {"count": 1, "places": "“Box”"}


def test_a_chart_gives_its_title(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.xlsx", book([["Item", "Fee"], ["Tent", 48]], chart_of("Sheet")))[-1] == "Guests by year"


def test_a_table_below_a_title_of_its_own_has_its_own_names(tmp_path: Path) -> None:
    rows = [
        ["Locker", "Owner", "Floor"],
        ["101", "Ann", 2],
        ["102", "Bob", 3],
        [],
        ["Keys"],
        ["Key", "Owner"],
        ["K1", "Cy"],
        ["K2", "Di"],
    ]
    same = [["Room", "Person"], ["Amber", "Ann"], [], ["North"], ["Birch", "Bob"], ["Cedar", "Cy"]]

    assert texts(tmp_path, "a.xlsx", book(rows))[-1] == "Key: K1; Owner: Cy\nKey: K2; Owner: Di"
    assert texts(tmp_path, "a.xlsx", book(same))[-1] == "Room: Birch; Person: Bob\nRoom: Cedar; Person: Cy"


def test_two_rows_of_names_are_one(tmp_path: Path) -> None:
    data = [["North", 2, 6, 1, 3], ["South", 3, 8, 2, 4]]
    parts = [None, "Single", "Day", "Single", "Day"]
    whole = "Zone: North; Adult Single: 2; Adult Day: 6; Child Single: 1; Child Day: 3"

    for names in (["Zone", "Adult", "Adult", "Child", "Child"], ["Zone", "Adult", None, "Child", None]):
        assert whole in texts(tmp_path, "a.xlsx", book([names, parts, *data]))[-1]
    assert whole in texts(tmp_path, "a.csv", "Zone,Adult,,Child,\n,Single,Day,Single,Day\nNorth,2,6,1,3\nSouth,3,8,2,4\n")[-1]
    units = [["Pump", "Flow", "Head"], [None, "m³/h", "m"], ["P1", 20, 35]]
    assert texts(tmp_path, "a.xlsx", book(units))[-1] == "Pump: P1; Flow m³/h: 20; Head m: 35"
    words = [["Room", "Who", "Why"], [None, "Ann", "Talk"], ["B2", "Bob", "Chess"]]
    assert "Who: Ann; Why: Talk" in texts(tmp_path, "a.xlsx", book(words))[-1]


def test_words_that_a_line_end_cuts_in_a_cell_are_whole(tmp_path: Path) -> None:
    cell = "the manage-\nment, non-\nrefundable"
    rule = "Rule: the management, non-refundable; Day: 5"

    assert texts(tmp_path, "a.xlsx", book([["Rule", "Day"], [cell, 5]]))[-1] == rule
    assert texts(tmp_path, "a.csv", f'Rule,Day\n"{cell}",5\n')[-1] == rule
    assert texts(tmp_path, "a.xlsx", book([["项", "天"], ["甲组\n乙组", 5]]))[-1] == "项: 甲组 乙组; 天: 5"


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (12345, '0!.0,"万"', "1.2万"),
        (123, "[DBNum1][$-804]General", "一百二十三"),
        (10500.5, '[DBNum2][$-804]General"元"', "壹万零伍佰.伍元"),
        (20260000, "[DBNum2]General", "贰仟零贰拾陆万"),
        (0, "[DBNum1]General", "〇"),
        (123, "[DBNum1]0", "一二三"),
        (46086, "[DBNum1]yyyy年m月", "二〇二六年三月"),
    ],
)
def test_formats_of_chinese_sheets(value: float, code: str, shown: str) -> None:
    assert show_number(value, code) == shown


def test_rows_below_a_head_that_fill_other_columns_belong_to_it(tmp_path: Path) -> None:
    rows = [
        ["Batch", "Part", "Pieces", "Checked by"],
        ["K-4", None, None, "Ines"],
        [None, "Hinge", 12, None],
        [None, "Latch", 60, None],
        ["K-5", None, None, "Omar"],
        [None, "Hinge", 5, None],
        [None, "Total", 77, None],
        ["K-6", "Bolt", 3, "Omar"],
        [None, "Nut", 4, "Ines"],
    ]
    assert texts(tmp_path, "a.xlsx", book(rows))[-1].split("\n") == [
        "Batch: K-4; Checked by: Ines",
        "Batch: K-4; Part: Hinge; Pieces: 12",
        "Batch: K-4; Part: Latch; Pieces: 60",
        "Batch: K-5; Checked by: Omar",
        "Batch: K-5; Part: Hinge; Pieces: 5",
        "Part: Total; Pieces: 77",
        "Batch: K-6; Part: Bolt; Pieces: 3; Checked by: Omar",
        "Part: Nut; Pieces: 4; Checked by: Ines",
    ]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        *(('COUNTIF(B2:B4,">5")', "2"), ('COUNTIFS(A2:A4,"*pump*",B2:B4,">5")', "1"), ('SUMIF(A2:A4,"Valve",B2:B4)', "30")),
        *(('SUMIFS(B2:B4,B2:B4,">=10",A2:A4,"<>Valve")', "10"), ('AVERAGEIF(B2:B4,"<20")', "7")),
        *(('VLOOKUP("valve",A2:B4,2,FALSE)', "30"), ("VLOOKUP(11,B2:C3,2)", "open"), ('XLOOKUP("Seal",A2:A4,C2:C4)', "shut")),
        *(("INDEX(A2:C4,2,3)", "shut"), ('INDEX(B2:B4,MATCH("Seal",A2:A4,0))', "4"), ('TEXT(B2,"0.0")&" kg"', "10.0 kg")),
        *(("LARGE(B2:B4,2)", "10"), ("MOD(B3,7)", "2"), ("UPPER(LEFT(A3,3))&RIGHT(A3,2)&MID(A3,2,2)", "VALveal")),
    ],
)
def test_lookups_and_conditions_are_calculated_where_no_value_is_stored(tmp_path: Path, formula: str, shown: str) -> None:
    rows = [
        ["Item", "Kilograms", "State", "Result"],
        ["Big pump", 10, "open", f"={formula}"],
        ["Valve", 30, "shut"],
        ["Seal", 4, "shut"],
    ]
    found, warnings = read(tmp_path, "a.xlsx", book(rows))

    assert f"Item: Big pump; Kilograms: 10; State: open; Result: {shown}\n" in found[-1]
    assert "formulas" not in warnings


@pytest.mark.parametrize("formula", ['VLOOKUP("Rope",A2:B4,2,FALSE)', "INDEX(A2:B4,9,1)", "SMALL(B2:B4,7)", "MOD(B2,0)", "TODAY()"])
def test_a_lookup_that_finds_nothing_is_reported(tmp_path: Path, formula: str) -> None:
    rows = [["Item", "Kilograms", "Result"], ["Pump", 10, f"={formula}"], ["Valve", 30], ["Seal", 4]]

    assert read(tmp_path, "a.xlsx", book(rows))[1]["formulas"] == {"count": 1, "places": "Sheet: C2"}


STAFF = [["Name", "Desk"], ["Ann", 4], ["Bo", 7], ["Cy", 9]]
ROOMS = [["Room", "Seats", "Key"], ["Elm", 12, "K1"], ["Oak", 30, "K2"]]
MORE = [[name, 8, f"K{number}"] for number, name in enumerate(("Ash", "Fir", "Yew", "Bay"), start=3)]
PHONES = [["Phone", "Line"], ["Hall", 11]]


def beside(left: Sequence[Sequence[object]], right: Sequence[Sequence[object]], *, width: int = 2) -> list[list[object]]:
    """Return the rows of two tables with a blank column between them."""
    size = max(len(left), len(right))
    padded = [[*row, *[None] * (width - len(row))] for row in [*left, *[[]] * (size - len(left))]]
    return [[*row, None, *other] for row, other in zip(padded, [*right, *[[]] * (size - len(right))], strict=True)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(STAFF, ROOMS, id="longer"),
        pytest.param(STAFF[:3], ROOMS, id="below titles"),
        pytest.param([*STAFF[:3], [], *PHONES], [*ROOMS, *MORE], id="two below each other on the left"),
    ],
)
def test_tables_side_by_side_are_read_one_after_the_other(
    tmp_path: Path, left: list[list[object]], right: list[list[object]]
) -> None:
    if len(left) == len(right):
        left, right = [["Staff"], *left], [["Rooms"], *right]
    shown = "\n".join(texts(tmp_path, "a.xlsx", book(beside(left, right))))
    assert "Name: Bo; Desk: 7\n" in shown
    assert "\nRoom: Elm; Seats: 12; Key: K1\nRoom: Oak; Seats: 30; Key: K2" in shown
    assert shown.index("Ann") < shown.index("Room | Seats | Key") < shown.index("Elm")
    assert ("Phone: Hall; Line: 11\n" in shown) == (len(left) == 6)


@pytest.mark.parametrize(
    "right",
    [
        pytest.param([["Note", "By"], ["late", "Di"], [], ["new", "Ed"]], id="notes on some rows"),
        pytest.param([["Note", "By"], ["late", "Di"], ["new", "Ed"], ["old", "Ed"]], id="notes on every row"),
        pytest.param([["2025", "2026"], [1, 2], [3, 4]], id="figures on the first rows"),
    ],
)
def test_a_blank_column_inside_a_table_parts_no_row(tmp_path: Path, right: list[list[object]]) -> None:
    shown = texts(tmp_path, "a.xlsx", book(beside(STAFF, right)))
    assert any(line.startswith("Name: Ann; Desk: 4; ") for text in shown for line in text.splitlines())


def test_merged_names_of_one_table_leave_those_of_the_table_beside_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Rates 2026", "", "", "", "Contact", "Phone"],
        ["Zone", "Domestic", "", "", "Ann", "0151"],
        ["", "Letter", "Parcel", "", "Bob", "0152"],
        ["A", 1, 2, "", "Cy", "0153"],
        ["B", 5, 6],
    ]
    merged = ("A1:C1", "A2:A3", "B2:C2")
    found = texts(tmp_path, "a.xlsx", book(rows, lambda made: [made.active.merge_cells(one) for one in merged]))

    assert found[1:] == [
        "Rates 2026",
        "Zone | Domestic Letter | Domestic Parcel",
        "Zone: A; Domestic Letter: 1; Domestic Parcel: 2\nZone: B; Domestic Letter: 5; Domestic Parcel: 6",
        "Contact | Phone",
        "Contact: Ann; Phone: 0151\nContact: Bob; Phone: 0152\nContact: Cy; Phone: 0153",
    ]


def test_remarks_below_a_table_are_no_rows_of_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Item", "Qty", "Owner"],
        ["Bolt", 3, "Ann"],
        ["Nut", 4, "Bob"],
        [],
        ["Notes:"],
        ["All net."],
        [],
        ["Total"],
    ]

    assert texts(tmp_path, "a.xlsx", book(rows))[2:] == [
        "Item: Bolt; Qty: 3; Owner: Ann\nItem: Nut; Qty: 4; Owner: Bob",
        "Notes:\nAll net.",
        "Item: Total",
    ]


def test_quarters_above_the_first_part_of_a_table_are_names(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Item", "Q1", "Q2"], ["Income"], ["Sales", 5, 6], ["Costs"], ["Sales", 3, 4]]

    assert texts(tmp_path, "a.xlsx", book(rows))[1:] == [
        "Item | Q1 | Q2",
        "Item: Income\nItem: Income > Sales; Q1: 5; Q2: 6\nItem: Costs\nItem: Costs > Sales; Q1: 3; Q2: 4",
    ]


def test_blank_lines_behind_each_row_part_no_tables_and_figures_kept_as_text_are_figures(tmp_path: Path) -> None:
    spaced = b'name,phone\r\r\nAnn,="0151"\r\r\nBob,0152\r\r\n'

    assert texts(tmp_path, "a.csv", spaced) == ["name | phone", "name: Ann; phone: 0151\nname: Bob; phone: 0152"]


def test_bold_labels_beside_words_are_labels_unless_names_stand_above_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Owner", "Ann"], ["Deputy", "Bob"], ["Site", "Kiel"]]

    def embolden(made: Workbook) -> None:
        for (cell,) in made.active.iter_rows(max_col=1):
            cell.font = Font(bold=True)

    def with_names(made: Workbook) -> None:
        embolden(made)
        made.active["B1"].font = Font(bold=True)

    assert texts(tmp_path, "a.xlsx", book(rows, embolden))[1:] == ["Owner: Ann\nDeputy: Bob\nSite: Kiel"]
    assert texts(tmp_path, "b.xlsx", book(rows, with_names))[1:] == [
        "Owner | Ann",
        "Owner: Deputy; Ann: Bob\nOwner: Site; Ann: Kiel",
    ]

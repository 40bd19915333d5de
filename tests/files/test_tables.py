"""Tables as the eye takes them in: rows below the name of their part, cells that reach over others, columns that stand close."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Alignment
from pptx import Presentation
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from tests.files.reading import texts
from tests.ingest.word_files import row, table, word

Rows = Sequence[Sequence[str]]

SHIFTS = (
    ("Day", "Early", "Late"),
    ("Hall 1", "", ""),
    ("Mon", "Ann", "Bob"),
    ("Tue", "Cy", "Di"),
    ("Hall 2", "", ""),
    ("Mon", "Eve", "Flo"),
    ("Total", "1", "1"),
)
WORKS = (
    ("No.", "Work", "Price"),
    ("1", "Drilling", "282.08"),
    ("", "Drill rods", "4.10"),
    ("2", "Blasting", "196.40"),
    ("", "Diesel", "1.45"),
)


def html(rows: Rows) -> bytes:
    lines = ("".join(f"<td>{text}</td>" for text in one) for one in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>".encode()


def markdown(rows: Rows) -> bytes:
    lines = [f"| {' | '.join(one)} |" for one in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]).encode()


def docx(rows: Rows) -> bytes:
    return word(table(*(row(*one) for one in rows)))


def pptx(rows: Rows) -> bytes:
    made = Presentation()
    shape = made.slides.add_slide(made.slide_layouts[6]).shapes.add_table(len(rows), len(rows[0]), 0, 0, 9**7, 9**7)
    for number, one in enumerate(rows):
        for column, text in enumerate(one):
            shape.table.cell(number, column).text = text
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def pdf(rows: Rows, *style: Any, split: bool = False) -> bytes:
    stream = io.BytesIO()
    grid: list[Any] = [] if split else [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
    SimpleDocTemplate(stream).build([Table(rows, style=TableStyle([*grid, *style]))])
    return stream.getvalue()


def xlsx(rows: Rows) -> bytes:
    book = Workbook()
    for one in rows:
        book.active.append([text or None for text in one])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


MAKERS = {"html": html, "md": markdown, "docx": docx, "pptx": pptx, "pdf": pdf}


@pytest.mark.parametrize("ending", MAKERS)
def test_rows_carry_the_name_of_the_part_of_the_table_that_they_stand_in(tmp_path: Path, ending: str) -> None:
    lines = texts(tmp_path, f"a.{ending}", MAKERS[ending](SHIFTS))[-1].split("\n")

    assert [line.rstrip(" |") for line in lines] == [
        *("Day | Early | Late", "Hall 1", "Hall 1 > Mon | Ann | Bob", "Hall 1 > Tue | Cy | Di"),
        *("Hall 2", "Hall 2 > Mon | Eve | Flo", "Total | 1 | 1"),
    ]


def test_rows_of_a_sheet_carry_the_name_of_their_part(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.xlsx", xlsx(SHIFTS))[-1].split("\n")[-3:] == [
        *("Day: Hall 2", "Day: Hall 2 > Mon; Early: Eve; Late: Flo", "Day: Total; Early: 1; Late: 1")
    ]


@pytest.mark.parametrize("ending", MAKERS)
def test_rows_below_a_counted_one_carry_its_name(tmp_path: Path, ending: str) -> None:
    assert texts(tmp_path, f"a.{ending}", MAKERS[ending](WORKS))[-1].split("\n") == [
        *("No. | Work | Price", "1 | Drilling | 282.08", " | Drilling > Drill rods | 4.10"),
        *("2 | Blasting | 196.40", " | Blasting > Diesel | 1.45"),
    ]


def test_records_that_are_blank_but_for_their_name_are_no_parts(tmp_path: Path) -> None:
    people = (("Name", "Phone", "Room"), ("Ann", "", ""), ("Bob", "12", "3"), ("Cy", "14", ""), ("Di", "15", "4"))

    assert texts(tmp_path, "a.html", html(people))[-1].split("\n")[2] == "Bob | 12 | 3"
    teams = (("Team", "Member", "Bike"), ("1", "Ann", "red"), ("", "Bob", "blue"))
    assert texts(tmp_path, "a.html", html(teams))[-1].split("\n")[2] == "1 | Bob | blue"


def test_cells_that_reach_down_in_a_pdf_count_for_each_row_wherever_their_text_stands(tmp_path: Path) -> None:
    rows = [
        *(["Region", "Product", "Discount", "Approver"], ["North", "Valves", "8 %", "Ann"], ["", "Pumps", "6 %", "Bob"]),
        *(["South", "Valves", "5 %", "Cy"], ["", "Pumps", "4 %", ""]),
    ]
    spans = [("SPAN", (0, 1), (0, 2)), ("SPAN", (0, 3), (0, 4)), ("SPAN", (3, 3), (3, 4)), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]

    assert texts(tmp_path, "a.pdf", pdf(rows, *spans))[-1].split("\n")[1:] == [
        *("North | Valves | 8 % | Ann", "North | Pumps | 6 % | Bob", "South | Valves | 5 % | Cy", "South | Pumps | 4 % | Cy")
    ]


def test_columns_that_stand_close_are_told_apart_on_every_page(tmp_path: Path) -> None:
    rows = [
        *(["Machine", "Oil change", "Filter change", "Team"],),
        *([f"Lathe {number}", f"{number % 7 + 3} weeks", f"{number % 5 + 20} weeks", "Team B"] for number in range(1, 60)),
    ]
    first, second = texts(tmp_path, "a.pdf", pdf(rows, ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black), split=True))

    assert "Lathe 30 | 5 weeks | 20 weeks | Team B" in first.split("\n")
    assert second.split("\n")[0] == "Machine | Oil change | Filter change | Team"
    assert second.split("\n")[-1] == "Lathe 59 | 6 weeks | 24 weeks | Team B"


def test_labels_and_values_are_no_names_of_columns(tmp_path: Path) -> None:
    data = [["Owner", "Ines Duarte"], ["Valid from", "2026-05-01"], ["Version", "3.2"]]
    prices = [["Item", "Price", "Unit"], ["Pump", "12", "pc"], ["Valve", "7", "pc"]]
    written = "Owner: Ines Duarte\nValid from: 2026-05-01\nVersion: 3.2"

    assert texts(tmp_path, "a.xlsx", xlsx([*data, *prices]))[1::2] == [
        written,
        "Item: Pump; Price: 12; Unit: pc\nItem: Valve; Price: 7; Unit: pc",
    ]
    colons = "Owner:,Ines Duarte\nValid from:,2026-05-01\nVersion:,3.2\n\nItem,Price\nPump,12\n"
    assert texts(tmp_path, "a.csv", colons) == [written, "Item | Price", "Item: Pump; Price: 12"]
    assert texts(tmp_path, "a.csv", "姓名：,李雷,工号：,0417\n部门：,涂装,主管：,王芳\n") == [
        "姓名: 李雷; 工号: 0417\n部门: 涂装; 主管: 王芳"
    ]
    several = [["Owner", "Ines"], ["Valid from", "2026-05-01"], ["Mail", "i@x.example"], ["Phone", "4711"]]
    many = [[f"{label} {at}", value] for at in range(4) for label, value in several]
    assert texts(tmp_path, "c.xlsx", xlsx(many))[-1].split("\n")[-2:] == ["Mail 3: i@x.example", "Phone 3: 4711"]
    days = "Holiday,Date\nNew Year,2026-01-01\nMay Day,2026-05-01\n"
    assert texts(tmp_path, "a.csv", days)[-1] == "Holiday: New Year; Date: 2026-01-01\nHoliday: May Day; Date: 2026-05-01"


WRAPPED = (
    ("Rule", "Meaning", "Fee"),
    ("Late return", "A device that is brought back after the day that was agreed upon at the counter", "15 euros a day"),
    ("Loss", "A device that is not brought back within thirty days after the reminder", "its price"),
    ("Damage", "A part that was whole when the device was lent and is not any more", "by bill"),
)
BARS = {
    "above and below": (
        ("LINEABOVE", (0, 0), (-1, 0), 1),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5),
        ("LINEBELOW", (0, -1), (-1, -1), 1),
    ),
    "below each row": (("LINEBELOW", (0, 0), (-1, -1), 0.5),),
    "shaded": (("ROWBACKGROUNDS", (0, 0), (-1, -1), (colors.lightgrey, colors.white)),),
}


@pytest.mark.parametrize("bars", BARS)
def test_cells_that_wrap_between_rules_or_shades_are_whole_in_their_rows(tmp_path: Path, bars: str) -> None:
    plain = getSampleStyleSheet()["Normal"]
    style = [(*bar, colors.black) if bar[0].startswith("LINE") else bar for bar in BARS[bars]]
    cells = [[Paragraph(text, plain) for text in one] for one in WRAPPED]
    stream = io.BytesIO()
    prose = Paragraph("A sentence stands above the table and is no part of it, though it is as wide as it.", plain)
    SimpleDocTemplate(stream).build(
        [prose, Table(cells, colWidths=(80, 200, 90), style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *style]))]
    )

    assert texts(tmp_path, "a.pdf", stream.getvalue())[1].split("\n") == [" | ".join(one) for one in WRAPPED]


def test_rows_that_are_set_in_carry_the_name_of_the_row_above(tmp_path: Path) -> None:
    book = Workbook()
    for line in (
        ["Budget", 2025, 2026],
        ["Labour", 100, 120],
        ["Wages", 80, 95],
        ["Total", 180, 215],
        ["Hall", None, None],
        ["  Rent", 9, 9],
    ):
        book.active.append(line)
    book.active["A3"].alignment = Alignment(indent=1)
    stream = io.BytesIO()
    book.save(stream)

    assert texts(tmp_path, "a.xlsx", stream.getvalue())[-1].split("\n") == [
        *("Budget: Labour; 2025: 100; 2026: 120", "Budget: Labour > Wages; 2025: 80; 2026: 95"),
        *("Budget: Total; 2025: 180; 2026: 215", "Budget: Hall", "Budget: Hall > Rent; 2025: 9; 2026: 9"),
    ]
    rows = [["项目", "2025年"], ["一、人工", "100"], ["其中：工资", "80"], ["　　奖金", "20"], ["合计", "100"]]
    assert texts(tmp_path, "b.xlsx", xlsx(rows))[-1].split("\n")[1:3] == [
        *("项目: 一、人工 > 其中：工资; 2025年: 80", "项目: 一、人工 > 奖金; 2025年: 20")
    ]

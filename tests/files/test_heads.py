"""Tables without names of columns: labels beside values, records from the first row on. No row of theirs names another."""

from dataclasses import replace
from pathlib import Path

import pytest
from pptx.util import Inches

from chat.verify.quotations import word_place
from chat.verify.windows import Passage
from evals.evidence import evidence_of
from tests.files.reading import texts
from tests.files.test_slides import Slides
from tests.files.test_tables import MAKERS, docx, html, pdf, xlsx
from tests.ingest.files import write
from tests.ingest.store import read_file
from tests.ingest.word_files import cell, paragraph, row, run, table, word

LABELS = (
    *(("Owner", "Ines Duarte"), ("Phone", ""), ("Valid from", "2026-05-01"), ("Version", "3.2")),
    *(("Approved by", "Bob"), ("Mail", "i@x.example"), ("Next check", "2027-05-01")),
)
STAFF = (("4711", "Ann", "Hall 2"), ("4712", "Bob", "Hall 3"), ("4713", "Cy", "Hall 4"), ("4714", "Di", "Hall 5"))


def csv(rows: tuple[tuple[str, ...], ...]) -> bytes:
    return "\n".join(map(",".join, rows)).encode()


@pytest.mark.parametrize(("name", "make"), [("a.xlsx", xlsx), ("a.csv", csv)])
def test_a_blank_value_does_not_end_labels_and_values(tmp_path: Path, name: str, make: type) -> None:
    assert texts(tmp_path, name, make(LABELS))[-1].split("\n") == [
        *("Owner: Ines Duarte", "Phone", "Valid from: 2026-05-01", "Version: 3.2"),
        *("Approved by: Bob", "Mail: i@x.example", "Next check: 2027-05-01"),
    ]


def test_a_title_among_labels_and_values_begins_a_table_of_its_own(tmp_path: Path) -> None:
    prices = (("Prices", ""), ("Item", "Price"), ("Pump", "12"), ("Valve", "7"))

    assert texts(tmp_path, "a.csv", csv((*LABELS, *prices)))[-3:] == [
        "Prices",
        "Item | Price",
        "Item: Pump; Price: 12\nItem: Valve; Price: 7",
    ]
    several = "姓名：,李雷,工号：,\n部门：,涂装,主管：,王芳\n"
    assert texts(tmp_path, "b.csv", several) == ["姓名: 李雷; 工号\n部门: 涂装; 主管: 王芳"]


@pytest.mark.parametrize("ending", MAKERS)
def test_labels_and_values_name_no_columns(tmp_path: Path, ending: str) -> None:
    _, pages, _ = read_file(write(tmp_path, f"a.{ending}", MAKERS[ending](LABELS)))

    (block,) = (block for block in pages[0].blocks if block.kind == "table")
    assert (block.header_end, block.is_headless) == (0, True)


@pytest.mark.parametrize(("name", "make"), [("a.csv", csv), ("a.html", html), ("a.docx", docx), ("a.pdf", pdf)])
def test_records_from_the_first_row_on_are_told_without_names(tmp_path: Path, name: str, make: type) -> None:
    _, (page,), _ = read_file(write(tmp_path, name, make(STAFF)))

    (block,) = (block for block in page.blocks if block.kind == "table")
    headless = ((block.start, block.end),) if block.is_headless else ()
    passage = Passage(replace(evidence_of(1, page.text), headless=headless))
    assert [word_place(passage, at) for at in range(2)] == ["4711; Ann; Hall 2", "4712; Bob; Hall 3"]


def test_years_and_codes_above_other_figures_are_names(tmp_path: Path) -> None:
    rows = (("Site", "2024", "2025", "Size 1"), ("Leeds", "10", "12", "7"), ("York", "20", "21", "8"))
    _, (page,), _ = read_file(write(tmp_path, "a.html", html(rows)))

    assert not page.blocks[0].is_headless


def test_rows_of_a_long_table_keep_their_names_on_each_page(tmp_path: Path) -> None:
    rows = (("Part", "Note"), *((f"Part {number}", "kept in the store " * 9) for number in range(90)))
    _, pages, _ = read_file(write(tmp_path, "a.html", html(rows)))

    assert len(pages) > 1
    assert {page.text.split("\n")[0] for page in pages} == {"Part | Note"}


def test_icons_of_cells_are_values(tmp_path: Path) -> None:
    yes, no = '<img src="y.png" alt="yes">', '<svg><title>no</title><path d="M0 0"/></svg>'
    page = f"""<table><tr><th>Room</th><th>Projector</th><th>Phone</th></tr><tr><td>Elm</td><td>{yes}</td><td>{no}</td></tr>
    <tr><td>Oak</td><td><i class="icon" aria-label="no"></i></td><td><span title="yes">✓</span></td></tr>
    <tr><td>Fir</td><td>ask <img alt="the porter"></td><td></td></tr></table>"""

    assert texts(tmp_path, "a.html", page)[-1].split("\n") == [
        *("Room | Projector | Phone", "Elm | yes | no", "Oak | no | yes", "Fir | ask the porter")
    ]


def bold(text: str) -> str:
    return cell(paragraph(run(text, "<w:b/>")))


def heads(folder: Path, name: str, content: str | bytes) -> list[tuple[str, bool]]:
    """Return of each table its names, and whether its first row surely is none."""
    _, pages, _ = read_file(write(folder, name, content))
    blocks = [(page.text, block) for page in pages for block in page.blocks if block.kind == "table"]
    return [(text[block.start : block.header_end] if block.header_end else "", block.is_headless) for text, block in blocks]


def test_labels_that_stand_out_beside_words_name_no_columns(tmp_path: Path) -> None:
    rows = (("Owner", "Ann"), ("Deputy", "Bob"), ("Site", "Kiel"))
    marked = "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in rows)
    strong = "".join(f"<tr><td><b>{label}</b></td><td>{value}</td></tr>" for label, value in rows)
    slides = Slides()
    shapes = slides.slide.shapes.add_table(3, 2, Inches(1), Inches(1), Inches(6), Inches(3)).table
    for number, texts_of_row in enumerate(rows):
        for column, text in enumerate(texts_of_row):
            shapes.cell(number, column).text = text
        shapes.cell(number, 0).text_frame.paragraphs[0].runs[0].font.bold = True
    files = {
        "a.html": f"<table>{marked}</table>",
        "b.html": f"<table>{strong}</table>",
        "a.docx": word(table(*(row(bold(label), value) for label, value in rows))),
        "a.pptx": slides.save(),
    }

    assert {name: heads(tmp_path, name, content) for name, content in files.items()} == {name: [("", True)] for name in files}


def test_bold_names_are_names_also_with_figures_and_above_one_row(tmp_path: Path) -> None:
    figures = table(row(bold("Region"), bold("Size 1"), bold("Size 2")), row("North", "4", "5"))
    style = '<w:style w:type="paragraph" w:styleId="Head"><w:rPr><w:b/></w:rPr></w:style>'
    styled = paragraph("Gate 1", properties='<w:pStyle w:val="Head"/>')
    words = table(row(cell(styled), cell(styled.replace("1", "2"))), row("Ann", "Bob"), row("Cy", "Di"))

    assert heads(tmp_path, "a.docx", word(figures)) == [("Region | Size 1 | Size 2", False)]
    assert heads(tmp_path, "b.docx", word(words, styles=style)) == [("Gate 1 | Gate 2", False)]


@pytest.mark.parametrize("is_split", [False, True], ids=["ruled", "bare"])
def test_bold_labels_of_a_pdf_name_no_columns(tmp_path: Path, is_split: bool) -> None:
    rows = (("Owner", "Ann"), ("Deputy", "Bob"), ("Site", "Kiel"))
    strong = ("FONTNAME", (0, 0), (0, -1), "Helvetica-Bold")

    assert heads(tmp_path, "a.pdf", pdf(rows, strong, ("RIGHTPADDING", (0, 0), (0, -1), 40), split=is_split)) == [("", True)]


def test_names_in_the_middle_of_their_rows_name_all_of_them(tmp_path: Path) -> None:
    cities = (
        ("", "Kiel"),
        ("North", "Husum"),
        ("", "Plön"),
        ("", "Ulm"),
        ("", "Lahr"),
        ("South", "Passau"),
        ("", "Hof"),
        ("", "Ansbach"),
    )
    rows = (("Region", "City", "Staff"), *((region, city, str(number)) for number, (region, city) in enumerate(cities)))

    apart = ("RIGHTPADDING", (0, 0), (-1, -1), 40)
    lines = texts(tmp_path, "a.pdf", pdf(rows, apart, split=True))[-1].split("\n")[1:]
    assert [line.split(" | ")[:2] for line in lines] == [
        ["North" if at < 3 else "South", city] for at, (_, city) in enumerate(cities)
    ]


@pytest.mark.parametrize(("name", "make"), [("a.html", html), ("a.docx", docx), ("a.pdf", pdf)])
def test_a_word_that_comes_again_below_is_no_name(tmp_path: Path, name: str, make: type) -> None:
    people: tuple[tuple[str, ...], ...] = (
        ("Ann", "Lee", "Kiel"),
        ("Bob", "Ray", "Bonn"),
        ("Cem", "Oz", "Kiel"),
        ("Dai", "Wu", "Bonn"),
    )

    assert heads(tmp_path, name, make(people)) == [("", True)]


@pytest.mark.parametrize("ending", ["html", "docx", "pdf", "xlsx", "csv"])
def test_two_rows_of_names_are_one_without_merged_cells(tmp_path: Path, ending: str) -> None:
    make = {**MAKERS, "csv": csv, "xlsx": xlsx}[ending]
    groups = (("", "2024", "", "2025", ""), ("Region", "Plan", "Actual", "Plan", "Actual"), ("North", "1", "2", "3", "4"))
    units = (("Product", "Price", "Weight"), ("", "EUR", "kg"), ("Bolt", "1.2", "0.1"), ("Nut", "0.8", "0.2"))
    found = [texts(tmp_path, f"{number}.{ending}", make(rows)) for number, rows in enumerate((groups, units))]

    assert [one[-2 if ending in ("xlsx", "csv") else -1].split("\n")[0] for one in found] == [
        "Region | 2024 Plan | 2024 Actual | 2025 Plan | 2025 Actual",
        "Product | Price EUR | Weight kg",
    ]


def test_a_record_without_a_name_below_the_names_is_no_second_row_of_them(tmp_path: Path) -> None:
    rows = (("Team", "Lead", "Site"), ("", "Ann", "Kiel"), ("Red", "Bob", "Bonn"), ("Blue", "Cem", "Ulm"))

    assert heads(tmp_path, "a.docx", docx(rows)) == [("Team | Lead | Site", False)]


def test_a_table_of_two_rows_in_a_cell_has_names_above_figures(tmp_path: Path) -> None:
    inner = table(row("From", "To"), row("2020", "2024")), table(row("Size", "M"), row("Price", "5"))
    outer = table(row("Grade", "Years"), row("A", cell(inner[0])), row("B", cell(inner[1])))

    assert texts(tmp_path, "a.docx", word(outer)) == ["Grade | Years\nA | From: 2020, To: 2024\nB | Size: M; Price: 5"]


def test_a_remark_that_is_printed_again_with_other_names_is_no_record(tmp_path: Path) -> None:
    rows = (("(in millions)", "2025", "2024"), ("Cash", "5", "6"), ("(in millions)", "2023", "2022"), ("Cash", "7", "8"))

    assert [headless for _, headless in heads(tmp_path, "a.html", html(rows))] == [False]

"""Tables without names of columns: labels beside values, records from the first row on. No row of theirs names another."""

from dataclasses import replace
from pathlib import Path

import pytest

from chat.verify.quotations import word_place
from chat.verify.windows import Passage
from evals.evidence import evidence_of
from tests.files.reading import texts
from tests.files.test_tables import MAKERS, docx, html, pdf, xlsx
from tests.ingest.files import write
from tests.ingest.store import read_file

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

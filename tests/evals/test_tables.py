"""The judge of answers over tables, and the files that the tables are written as."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from evals.intervals import wilson
from evals.tables import Outcome, format_of, grid_of, judge, report, write_table

AITQA = {
    "set": "aitqa",
    "table_id": "tab-1",
    "column_header": [["Year Ended", "2018"], ["Year Ended", "2017"], ["Change"]],
    "row_header": [["Revenue:", "Cargo"]],
    "data": [["865", "729", "136"]],
    "context": [],
}


def told(answer: str, outcome: str = "answered") -> dict[str, str]:
    return {"outcome": outcome, "answer": answer}


@pytest.mark.parametrize(
    ("answers", "answer", "verdict"),
    [
        (["$41,244"], "Total – 2017: $41,244[1]", "right"),
        ([-2.56], "It changes by −2.56%.[1]", "right"),
        ([91104], "The average is 91,104 (in thousands).[1]", "right"),
        ([0.5], "The difference is 0.7.[1]", "wrong"),
        (["2019", "2018"], "2019: 5; 2018: 4[1]", "right"),
        (["2019", "2017"], "2019: 5; 2018: 4[1]", "wrong"),
        (["Transport Workers Union (TWU)"], "Union: transport workers union, TWU[1]", "right"),
        (["12"], "The source is [12].", "wrong"),
    ],
)
def test_an_answer_is_right_where_all_of_its_values_are_told(answers: list[Any], answer: str, verdict: str) -> None:
    assert judge({"answers": answers}, told(answer)) == verdict


def test_no_answer_is_a_refusal() -> None:
    assert judge({"answers": [1]}, told("", "refused")) == "refused"


def test_a_name_over_several_columns_stands_over_the_first() -> None:
    assert grid_of(AITQA) == [["", "Year Ended", "", ""], ["", "2018", "2017", "Change"], ["Revenue: - Cargo", "865", "729", "136"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "docx"])
def test_a_table_is_written_in_each_format(kind: str, tmp_path: Path) -> None:
    name = next(str(number) for number in range(100) if format_of(str(number)) == kind)
    row: Mapping[str, Any] = AITQA | {"table_id": name, "context": ["In thousands."]}
    path = write_table(row, tmp_path)
    assert path.suffix == f".{kind}"
    if kind == "csv":
        assert path.read_text("utf-8").splitlines()[2] == "Revenue: - Cargo,865,729,136"
    elif kind == "xlsx":
        assert openpyxl.load_workbook(path).active["B3"].value == "865"
    else:
        written = docx.Document(str(path))
        assert (written.paragraphs[0].text, written.tables[0].cell(2, 1).text) == ("In thousands.", "865")


def test_the_report_holds_shares_to_their_goals() -> None:
    outcomes = [Outcome("lookup", "aitqa", verdict, "", "", "", "") for verdict in ("right", "right", "right", "wrong")]
    measures = {one["name"]: one for one in report(outcomes)["measures"]}
    assert (measures["lookup.right"]["value"], measures["lookup.right"]["met"]) == (0.75, False)
    assert (measures["all.wrong"]["value"], measures["all.wrong"]["met"]) == (0.25, False)
    assert wilson(0.75, 4)[0] == pytest.approx(0.3006, abs=1e-3)

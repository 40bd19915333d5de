"""A number in a table has the unit that its column names."""

import pytest

from language.answer_types import AnswerType, holds_answer
from language.records import read_cells

ROW = (("Years of service", "5 to 9"), ("Days of annual leave", "29"), ("From", "1 March 2024"), ("Notice", "3 weeks"))


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("Days of annual leave", "day"),
        ("Annual leave days", "day"),
        ("Number of days", "day"),
        ("Price (£)", "GBP"),
        ("Net price in GBP", "GBP"),
        ("金额（元）", "CNY"),
        ("天数", "day"),
        ("Share in %", "%"),
        ("Hotel per night", ""),
        ("Room", ""),
    ],
)
def test_a_bare_number_has_the_unit_of_its_column(column: str, unit: str) -> None:
    assert [(one.value, one.unit) for one in read_cells([(column, "110")])] == [(110, unit)]


def test_a_number_keeps_its_own_unit_and_a_date_has_none() -> None:
    assert [(one.value, one.unit) for one in read_cells(ROW)] == [(5, "year"), (9, "year"), (29, "day"), (0, "date"), (3, "week")]


def test_a_row_holds_what_is_asked_for_in_the_unit_of_its_column() -> None:
    question, text = "How many days of annual leave are there?", "5 to 9 | 29"
    assert holds_answer(AnswerType.DURATION, text, question, by_unit=True, cells=read_cells(ROW))
    assert not holds_answer(AnswerType.DURATION, text, question, by_unit=True)
    hours = "How many hours of annual leave are there?"
    assert not holds_answer(AnswerType.DURATION, text, hours, by_unit=True, cells=read_cells(ROW))

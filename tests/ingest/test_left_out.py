"""What is left out is reported in one way, whatever the format."""

from ingest.errors import warning_for
from ingest.parsers.content import Notice
from ingest.parsers.left_out import LeftOut


def sentences_of(left_out: LeftOut) -> list[str]:
    return [warning_for(notice.as_dict()) for notice in left_out.notices()]


def test_words_cells_and_pages_are_reported_in_one_sentence() -> None:
    left_out = LeftOut()
    left_out.add("struck_out", place="40 euros", page=3)
    left_out.add("struck_out", place="a  key", page=3)
    left_out.add_cell("hidden_rows", sheet="Prices", place="3")
    left_out.add_cell("hidden_rows", sheet="Prices", place="7")
    left_out.add_cell("hidden_rows", sheet="Rates", place="2")
    left_out.add("equations", count=2)

    assert sentences_of(left_out) == [
        "Struck-out text was skipped: 2 (“40 euros”, “a key”).",
        "Hidden rows were skipped: 3 (Prices: 3, 7; Rates: 2).",
        "Equations that could not be read were skipped: 2.",
    ]
    assert [notice.pages for notice in left_out.notices()] == [(3,), (), ()]


def test_many_places_are_counted_and_a_few_named() -> None:
    left_out = LeftOut()
    for number in range(1, 31):
        left_out.add("struck_out", place=f"word {number}")
        left_out.add_cell("hidden_columns", sheet="A", place=str(number))

    words, cells = left_out.notices()
    assert words.values == {"count": 30, "places": "“word 1”, “word 2”, “word 3”, “word 4”, “word 5” …"}
    assert cells.values["count"] == 30
    assert str(cells.values["places"]).endswith("19, 20 …")


def test_what_a_part_left_out_is_taken_over() -> None:
    part, whole = LeftOut(), LeftOut()
    part.add("struck_out", place="old")
    whole.add("struck_out", place="older")
    for notice in part.notices():
        whole.take(notice)
    whole.take(Notice(code="formulas", values={"count": 2, "places": "–"}))

    assert [notice.values for notice in whole.notices()] == [
        {"count": 2, "places": "“older”, “old”"},
        {"count": 2, "places": "–"},
    ]

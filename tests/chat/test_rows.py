"""Of a table the rows are quoted that are asked for, and no other."""

import pytest

from chat.flow.writing.extractive import extract
from chat.flow.writing.rows import asks_for_several
from chat.judge.candidates import rank_sentences
from evals.evidence import evidence_of
from retrieval.types import Closeness
from tests.chat.test_extractive import shared_stretches

ROOMS = "\n".join(
    f"Room: R{number}; Seats: {4 + (number - 100) % 17}; Projector: {'no' if number % 3 else 'yes'}; Phone: {6900 + number}; "
    f"Floor: {(number - 100) // 20 + 1}"
    for number in range(101, 161)
)
PIECES = [
    evidence_of(1, "\n".join(ROOMS.split("\n")[:30]), title="rooms"),
    evidence_of(2, "\n".join(ROOMS.split("\n")[30:]), title="rooms"),
]
WORK = (
    "No.: 1; Work: Hand drilling, soft rock; Unit: m3; Unit price: 282.08\n"
    "Work: Hand drilling, soft rock > Drill rods; Unit: piece; Unit price: 14.2\n"
    "Work: Hand drilling, soft rock > Emulsion explosive; Unit: kg; Unit price: 9.75\n"
    "No.: 2; Work: Machine drilling, hard rock; Unit: m3; Unit price: 196.4\n"
    "Work: Machine drilling, hard rock > Diesel; Unit: litre; Unit price: 1.62\n"
    "Work: Machine drilling, hard rock > Emulsion explosive; Unit: kg; Unit price: 11.3"
)


def quoted_rows(question, pieces):
    return [quotation.text for quotation in extract(question, rank_sentences(question, pieces, score_stretches=shared_stretches))]


def test_one_row_is_quoted_where_one_is_asked_for():
    for question in ("How many seats does room R137 have?", "What is the phone number of room R137?"):
        assert quoted_rows(question, PIECES) == ["Room: R137; Seats: 7; Projector: no; Phone: 7037; Floor: 2"]


def test_all_rows_that_fit_are_quoted_where_several_are_asked_for():
    rows = quoted_rows("Which rooms have 20 seats?", PIECES)

    assert sorted(row.split(";")[0] for row in rows) == ["Room: R116", "Room: R133", "Room: R150"]


def test_a_number_counts_in_the_column_that_the_question_names():
    assert all("Floor: 2" in row for row in quoted_rows("Which rooms are on floor 2?", PIECES))


def test_a_child_row_answers_with_the_row_it_belongs_to():
    pieces = [evidence_of(1, WORK, title="prices")]

    assert quoted_rows("What does the emulsion explosive for hand drilling cost?", pieces) == [WORK.split("\n")[2]]
    assert quoted_rows("What is the unit price of hand drilling in soft rock?", pieces) == [WORK.split("\n")[0]]
    assert sorted(quoted_rows("Which materials does hand drilling in soft rock need?", pieces)) == sorted(WORK.split("\n")[:3])


def test_rows_of_a_table_with_bars_are_chosen_alike():
    table = "Hall | Crane | Load\nEast | E1 | 5 tonnes\nEast | E2 | 12 tonnes\nWest | W1 | 8 tonnes"

    assert quoted_rows("Which load does crane E2 carry?", [evidence_of(1, table)]) == ["Hall: East; Crane: E2; Load: 12 tonnes"]


def test_every_row_that_the_question_names_is_quoted():
    table = "Hall | Crane | Load\nEast | E1 | 5 tonnes\nEast | E2 | 12 tonnes\nWest | W1 | 8 tonnes\nWest | W2 | 3 tonnes"

    rows = quoted_rows("Which load does crane E2 in the East hall carry, and which W1?", [evidence_of(1, table)])
    assert rows == ["Hall: East; Crane: E2; Load: 12 tonnes", "Hall: West; Crane: W1; Load: 8 tonnes"]


LEAVE = (
    "Years of service | Days of annual leave | Days you may carry over\nless than 2 | 25 | 5\n2 to 4 | 27 | 5\n5 to 9 | 29 | 8"
    "\n10 or more | 32 | 8"
)


def test_a_row_answers_in_the_unit_of_its_column():
    """Beside a sentence that says the unit itself, about something else."""
    pieces = [evidence_of(1, "You may buy up to five extra days of leave each year."), evidence_of(2, LEAVE)]

    def all_alike(_query, stretches):
        return [Closeness(mean=0.8, weakest=0.8, unmet=0.0) for _ in stretches]

    best = rank_sentences("How many days of leave may I carry over?", pieces, score_stretches=all_alike)[0]
    assert best.sentence.text == "less than 2 | 25 | 5"


def test_all_rows_of_a_small_table_are_quoted_in_their_order_where_nothing_tells_them_apart():
    rows = quoted_rows("Is it allowed to carry over leave?", [evidence_of(1, LEAVE)])

    assert [row.partition(";")[0] for row in rows] == [
        f"Years of service: {years}" for years in ("less than 2", "2 to 4", "5 to 9", "10 or more")
    ]


@pytest.mark.parametrize(
    ("question", "is_several"),
    [
        ("Which rooms have 20 seats?", True),
        ("What large rooms are free?", True),
        ("List all suppliers.", True),
        ("哪些房间有投影仪？", True),
        ("What volume has the contract?", False),
        ("Which class does it need?", False),
        ("What does the explosive cost?", False),
        ("In which hall does crane W2 stand?", False),
        ("How many seats does room R137 have?", False),
    ],
)
def test_questions_for_several_things_are_known(question, is_several):
    assert asks_for_several(question) is is_several

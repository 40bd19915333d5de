"""Typing mistakes are corrected by what the reader's own passages hold."""

import pytest

from accounts.models import User
from chat.flow.rewriting.spelling import correct_spelling, distance
from chat.flow.running import ask
from kb.models import Collection
from tests.chat.library import SIX_HOURS, add_document, dependencies_with

PASSAGES = [
    "Bicycles are insured up to 750 euros. The subsidy for prescription glasses is 120 euros.",
    "Interns are paid monthly. The Larkspur depot costs more.",
    "经济补偿按劳动者在本单位工作的年限，每满一年支付一个月工资的标准向劳动者支付。",
]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Up to how much are bycicles insurd?", "Up to how much are bicycles insured?"),
        ("How high is the subsidy for perscription glasses?", "How high is the subsidy for prescription glasses?"),
        ("Bycicles: insured?", "Bicycles: insured?"),
        ("按规定赔几个月工姿？", "按规定赔几个月工资？"),
    ],
)
def test_a_mistyped_word_becomes_the_one_of_the_passages(question: str, expected: str) -> None:
    assert correct_spelling(question, PASSAGES) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Do cost centres pay for internal depots?",  # words of their own, near "costs" and "interns"
        "Is Larkspor a depot?",  # a name
        "What does TCKT-4711 say?",
        "员工可以休几天年假？",
        "What is a zyxgfh?",
    ],
)
def test_other_words_stay_as_they_are(question: str) -> None:
    assert correct_spelling(question, PASSAGES) == question


def test_nothing_is_corrected_by_what_no_passage_holds() -> None:
    assert correct_spelling("Are bycicles insurd?", ["Glasses are subsidised."]) == "Are bycicles insurd?"


def test_distance_counts_neighbours_that_changed_places_as_one_mistake() -> None:
    pairs = [("trian", "train"), ("mnth", "month"), ("lettter", "letter"), ("perscription", "prescription"), ("same", "same")]
    assert [distance(left, right, most=2) for left, right in pairs] == [1, 1, 1, 1, 0]
    assert distance("cat", "window", most=2) == 3


def test_the_answer_says_how_a_mistyped_question_was_read(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", f"{SIX_HOURS} Sabbaticals are unpaid.")
    answer = ask("Are sabbaticcals unpaid?", user=employee, dependencies=dependencies_with())
    assert answer.understood_as == "Are sabbaticals unpaid?"
    assert "Sabbaticals are unpaid." in answer.text

"""What replaces a sentence, what other years say, whom else it is told of, and where documents disagree."""

from datetime import date

import pytest

from chat.flow.shapes.sides.finding import find_sides
from chat.flow.shapes.sides.step import beside
from chat.flow.shapes.sides.telling import compose, question_back
from chat.flow.shapes.sides.value import Sides, SidesKind
from chat.flow.steps import Judged
from chat.judge.candidates import rank_sentences
from chat.verify.quotations import take
from evals.evidence import evidence_of
from tests.chat.test_extractive import shared_stretches

TODAY = date(2026, 11, 1)


def sides_of(question: str, *documents: tuple[str, str], today: date = TODAY) -> Sides | None:
    evidence = [evidence_of(marker, text, title=title, uid=f"d{marker}") for marker, (title, text) in enumerate(documents, start=1)]
    candidates = rank_sentences(question, evidence, score_stretches=shared_stretches)
    return find_sides(question, candidates, candidates[0], today=today)


def told_of(sides: Sides) -> list[tuple[str, str]]:
    return [(side.name, side.passage.sentences[side.position].text) for side in sides.sides]


OLD = ("Rules on lost badges (2021)", "A lost badge is replaced for 15 euros. The desk is open on weekdays.")
NEW = (
    "Change of the rules on lost badges, in force since 1 May 2026",
    "In section 2 the amount of 15 euros is replaced by 25 euros.",
)


def test_an_amendment_stands_before_what_it_replaces() -> None:
    sides = sides_of("How much does a lost badge cost in euros?", OLD, NEW)
    assert sides is not None and sides.kind is SidesKind.CHANGE
    assert told_of(sides) == [(NEW[0], NEW[1]), (OLD[0], "A lost badge is replaced for 15 euros.")]
    labels = [label for label, _quotation in compose(sides, ())]
    assert labels == [f"Changed by “{NEW[0]}”:", f"What it replaces, from “{OLD[0]}”:"]


def test_one_that_is_not_in_force_yet_stands_behind_what_holds() -> None:
    sides = sides_of("How much does a lost badge cost in euros?", OLD, NEW, today=date(2026, 1, 1))
    assert sides is not None and [name for name, _text in told_of(sides)] == [OLD[0], NEW[0]]


def test_a_chinese_amendment_is_read_the_same() -> None:
    old, new = (
        ("工牌管理办法", "补办工牌收费15元。"),
        ("工牌管理办法修正案，自2026年5月1日起施行", "补办工牌的收费由15元调整为25元。"),
    )
    sides = sides_of("补办工牌收费多少？", old, new)
    assert sides is not None and sides.kind is SidesKind.CHANGE
    assert [name for name, _text in told_of(sides)] == [new[0], old[0]]


def test_what_was_replaced_is_told_so_where_it_is_quoted_below_its_heading() -> None:
    old = evidence_of(1, "Badge fee\nA lost badge is replaced for 15 euros. It is paid at the desk.", title=OLD[0], uid="d1")
    new = evidence_of(2, NEW[1], title=NEW[0], uid="d2")
    candidates = rank_sentences("What is the badge fee?", [old, new], score_stretches=shared_stretches)
    assert candidates[0].sentence.text == "Badge fee"
    judged = Judged(question="What is the badge fee?", candidates=tuple(candidates))
    quoted = [take(candidates[0].passage, position, prefix="\n") for position in range(3)]
    told, sides = beside(quoted, judged=judged, today=TODAY)
    assert sides is not None and sides.kind is SidesKind.CHANGE
    assert told[0][1].text == NEW[1]


def test_a_change_of_something_else_replaces_nothing() -> None:
    other = ("Change of the canteen prices, in force since 1 May 2026", "The lunch menu of 15 euros is replaced by 17 euros.")
    assert sides_of("How much does a lost badge cost in euros?", OLD, other) is None


YEARS = [
    ("Parking rules 2024", "Parking in the yard costs 20 euros a month."),
    ("Parking rules 2026", "Parking in the yard costs 30 euros a month."),
]


def test_of_a_yearly_series_the_newest_comes_first() -> None:
    sides = sides_of("What does parking in the yard cost a month?", *YEARS)
    assert sides is not None and sides.kind is SidesKind.SERIES
    assert [name for name, _text in told_of(sides)] == ["Parking rules 2026", "Parking rules 2024"]


def test_a_year_that_is_named_is_told_alone() -> None:
    sides = sides_of("What did parking in the yard cost a month in 2024?", *YEARS)
    assert sides is None or [name for name, _text in told_of(sides)] == ["Parking rules 2024"]


@pytest.mark.parametrize(
    ("question", "documents", "names"),
    [
        (
            "How much does the lift carry?",
            [
                ("Lift Nora 4", "The lift carries 400 kilograms at most."),
                ("Lift Otto 6", "The lift carries 600 kilograms at most."),
            ],
            {"Lift Nora 4", "Lift Otto 6"},
        ),
        (
            "电梯最多载多少公斤？",
            [("东楼电梯", "电梯最多可以载400公斤。"), ("西楼电梯", "电梯最多可以载600公斤。")],
            {"东楼电梯", "西楼电梯"},
        ),
    ],
)
def test_where_no_subject_is_named_each_is_told_and_asked_back(
    question: str, documents: list[tuple[str, str]], names: set[str]
) -> None:
    sides = sides_of(question, *documents)
    assert sides is not None and sides.kind is SidesKind.SUBJECTS
    assert {name for name, _text in told_of(sides)} == names
    asked, choices = question_back(sides, question)
    assert asked and all(any(name in choice for choice in choices) for name in names)


def test_a_subject_that_is_named_is_told_alone() -> None:
    documents = [
        ("Lift Nora 4", "The lift carries 400 kilograms at most."),
        ("Lift Otto 6", "The lift carries 600 kilograms at most."),
    ]
    assert sides_of("How much does the lift Otto 6 carry?", *documents) is None


def test_a_place_that_is_named_is_told_alone_and_no_conflict() -> None:
    documents = [
        ("Site rules Leeds", "The gate opens at 5:30 on weekdays."),
        ("Site rules Turin", "The gate opens at 6:15 on weekdays."),
    ]
    assert sides_of("When does the gate open in Turin on weekdays?", *documents) is None
    both = sides_of("When does the gate open on weekdays?", *documents)
    assert both is not None and both.kind is SidesKind.SUBJECTS


def test_documents_that_disagree_are_both_told() -> None:
    documents = [
        ("House rules", "Visitors leave the building before 18 hours and sign the book."),
        ("Notice of the porter", "Visitors leave the building before 20 hours and sign the book."),
    ]
    sides = sides_of("When do visitors leave the building?", *documents)
    assert sides is not None and sides.kind is SidesKind.CONFLICT
    assert len(sides.sides) == 2


def test_the_same_said_twice_is_no_conflict() -> None:
    text = "Visitors leave the building before 18 hours and sign the book."
    assert sides_of("When do visitors leave the building?", ("House rules", text), ("Notice of the porter", text)) is None


MAIL = (
    "Re: Fire drill",
    "All,\n\nthe fire drill is put off to 14 May at 11:00, we meet at gate 6.\n\nEarlier message from Ines Ott, 2 May 2026\n\n"
    "The fire drill takes place on 7 May at 09:00 at gate 2.",
)


def test_what_a_newer_mail_says_stands_before_the_mail_that_it_answers() -> None:
    sides = sides_of("When does the fire drill take place?", MAIL)
    assert sides is not None and sides.kind is SidesKind.THREAD
    assert [text for _name, text in told_of(sides)] == [
        *("the fire drill is put off to 14 May at 11:00, we meet at gate 6.", MAIL[1].rpartition("\n\n")[2])
    ]
    assert [label for label, _quotation in compose(sides, ())] == ["", "“Earlier message from Ines Ott, 2 May 2026”:"]


def test_a_newer_mail_that_says_nothing_else_leaves_the_earlier_one_alone() -> None:
    thanks = MAIL[1].replace(
        "the fire drill is put off to 14 May at 11:00, we meet at gate 6.", "thank you for the plan of the drill."
    )
    assert sides_of("When does the fire drill take place?", (MAIL[0], thanks)) is None

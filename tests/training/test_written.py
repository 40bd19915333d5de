"""The passages written for training: each answer stands where it is said to, and what is held out measures."""

import random
from pathlib import Path

import pytest

from evals.datasets import read_questions
from training.held_out import main
from training.made import make_examples
from training.mixing import is_learnt
from training.roughen import roughen
from training.written import PASSAGES, UNREAD, WRITTEN, read_rows_of, read_written

ROWS, UNREAD_ROWS = read_rows_of(PASSAGES), read_rows_of(UNREAD)


def test_each_answer_stands_once_in_its_passage() -> None:
    assert len(ROWS) > 100
    for row in (*ROWS, *UNREAD_ROWS):
        for asked in row["questions"]:
            assert asked["a"] is None or row["text"].count(asked["a"]) == 1, (row["title"], asked["q"])


def test_a_located_answer_is_below_the_title_and_headings() -> None:
    items = list(read_written())
    assert {item.is_chinese for item in items} == {True, False}
    for item in items:
        assert item.passage.startswith(item.title)
        assert [item.passage[start : start + len(text)] for text, start in item.answers] == [text for text, _ in item.answers]
        assert item.answerable == bool(item.answers)
        assert item.passage not in item.others


def test_the_other_passages_of_a_question_are_those_of_its_document() -> None:
    titles = [row["title"] for row in ROWS]
    parted = [item for item in read_written() if titles.count(item.title) > 3]
    assert len(parted) > 1000
    assert all(other.startswith(item.title) for item in parted for other in item.others)
    assert all(part.startswith(item.title) and part != item.passage for item in parted for part in item.siblings)


def test_a_question_is_asked_of_other_parts_of_its_document_too() -> None:
    parted = [item for item in read_written() if item.answerable and len(item.siblings) > 2][:50]
    asked = [example for example in make_examples(parted, seed=1) if example.kind == "another part"]
    assert len(asked) == 2 * len(parted)
    assert not any(example.answers for example in asked)


def test_no_document_is_both_read_and_left_unread() -> None:
    assert not {row["title"] for row in ROWS} & {row["title"] for row in UNREAD_ROWS}


def test_questions_of_held_out_passages_are_sets_to_calibrate_with(tmp_path: Path) -> None:
    main(["--out", str(tmp_path)])
    titles = {row["title"] for row in ROWS if not is_learnt(WRITTEN, row["title"])}
    asked = [question for name in ("written-en", "written-zh") for question in read_questions(tmp_path / name)]
    assert len(asked) == sum(len(row["questions"]) for row in ROWS if row["title"] in titles)
    assert all(question.is_answerable == bool(question.answers) == (not question.asked_of) for question in asked)


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("What's the limit in Leeds?", {"whats the limit in leeds"}),
        ("年假有几天？", {"年假有几天"}),
        ("VPN怎么连？", {"vpn怎么连"}),
    ],
)
def test_a_question_typed_in_a_hurry_asks_the_same(question: str, typed: set[str]) -> None:
    rough = {roughen(question, random.Random(seed)) for seed in range(30)}
    assert typed <= rough
    assert all(abs(len(one) - len(next(iter(typed)))) <= 1 for one in rough)
    assert roughen(question, random.Random(1)) == roughen(question, random.Random(1))

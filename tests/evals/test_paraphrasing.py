"""Free paraphrases stay true: what they are made from is said in another way, and nothing is added."""

import random

import pytest

from evals.altering.paraphrasing import PARAPHRASES, paraphrase


@pytest.mark.parametrize(
    ("kind", "sentence", "expected"),
    [
        ("voice", "The rule was written by Margaret Cole in 1998.", ["Margaret Cole wrote the rule in 1998."]),
        ("voice", "The board approved the new plan in 2004.", ["The new plan was approved by the board in 2004."]),
        ("synonyms", "Employees must submit requests within a day.", ["Employees need to hand in application inside a day."]),
        (
            "split",
            "The office opens at nine on Monday, and the shop was closed in winter.",
            ["The office opens at nine on Monday.", "The shop was closed in winter."],
        ),
        ("merged", "The office is open.", ["The office is open, and it closes at nine."]),
        ("shortened", "However, the office (in Oslo) is also open on Sunday.", ["The office is open on Sunday."]),
        ("split", "用人单位应当按月支付工资；职工可以休带薪年假。", ["用人单位应当按月支付工资。", "职工可以休带薪年假。"]),
        ("voice", "工伤保险费由用人单位承担。", ["用人单位承担工伤保险费。"]),
    ],
)
def test_a_sentence_is_paraphrased(kind: str, sentence: str, expected: list[str]) -> None:
    passage = f"{sentence} It closes at nine."
    assert paraphrase(kind, sentence, passage, random.Random(1)) == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Who founded the shop?", "Ann Lee", ["Ann Lee founded the shop."]),
        ("When was the rule signed?", "1998", ["The rule was signed in 1998."]),
        ("How many offices are there in Oslo?", "12 offices", ["There are 12 offices in Oslo."]),
        ("员工每年有几天年假？", "10天", ["员工每年有10天年假。"]),
        ("公司创始人是谁？", "李雷", ["公司创始人是李雷。"]),
        ("Why is it so?", "of the rain", []),
    ],
)
def test_a_question_is_restated_with_its_answer(question: str, answer: str, expected: list[str]) -> None:
    assert paraphrase("restated", "x", "x", random.Random(1), asked=(question, answer)) == expected


def test_a_list_is_summed_up_with_its_own_things() -> None:
    sentence = "The kit includes a lamp, a rope, a knife, and a map."
    (paraphrased,) = paraphrase("list", sentence, sentence, random.Random(2))
    first, second = paraphrased.removeprefix("They include ").rstrip(".").split(" and ")
    assert {first, second} < {"a lamp", "a rope", "a knife", "a map"}


def test_what_does_not_lend_itself_gives_nothing() -> None:
    assert not any(paraphrase(kind, "It rains.", "It rains.", random.Random(1)) for kind in PARAPHRASES)

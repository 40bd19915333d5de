"""Follow-ups become questions that stand alone."""

import pytest

from chat.rewrite import rewrite_question

LEAVE = "How many hours of annual leave do I earn per pay period after five years?"
LEAVE_ZH = "工作满10年的员工每年有几天带薪年假？"


@pytest.mark.parametrize(
    ("question", "previous", "expected"),
    [
        ("and after 15 years?", LEAVE, "How many hours of annual leave do I earn per pay period after 15 years?"),
        (
            "What about sick leave?",
            LEAVE,
            "How many hours of annual leave do I earn per pay period after five years, for sick leave?",
        ),
        (
            "for part-time employees?",
            "How many vacation days are there?",
            "How many vacation days are there for part-time employees?",
        ),
        ("Who approves it?", "How do I request a laptop?", "Who approves it? (How do I request a laptop)"),
        ("那工龄12年呢?", LEAVE_ZH, "工龄12年的员工每年有几天带薪年假？"),
        ("病假呢？", "年假有几天？", "病假，年假有几天？"),
        ("它由谁批准？", "如何申请笔记本电脑？", "它由谁批准？（如何申请笔记本电脑）"),
    ],
)
def test_a_follow_up_takes_the_topic_of_the_question_before(question: str, previous: str, expected: str) -> None:
    assert rewrite_question(question, [("An older question?", "x"), (previous, "an answer")]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many weeks of parental leave can a new father take?",
        "女员工生双胞胎，产假一共是多少天？",
        "What is the dollar amount of the daily meal allowance in Chicago?",
        "Where is the travel policy?",
    ],
)
def test_a_question_that_stands_alone_is_unchanged(question: str) -> None:
    assert rewrite_question(question, [(LEAVE, "6 hours"), (LEAVE_ZH, "10天")]) == question


def test_without_history_nothing_changes() -> None:
    assert rewrite_question(" and after 15 years? ", []) == "and after 15 years?"

"""Passages that say nothing new are demoted; what differs in a figure, a name or a "not" stays."""

import pytest

from retrieval.duplicates import SeenSentences, text_digest

RULE = "Employees earn 6 hours of annual leave. They may not carry over more than 30 days; the rest is lost."


@pytest.mark.parametrize(
    "other",
    [
        "employees  earn the 6 hours of annual leave",
        "They may not carry over more than 30 days!",
        "The rest is lost. Employees earn 6 hours of annual leave.",
        "the rest is lost",  # a copy that was cut elsewhere
    ],
)
def test_sentences_that_were_seen_add_nothing(other: str) -> None:
    seen = SeenSentences()
    assert not seen.add(RULE)
    assert seen.add(other)


@pytest.mark.parametrize(
    "other",
    [
        "Employees earn 8 hours of annual leave.",
        "They may carry over more than 30 days.",
        "Employees earn 6 hours of annual leave. Managers earn 8.",
        "Contractors earn 6 hours of annual leave.",
        "more than 30 days; the rest is lost",  # what stood before may have said "not"
        "They may not carry over more than 3 days.",
        "…",
    ],
)
def test_one_word_more_keeps_a_passage_in_its_place(other: str) -> None:
    seen = SeenSentences()
    seen.add(RULE)
    assert not seen.add(other)


@pytest.mark.parametrize(
    ("one", "other", "is_repeat"),
    [
        # A line that a page's width wrapped goes on in the next: the sentence is the same.
        (
            "Employees with more than fifteen years of service earn\n8 hours of annual leave per pay period.",
            "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period.",
            True,
        ),
        # An abbreviation does not end a sentence: what follows it is no sentence that was seen.
        ("It is not true that rule no. 7 applies to visitors.", "7 applies to visitors.", False),
        ("Nobody may sign for Dr. Lee signs.", "Lee signs.", False),
    ],
)
def test_sentences_end_where_they_end_everywhere(one: str, other: str, is_repeat: bool) -> None:
    seen = SeenSentences()
    seen.add(one)
    assert seen.add(other) is is_repeat


def test_two_passages_together_cover_a_third() -> None:
    seen = SeenSentences()
    assert not seen.add("年假为六天。")
    assert not seen.add("病假需要证明。")
    assert seen.add("病假需要证明；年假为六天")
    assert not seen.add("病假不需要证明")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It costs $5", "It costs €5"),
        ("5 %", "5"),
        ("-5 °C at night", "5 °C at night"),
        ("x < 3", "x > 3"),
        ("±2", "2"),
        ("1.75 hours a week", "75 hours a week"),
        ("1,500 euro", "500 euro"),
        ("No employees may carry over leave", "Employees may carry over leave"),
        ("Not all contractors are insured", "Contractors are insured"),
        ("不得携带宠物", "携带宠物"),
        ("paid by the employee", "paid to the employee"),
        ("managers and HR", "managers or HR"),
        ("Do not smoke. Drink water here", "Smoke. Drink water"),
    ],
)
def test_what_turns_a_sentence_counts(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        assert text_digest(first) != text_digest(second)
        seen = SeenSentences()
        seen.add(first)
        assert not seen.add(second)
        assert seen.add(f"{first}!")
    assert text_digest(f"{one}!") == text_digest(f" {one}。")


def test_the_same_words_in_another_place_are_news() -> None:
    seen = SeenSentences()
    assert not seen.add("Employees get 20 days.", place=("Leave", ("Germany",), ""))
    assert not seen.add("Employees get 20 days.", place=("Leave", ("France",), ""))
    assert seen.add("Employees get 20 days!", place=("Leave", ("France",), ""))

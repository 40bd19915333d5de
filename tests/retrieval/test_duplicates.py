"""What says nothing new steps back; what differs in a figure, a name or a "not" stays."""

import pytest

from retrieval.duplicates import Told, text_digest

RULE = "Employees earn 6 hours of annual leave. They may not carry over more than 30 days; the rest is lost."


@pytest.mark.parametrize(
    "other",
    [
        "employees  earn 6 hours of annual leave",
        "They may not carry over more than 30 days!",
        "The rest is lost. Employees earn the 6 hours of annual leave.",
        "more than 30 days; the rest is lost",  # a copy that was cut elsewhere
    ],
)
def test_sentences_that_were_told_add_nothing(other: str) -> None:
    told = Told()
    assert not told.add(RULE)
    assert told.add(other)


@pytest.mark.parametrize(
    "other",
    [
        "Employees earn 8 hours of annual leave.",
        "They may carry over more than 30 days.",
        "Employees earn 6 hours of annual leave. Managers earn 8.",
        "Contractors earn 6 hours of annual leave.",
        "30 days annual leave",  # its words, but not in a row
        "…",
    ],
)
def test_one_word_more_keeps_a_passage_in_its_place(other: str) -> None:
    told = Told()
    told.add(RULE)
    assert not told.add(other)


def test_two_passages_together_tell_what_a_third_does() -> None:
    told = Told()
    assert not told.add("年假为六天。")
    assert not told.add("病假需要证明。")
    assert told.add("病假需要证明；年假为六天")
    assert not told.add("病假不需要证明")


@pytest.mark.parametrize("pair", [("costs $5", "costs €5"), ("5 %", "5"), ("at -5 °C", "at 5 °C"), ("x < 3", "x > 3"), ("±2", "2")])
def test_signs_of_numbers_count(pair: tuple[str, str]) -> None:
    one, other = pair
    assert text_digest(one) != text_digest(other)
    told = Told()
    told.add(one)
    assert not told.add(f"It {other}")
    assert text_digest(f"{one}!") == text_digest(f" {one}。")

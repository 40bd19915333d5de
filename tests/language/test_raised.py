"""Compatibility form without a mark becoming a digit."""

import pytest

from language.analyzer import get_analyzer
from language.quantities import normalize, read_quantities
from language.raised import fold_compatibility, lowered, raised


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("24¹ months", "24 months"),
        ("24¹,² months", "24 months"),
        ("24ᵃ months", "24 months"),
        ("30 days^(#)", "30 days"),
        ("24①个月", "24 个月"),
        ("①24 hours", "1 24 hours"),
        ("²See annex", "2 See annex"),
        ("fees² are", "fees are"),
        ("10⁶ cells", "10^6 cells"),
        ("10⁻³", "10^-3"),
        ("4 m³ an hour, 12 m²", "4 m3 an hour, 12 m2"),
        ("2½ hours", "2.5 hours"),
        ("½ cup", "1/2 cup"),
        ("CO₂", "CO2"),
        ("１２ 元", "12 元"),
    ],
)
def test_compatibility_form_keeps_marks_apart(text: str, folded: str) -> None:
    assert fold_compatibility(text) == folded


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1", "¹"),
        ("[1]", "¹"),
        ("(2)", "²"),
        ("-3", "⁻³"),
        ("a", "ᵃ"),
        ("1,2", "¹,²"),
        ("§", "§"),
        ("#", "^(#)"),
        ("st", "st"),
        ("TM", "TM"),
    ],
)
def test_raised_text_is_written_so(text: str, written: str) -> None:
    assert raised(text) == written


def test_a_raised_phrase_stays_a_phrase_and_lowered_letters_stay() -> None:
    assert raised("see the note") == " see the note"
    assert (lowered("2"), lowered("max")) == ("₂", "max")


def test_search_and_verification_read_the_number_that_stands_on_the_page() -> None:
    assert get_analyzer().terms("24¹ months")[0] == "24"
    assert [quantity.value for quantity in read_quantities(normalize("lasts 24¹ months, at most 2½ hours"))] == [24, 2.5]

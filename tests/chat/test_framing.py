"""What a sentence looks like that says nothing about the world; what looks so and is a claim."""

import pytest

from chat.checking.framing import read_framing


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Here are the steps, as the manual describes them:", "lead"),
        ("**Safety:**", "lead"),
        ("I hope this helps!", "lead"),
        ("好的，下面是相关规定：", "lead"),
        ("The passages do not mention how long it takes.", "refusal"),
        ("The provided text doesn't explicitly say who pays.", "refusal"),
        ("Who pays is not specified in the given documents.", "refusal"),
        ("I cannot determine the price from the information available.", "refusal"),
        ("It is impossible to determine the price based on the provided context.", "refusal"),
        ("资料中没有提到年假的天数。", "refusal"),
        ("The passages do not mention a fee, but the deposit is 40 euros.", None),
        ("The manager does not provide a car.", None),
        ("The contract does not include insurance.", None),
        ("Herein lies the secret of the whole method, which the engineers of the plant kept to themselves for many years.", None),
        ("公司没有提供宿舍。", None),
    ],
)
def test_a_sentence_is_told_by_its_form(text: str, kind: str | None) -> None:
    assert read_framing(text) == kind


def test_a_short_line_before_others_is_a_heading_and_an_item_is_none() -> None:
    assert read_framing("Storage and handling", is_line=True) == "heading"
    assert read_framing("Storage and handling") is None
    assert read_framing("Keep it dry", prefix="- ", is_line=True) is None
    assert read_framing("Storage", prefix="## ") == "heading"

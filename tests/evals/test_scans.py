"""Scans are measured by the characters that were read otherwise than they stand there."""

import pytest

from evals.scans import KINDS, bare, distance


@pytest.mark.parametrize(
    ("stands", "was_read", "wrong"),
    [
        ("kitten", "sitting", 3),
        ("", "ab", 2),
        ("abc", "", 3),
        ("flaw", "lawn", 2),
        ("第七条", "第七案", 1),
        ("a" * 500, "a" * 499 + "b", 1),
    ],
)
def test_the_distance_counts_what_has_to_be_added_dropped_or_changed(stands: str, was_read: str, wrong: int) -> None:
    assert distance(stands, was_read) == distance(was_read, stands) == wrong


def test_white_space_and_bars_between_cells_are_no_characters() -> None:
    assert bare("Pump | 12\n\nValve | 7 ") == "Pump12Valve7"


def test_every_page_says_what_stands_on_it() -> None:
    font_is_missing = "a font of the pages is not installed"
    for make in KINDS.values():
        try:
            picture, text = make(["The canteen opens at noon and closes at two, for guests too."] * 4, "en", 60)
        except OSError:
            pytest.skip(font_is_missing)
        assert "canteen" in text
        assert min(picture.convert("L").tobytes()) < 120

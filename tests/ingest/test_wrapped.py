"""Words that a line break cut in two."""

import pytest

from ingest.parsers.plain.wrapped import Unwrapper


def test_a_run_of_a_million_letters_is_looked_at_once() -> None:
    """Tried from each of its letters this would take hours."""
    run = "x" * 1_000_000
    unwrapper = Unwrapper()
    unwrapper.learn(run)
    assert unwrapper.join(f"{run} carpen-\nter") == f"{run} carpenter"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("the carpen-\nter came", "the carpenter came"),
        ("a non-\nreturnable deposit", "a non-returnable deposit"),
        ("type EP-\n12 is lent", "type EP-12 is lent"),
        ("short- \nand long-term", "short- and long-term"),
    ],
)
def test_breaking_hyphens_go_and_real_ones_stay(text: str, joined: str) -> None:
    unwrapper = Unwrapper()
    unwrapper.learn("a carpenter; non-returnable")
    assert unwrapper.join(text) == joined

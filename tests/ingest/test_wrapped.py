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
        ("see https://a.example/orders/\nnew-list here", "see https://a.example/orders/new-list here"),
        ("see https://a.example/\nfor the list", "see https://a.example/\nfor the list"),
        ("from www.a.example.\nThe end", "from www.a.example.\nThe end"),
        ("to desk@\na.example, or sales@a.\norg.", "to desk@a.example, or sales@a.org."),
        (r"in C:\data\ and annual_".replace(" and", "\nexports and") + "\nreport.pdf", r"in C:\data\exports and annual_report.pdf"),
        ("迟到三次以上的人员，扣除奖金 200\n元。", "迟到三次以上的人员，扣除奖金 200元。"),
    ],
)
def test_breaking_hyphens_go_and_real_ones_stay(text: str, joined: str) -> None:
    unwrapper = Unwrapper()
    unwrapper.learn("a carpenter; non-returnable")
    assert unwrapper.join(text) == joined

"""Long words in narrow places: where they may break, and that nothing is lost or unescaped by it."""

from kb.templatetags.words import breakable


def test_a_word_of_ordinary_length_is_left_alone() -> None:
    assert breakable("Reimbursement of employees") == "Reimbursement of employees"


def test_a_long_run_may_break_after_every_24_characters() -> None:
    assert breakable("a" * 60) == f"{'a' * 24}<wbr>{'a' * 24}<wbr>{'a' * 12}"
    assert breakable("b" * 24) == "b" * 24


def test_what_is_broken_is_escaped_and_loses_nothing() -> None:
    run = "<b>&" * 10
    assert breakable(run).replace("<wbr>", "") == "&lt;b&gt;&amp;" * 10

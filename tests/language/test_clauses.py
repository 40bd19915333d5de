"""Numbers of clauses as texts print them and questions name them."""

import pytest

from language.clauses import are_steps_alike, fit_of_kinds, read_number


@pytest.mark.parametrize(
    ("text", "kind", "steps"),
    [
        ("Article 12 (c) the key is lost", "article", ("12", "c")),
        ("Art. 3 Fees", "article", ("3",)),
        ("§ 4 Opening hours", "section", ("4",)),
        ("§ 4a (2) Keys", "section", ("4a", "2")),
        ("6.3.1 Ladders", "", ("6", "3", "1")),
        ("Part IV: Visitors", "part", ("iv",)),
        ("Annex B", "annex", ("b",)),
        ("III. Deposits", "", ("iii",)),
        ("第十二条 押金", "条", ("12",)),
        ("第十二条第二款", "条", ("12", "2")),
        ("第3.2条", "条", ("3", "2")),
        ("附件二 价目表", "附件", ("2",)),
        ("三、押金", "", ("3",)),
    ],
)
def test_a_number_is_read_where_a_clause_begins(text: str, kind: str, steps: tuple[str, ...]) -> None:
    found = read_number(text)
    assert found is not None and (found.kind, found.steps, found.is_below) == (kind, steps, False)


@pytest.mark.parametrize(("text", "steps"), [("(c) the key", ("c",)), ("b) the lamp", ("b",)), ("（三）钥匙", ("3",))])
def test_some_numbers_count_within_the_clause_above(text: str, steps: tuple[str, ...]) -> None:
    found = read_number(text)
    assert found is not None and found.is_below and found.steps == steps


@pytest.mark.parametrize("text", ["A new lease", "I agree", "Articles of clothing", "Parts are kept", "the 4 halls"])
def test_words_are_no_numbers(text: str) -> None:
    assert read_number(text) is None


def test_a_number_before_white_space_is_plain() -> None:
    found = read_number("24 hours later")
    assert found is not None and found.is_plain


def test_roman_numbers_are_the_same_as_digits() -> None:
    assert are_steps_alike(("4",), ("iv",)) and are_steps_alike(("14",), ("xiv",))
    assert not are_steps_alike(("4",), ("vi",)) and not are_steps_alike(("4",), ("4", "1"))


def test_a_clause_of_another_kind_is_another_one() -> None:
    assert [fit_of_kinds("article", one) for one in ("article", "", "section")] == [2, 1, 0]
    assert fit_of_kinds("clause", "article") == 1

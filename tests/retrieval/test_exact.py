"""Numbers and codes of a question count by themselves."""

from collections.abc import Sequence

import pytest

from retrieval.reranking.exact import exact_words, favour_exact
from retrieval.types import Hit


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("How many crates does team 294 store?", "294"),
        ("FY2022 capex in the 10-K of 3M", "FY2022 10-K 3M"),
        ("Is IL-10 above 1,234.5 on 2023-01-05?", "IL-10 1,234.5 2023-01-05"),
        ("合同第294条何时生效", "294"),
        ("What is the capital of Atlantis?", ""),
    ],
)
def test_words_with_a_digit_are_taken_out(query: str, words: str) -> None:
    assert exact_words(query) == words


def hits(*scores: float) -> Sequence[Hit]:
    return [Hit(chunk_id=place, score=score, rank=place) for place, score in enumerate(scores, start=1)]


def test_what_holds_the_number_is_raised_by_what_the_number_brings() -> None:
    raised = favour_exact(hits(0.9, 0.8, 0.3), {2: 8.0, 3: 1.0}, best=10.0, weight=0.4)
    assert [(hit.chunk_id, hit.rank, hit.exact_share) for hit in raised] == [(2, 1, 0.8), (1, 2, 0.0), (3, 3, 0.1)]
    assert [hit.score for hit in raised] == pytest.approx([1.12 / 1.4, 0.9 / 1.4, 0.34 / 1.4])


def test_equals_keep_their_order_and_no_share_is_above_one() -> None:
    raised = favour_exact(hits(0.5, 0.5), {1: 30.0, 2: 20.0}, best=10.0, weight=0.4)
    assert [hit.chunk_id for hit in raised] == [1, 2]
    assert [hit.score for hit in raised] == pytest.approx([0.9 / 1.4] * 2)

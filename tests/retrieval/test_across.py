"""In a library of two languages what stands in the other one is weighed, so that it is not always behind."""

from collections.abc import Sequence

import pytest

from retrieval.across import OF_FIRST, OF_SECOND, weigh_across
from retrieval.encoding.paired_tokens import mark
from retrieval.types import Embedding, Hit

ENGLISH, CHINESE, NONE = b"ab", mark(b"ab"), b""
TOKENS = {1: ENGLISH, 2: CHINESE, 3: NONE}


class Index:
    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes]:
        return [TOKENS[chunk] for chunk in chunk_ids]


def dense(*scores: tuple[int, float]) -> list[Hit]:
    return [Hit(chunk, score, rank, dense_score=score, dense_rank=rank) for rank, (chunk, score) in enumerate(scores, start=1)]


@pytest.mark.parametrize(
    ("asked", "found", "first", "score"),
    [
        (ENGLISH, dense((1, 0.5), (2, 0.3)), 2, 0.3 * OF_FIRST),
        (ENGLISH, dense((1, 0.5), (2, 0.2)), 1, 0.5),
        (CHINESE, dense((2, 0.5), (1, 0.4)), 1, 0.4 * OF_SECOND),
        (CHINESE, dense((2, 0.5), (3, 0.45)), 2, 0.5),
    ],
)
def test_what_is_as_near_across_languages_ranks_first(asked: bytes, found: list[Hit], first: int, score: float) -> None:
    hits = weigh_across(found, Embedding(dense=b"", tokens=asked), Index(), limit=2)  # type: ignore[arg-type]  # what it uses
    assert hits[0].chunk_id == first
    assert hits[0].score == hits[0].dense_score == pytest.approx(score)
    assert [(hit.rank, hit.dense_rank) for hit in hits] == [(1, 1), (2, 2)]
    assert len(weigh_across(found, Embedding(dense=b"", tokens=asked), Index(), limit=1)) == 1

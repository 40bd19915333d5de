"""The cross-encoder orders the best hits; it adds and drops none, and if it fails the earlier order stands."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.errors import EncoderError
from retrieval.reranking.cross_encoder_rerank import reorder
from retrieval.search import search
from retrieval.types import Hit, SearchConfig
from tests.retrieval.builders import EVERYTHING, PROJECTION, WordEncoder, make_entry, make_reader, make_writer

TEXTS = {number: f"leave rule {number}" for number in range(30)}


class LikesSevens:
    """A reranker whose heart belongs to one digit."""

    name = "sevens"

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.asked = fails, 0

    def score(self, query: str, texts: Sequence[str]) -> list[float | None]:
        self.asked = len(texts)
        if self.fails:
            raise EncoderError("away")
        return [float(text.count("7")) for text in texts]


def hits(*scores: float) -> list[Hit]:
    return [Hit(chunk_id=number, score=score, rank=number + 1) for number, score in enumerate(scores)]


def test_the_rerankers_order_wins_and_what_it_did_not_see_stays_behind() -> None:
    ordered = reorder(hits(0.9, 0.8, 0.7, 0.6), [-4.0, 2.0, 11.0])
    assert [(hit.chunk_id, hit.rank, hit.cross_score) for hit in ordered] == [(2, 1, 11.0), (1, 2, 2.0), (0, 3, -4.0), (3, 4, None)]


def test_an_equal_score_keeps_the_order_before_and_a_missing_one_its_standing() -> None:
    assert [hit.chunk_id for hit in reorder(hits(0.9, 0.8, 0.7), [1.0, 1.0, 1.0])] == [0, 1, 2]
    assert [hit.chunk_id for hit in reorder(hits(0.9, 0.5, 0.1), [0.0, None, 1.0])] == [2, 1, 0]
    assert reorder(hits(0.9), [None]) == tuple(hits(0.9))
    with pytest.raises(ValueError, match="weight"):
        reorder(hits(0.9), [1.0], weight=1.5)


def find(root: Path, reranker: LikesSevens, **config: object) -> list[int]:
    result = search(
        "leave rule",
        scope=EVERYTHING,
        config=SearchConfig(limit=30, **config),
        index=make_reader(root).snapshot(),
        embedder=WordEncoder(),
        projection=PROJECTION,
        reranker=reranker,
        read_texts=lambda chunk_ids: {chunk_id: TEXTS[chunk_id] for chunk_id in chunk_ids if chunk_id != 3},
    )
    return [hit.chunk_id for hit in result.hits]


def test_a_search_asks_it_about_the_best_and_lives_without_it(tmp_path: Path) -> None:
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in TEXTS.items()])
    plain = find(tmp_path, LikesSevens(), use_cross=False)
    reranker = LikesSevens()
    seen = find(tmp_path, reranker, cross_depth=30)
    assert set(seen[:3]) == {7, 17, 27}
    assert (sorted(seen), reranker.asked) == (sorted(plain), 29)
    few = LikesSevens()
    assert sorted(find(tmp_path, few, cross_depth=5)) == sorted(plain)
    assert few.asked <= 5
    assert find(tmp_path, LikesSevens(fails=True)) == plain

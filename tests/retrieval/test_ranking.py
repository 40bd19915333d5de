"""Fusing, reranking, demoting duplicates: the small pure steps."""

from dataclasses import replace

import numpy as np
import pytest

from language.analyzer import Analyzer
from retrieval.bm25_small import SmallRanking
from retrieval.duplicates import demote_duplicates, text_digest
from retrieval.fuse import fuse
from retrieval.reranking.late_interaction import blend
from retrieval.tokens import Projection, load_projection
from retrieval.types import Hit, WordWeights
from tests.retrieval.builders import EVERYTHING, make_entry, make_reader, make_writer


def keyword_hits(*scores: tuple[int, float]) -> list[Hit]:
    return [Hit(chunk_id=i, score=s, rank=r, keyword_score=s, keyword_rank=r) for r, (i, s) in enumerate(scores, start=1)]


def dense_hits(*scores: tuple[int, float]) -> list[Hit]:
    return [Hit(chunk_id=i, score=s, rank=r, dense_score=s, dense_rank=r) for r, (i, s) in enumerate(scores, start=1)]


def test_fuse_weighs_normalised_scores() -> None:
    hits = fuse(keyword_hits((1, 10.0), (2, 5.0)), dense_hits((2, 0.9), (3, 0.5), (1, 0.1)), alpha=0.5, top_n=10)
    assert [(hit.chunk_id, hit.score) for hit in hits] == [
        (2, pytest.approx(0.75)),
        (1, pytest.approx(0.5)),
        (3, pytest.approx(0.25)),
    ]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert (hits[0].keyword_rank, hits[0].dense_rank, hits[2].keyword_score) == (2, 1, None)


def test_fuse_breaks_ties_by_keyword_rank() -> None:
    hits = fuse(keyword_hits((7, 3.0), (3, 3.0)), [], alpha=0.0, top_n=10)
    assert [hit.chunk_id for hit in hits] == [7, 3]
    hits = fuse(keyword_hits((7, 3.0), (3, 3.0)), dense_hits((5, 0.9), (3, 0.8), (7, 0.7)), alpha=0.0, top_n=10)
    assert [hit.chunk_id for hit in hits] == [7, 3, 5]


def test_fuse_keeps_the_best_and_refuses_a_bad_weight() -> None:
    assert len(fuse(keyword_hits((1, 2.0), (2, 1.0)), [], alpha=0.0, top_n=1)) == 1
    with pytest.raises(ValueError, match="alpha"):
        fuse([], [], alpha=1.5, top_n=1)
    assert fuse([], [], alpha=0.5, top_n=1) == ()


def test_blend_follows_the_reranker_by_its_weight() -> None:
    hits = fuse(keyword_hits((1, 10.0), (2, 8.0), (3, 1.0)), [], alpha=0.0, top_n=3)
    assert [hit.chunk_id for hit in blend(hits, [0.1, 0.9], weight=1.0)] == [2, 1, 3]  # 3 was not scored: it stays behind
    assert [hit.chunk_id for hit in blend(hits, [0.1, 0.9], weight=0.0)] == [1, 2, 3]
    assert [hit.chunk_id for hit in blend(hits, [None, None], weight=0.7)] == [1, 2, 3]


def test_a_candidate_without_token_vectors_keeps_its_standing() -> None:
    hits = fuse(keyword_hits((1, 10.0), (2, 9.0), (3, 8.0)), [], alpha=0.0, top_n=3)
    assert [hit.chunk_id for hit in blend(hits, [0.9, None, 0.1], weight=0.7)] == [1, 2, 3]


def test_duplicates_step_behind_what_differs_and_none_is_lost() -> None:
    hits = keyword_hits((1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0))
    digests = [text_digest(text) for text in ("Six hours.", "six  hours", "Eight hours.", "Other")]
    assert [hit.chunk_id for hit in demote_duplicates(hits, digests)] == [1, 3, 4, 2]


def test_a_figure_makes_a_difference() -> None:
    assert text_digest("10 days") != text_digest("15 days")
    assert text_digest("Ｔｅｎ，days!") == text_digest("ten days")


def test_max_sim_of_packed_vectors_is_close_to_the_exact_one() -> None:
    random = np.random.default_rng(7)
    projection = Projection(np.eye(64), np.full(64, 1 / 8))
    passages = [projection.project(random.normal(size=(length, 64)).astype(np.float32)) for length in (5, 30, 1)]
    query = np.concatenate([passages[1][3:6], passages[0][:1]])
    exact = [float((query @ passage.T).max(axis=1).mean()) for passage in passages]
    scores = projection.max_sim(query.tobytes(), [*map(projection.pack, passages), b""])
    assert scores[3] is None
    assert scores[:3] == pytest.approx(exact, abs=0.06)
    assert max(range(3), key=lambda index: scores[index]) == 1


def test_the_kept_projection_halves_64_values_into_32_bytes() -> None:
    projection = load_projection("all-MiniLM-L6-v2")
    assert (projection.matrix.shape, projection.token_bytes) == ((384, 64), 32)
    gram = projection.matrix.T @ projection.matrix
    assert np.abs(gram - np.eye(64)).max() < 0.01  # orthonormal columns


TEXTS = [
    "Employees earn six hours of annual leave per pay period.",
    "Annual leave is paid time off. Annual leave must be requested.",
    "Parking permits cost twenty dollars a month for employees.",
    "The cafeteria opens at eight and closes at three.",
    "Sick leave may be used for medical appointments of employees and family members.",
    "员工累计工作已满10年不满20年的，年休假10天。",
    "停车证每月收费二十元，员工自理。",
]


class WithPairs(Analyzer):
    """Cuts a text into what the corpus index keeps of it."""

    def terms(self, text: str) -> list[str]:
        return [*super().terms(text), *self.pairs(text)]


@pytest.mark.parametrize("query", ["annual leave", "employees parking cost", "medical leave for family", "员工年休假", "停车证"])
def test_the_corpus_index_ranks_as_rank_bm25_does(tmp_path: object, query: str) -> None:
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in enumerate(TEXTS)])
    hits = make_reader(tmp_path).snapshot().search_keyword(query, scope=EVERYTHING, limit=10)
    bm25 = SmallRanking(TEXTS, analyzer=WithPairs())._bm25
    scores = bm25.get_scores(Analyzer().terms(query)) + WordWeights().pairs * bm25.get_scores(Analyzer().pairs(query))
    reference = {number: score for number, score in enumerate(scores) if score > 0}
    assert [hit.chunk_id for hit in hits] == sorted(reference, key=lambda number: -reference[number])
    # tantivy rounds lengths to a byte
    for hit in hits:
        assert hit.score == pytest.approx(reference[hit.chunk_id], rel=0.02)


def test_ranking_nothing_or_by_nothing_scores_zero() -> None:
    assert SmallRanking([]).scores("leave") == []
    assert SmallRanking(["", "?"]).scores("leave") == [0.0, 0.0]
    assert SmallRanking(["leave"]).scores("") == [0.0]


def found(tmp_path: object, texts: dict[int, str], query: str, **weights: float) -> dict[int, float]:
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in texts.items()])
    hits = make_reader(tmp_path).snapshot().search_keyword(query, scope=EVERYTHING, limit=10, weights=WordWeights(**weights))
    return {hit.chunk_id: hit.score for hit in hits}


def test_characters_side_by_side_rank_before_the_same_apart(tmp_path: object) -> None:
    texts = {1: "护理者需要保护，卫生者优先。", 2: "卫生者需要护理，护卫者优先。"}
    assert next(iter(found(tmp_path, texts, "护卫者"))) == 2
    assert 1 not in found(tmp_path, {1: "护理，卫生", 2: "护卫者"}, "护卫者", pairs=0.0)


def test_a_word_that_asks_counts_less_than_one_that_names(tmp_path: object) -> None:
    texts = {1: "开放时间：九点。", 2: "银行已经破产。"}
    assert list(found(tmp_path, texts, "破产时间")) == [2, 1]
    equal = found(tmp_path, texts, "破产时间", asking=1.0)
    assert equal[1] == pytest.approx(equal[2], rel=0.3)
    assert list(found(tmp_path, texts, "时间")) == [1]


def test_a_heading_that_the_query_names_adds_weight(tmp_path: object) -> None:
    named = replace(make_entry(1, "text"), chunk=replace(make_entry(1, "text").chunk, heading_path=("leave",)))
    make_writer(tmp_path).publish([named, make_entry(2, "leave text")])
    search = make_reader(tmp_path).snapshot().search_keyword
    scores = {
        weight: {
            hit.chunk_id: hit.score for hit in search("leave", scope=EVERYTHING, limit=9, weights=WordWeights(headings=weight))
        }
        for weight in (0.0, 0.4)
    }
    assert scores[0.4][1] > scores[0.0][1]
    assert scores[0.4][2] == pytest.approx(scores[0.0][2])

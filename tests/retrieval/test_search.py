"""The flow of a query, with a ten-line encoder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval.local.reader import Snapshot
from retrieval.search import search
from retrieval.types import UNREADABLE_SHARE, Embedding, Hit, Scope, SearchConfig, SearchResult
from tests.retrieval.builders import EVERYTHING, PROJECTION, WordEncoder, make_entry, make_reader, make_writer


@pytest.fixture
def index(tmp_path: Path) -> Snapshot:
    texts = [
        "annual leave accrues",
        "annual report",
        "leave the building",
        "parking permits",
        "年休假 天",
        "annual  leave accrues!",
    ]
    make_writer(tmp_path).publish(
        [make_entry(number, text, collection=1 + number % 2) for number, text in enumerate(texts, start=1)]
    )
    return make_reader(tmp_path).snapshot()


def run(index: Snapshot, query: str, *, scope: Scope = EVERYTHING, **changes: Any) -> SearchResult:
    config = replace(SearchConfig(), **changes)
    return search(query, scope=scope, config=config, index=index, embedder=WordEncoder(), projection=PROJECTION)


def test_every_stage_leaves_its_mark_on_the_best_hit(index: Snapshot) -> None:
    best = run(index, "annual leave").hits[0]
    assert best.chunk_id in (1, 6)
    assert best.keyword_score > 0 and best.fused_score > 0.9
    assert best.dense_score == pytest.approx(0.8, abs=0.2)
    assert best.rerank_score == pytest.approx(1.0, abs=0.1)


def test_a_stage_that_is_off_leaves_none(index: Snapshot) -> None:
    assert all(hit.dense_score is None for hit in run(index, "annual leave", use_dense=False).hits)
    assert all(hit.keyword_score is None for hit in run(index, "annual leave", use_keyword=False).hits)
    assert all(hit.rerank_score is None for hit in run(index, "annual leave", use_rerank=False).hits)
    assert run(index, "annual leave", use_dense=False, use_keyword=False).hits == ()


def test_the_dense_leg_abstains_on_a_script_it_cannot_read(index: Snapshot) -> None:
    result = run(index, "年休假")
    assert result.dense_abstained
    assert result.unknown_share == 1.0
    assert [hit.chunk_id for hit in result.hits] == [5]


def test_a_number_decides_between_passages_that_look_alike(tmp_path: Path) -> None:
    texts = [f"annual leave of team {number}" for number in range(280, 300)]
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in enumerate(texts, start=1)])
    index = make_reader(tmp_path).snapshot()
    best = run(index, "annual leave team 294").hits[0]
    assert (best.chunk_id, best.exact_share is not None and best.exact_share > 0.5) == (15, True)
    assert run(index, "annual leave team 294", exact_weight=0.0).hits[0].exact_share is None
    assert run(index, "annual leave").hits[0].exact_share is None


class OtherWords(WordEncoder):
    """Reads a question in another language: what it means is "annual leave"."""

    def embed_query(self, text: str) -> Embedding:
        return super().embed_query("annual leave")


def test_words_count_little_where_they_find_none_of_what_is_near(tmp_path: Path) -> None:
    texts = [*(f"annual leave of team {number}" for number in range(12)), "wie form"]
    make_writer(tmp_path).publish([make_entry(number, text) for number, text in enumerate(texts, start=1)])
    index = make_reader(tmp_path).snapshot()

    def by_chance(query: str, **changes: Any) -> float | None:
        config = replace(SearchConfig(use_rerank=False, limit=20), **changes)
        found = search(query, scope=EVERYTHING, config=config, index=index, embedder=OtherWords(), projection=PROJECTION)
        assert found.hits[0].chunk_id != 13
        return next(hit.fused_score for hit in found.hits if hit.chunk_id == 13)

    least = SearchConfig()
    assert by_chance("wie viel urlaub") == pytest.approx(1 - least.lone_dense_weight)
    assert by_chance("wie viel urlaub", lone_dense_weight=least.dense_weight) == pytest.approx(1 - least.dense_weight)
    assert by_chance("annual leave wie") == pytest.approx(1 - least.dense_weight, abs=0.2)  # words find all of it


def test_word_for_word_repeats_step_back(index: Snapshot) -> None:
    kept = [hit.chunk_id for hit in run(index, "annual leave").hits]
    assert {kept[0], kept[-1]} == {1, 6}
    assert {*kept} == {*[hit.chunk_id for hit in run(index, "annual leave", collapse_duplicates=False).hits]}


def test_scope_holds_through_the_whole_flow(index: Snapshot) -> None:
    odd = {hit.chunk_id for hit in run(index, "annual leave", scope=Scope(collection_ids=frozenset({2}))).hits}
    assert odd == {1, 3, 5}
    assert run(index, "annual leave", scope=Scope(collection_ids=frozenset())).hits == ()


def test_limit_and_ranks(index: Snapshot) -> None:
    result = run(index, "annual leave", limit=2)
    assert [hit.rank for hit in result.hits] == [1, 2]
    assert result.index_generation == 1
    assert {"embed", "keyword", "dense", "fuse", "rerank"} <= result.timings_ms.keys()


def test_a_passage_without_a_vector_is_found_by_words_alone(tmp_path: Path) -> None:
    readable, unread = make_entry(1, "annual leave"), make_entry(2, "年休假 annual")
    unread = replace(unread, embedding=Embedding(dense=bytes(len(unread.embedding.dense)), tokens=b""))
    make_writer(tmp_path).publish([readable, unread])
    index = make_reader(tmp_path).snapshot()
    assert [hit.chunk_id for hit in run(index, "annual", use_keyword=False).hits] == [1]
    assert {hit.chunk_id: hit.dense_score is None for hit in run(index, "annual").hits} == {1: False, 2: True}


def test_missing_token_vectors_are_computed_for_the_best_alone(tmp_path: Path) -> None:
    texts = {number: f"annual leave {'rule ' * number}" for number in range(1, 15)}
    entries = [make_entry(number, text) for number, text in texts.items()]
    make_writer(tmp_path).publish([replace(entry, embedding=replace(entry.embedding, tokens=b"")) for entry in entries])
    asked: list[int] = []

    def read_texts(chunk_ids: Sequence[int]) -> dict[int, str]:
        asked.extend(chunk_ids)
        return {chunk_id: texts[chunk_id] for chunk_id in chunk_ids if chunk_id != 1}

    result = search(
        "annual leave",
        scope=EVERYTHING,
        config=SearchConfig(limit=20),
        index=make_reader(tmp_path).snapshot(),
        embedder=WordEncoder(),
        projection=PROJECTION,
        read_texts=read_texts,
    )
    scored = {hit.chunk_id for hit in result.hits if hit.rerank_score is not None}
    assert len(asked) == 10
    assert scored == set(asked) - {1}
    assert len(result.hits) == 14


def test_the_dense_leg_weighs_less_the_less_of_the_query_is_read(index: Snapshot) -> None:
    """A query that is read by half of what makes the leg abstain gives it half its weight."""

    def dense_share(query: str) -> float:
        dense_only = [hit for hit in run(index, query, use_rerank=False).hits if hit.keyword_rank is None]
        return max(hit.fused_score for hit in dense_only)

    whole, half = "parking", "parking 年"
    assert WordEncoder().unknown_share(half) == pytest.approx(1 / 9)
    assert dense_share(half) < dense_share(whole)


class HalfReader(WordEncoder):
    """Reads every query as well as the whole, and says that it knows only half of what it takes not to abstain."""

    def unknown_share(self, text: str) -> float:
        return UNREADABLE_SHARE / 2


def test_what_is_half_read_has_half_its_weight_in_both_stages(tmp_path: Path) -> None:
    entries = [
        make_entry(number, text) for number, text in enumerate(["annual leave", "annual report", "parking", "leave"], start=1)
    ]
    make_writer(tmp_path).publish(entries)
    index = make_reader(tmp_path).snapshot()

    def hits(encoder: WordEncoder, **changes: Any) -> dict[int, Hit]:
        config = replace(SearchConfig(), **changes)
        found = search("annual leave", scope=EVERYTHING, config=config, index=index, embedder=encoder, projection=PROJECTION)
        return {hit.chunk_id: hit for hit in found.hits}

    whole, half = (hits(encoder, use_rerank=False) for encoder in (WordEncoder(), HalfReader()))
    best = max(whole.values(), key=lambda hit: hit.keyword_score or 0.0).keyword_score
    lowest = min(hit.dense_score for hit in whole.values() if hit.dense_score is not None)
    span = max(hit.dense_score for hit in whole.values() if hit.dense_score is not None) - lowest
    for hit in half.values():
        near = (hit.dense_score - lowest) / span if hit.dense_score is not None else 0.0
        alpha = SearchConfig().dense_weight / 2
        assert hit.fused_score == pytest.approx(alpha * near + (1 - alpha) * (hit.keyword_score or 0.0) / best)
    reranked = list(hits(HalfReader()).values())
    low = min(hit.rerank_score for hit in reranked if hit.rerank_score is not None)
    reach = max(hit.rerank_score for hit in reranked if hit.rerank_score is not None) - low
    for hit in reranked:
        weight, seen = SearchConfig().rerank_weight / 2, (hit.rerank_score - low) / reach
        assert hit.score == pytest.approx(weight * seen + (1 - weight) * hit.fused_score / max(one.fused_score for one in reranked))

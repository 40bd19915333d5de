"""The contract of the ports, on every backend: the same test, the same promises."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoding.opening import ENGLISH, open_encoder
from retrieval.search import search
from retrieval.types import Chunk, IndexEntry, Scope, SearchConfig, SearchResult
from tests.retrieval.backends import BACKENDS, Backend
from tests.retrieval.builders import EVERYTHING, WordEncoder, make_entry

PASSAGES, QUESTIONS = 150, 40


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    yield from BACKENDS[request.param](tmp_path)


def found(backend: Backend, query: str, scope: Scope = EVERYTHING) -> tuple[set[int], set[int]]:
    snapshot = backend.index.snapshot()
    vector = WordEncoder().embed_query(query).dense
    return (
        {hit.chunk_id for hit in snapshot.search_keyword(query, scope=scope, limit=100)},
        {hit.chunk_id for hit in snapshot.search_dense(vector, scope=scope, limit=100)},
    )


def test_an_index_that_was_never_published_to_finds_nothing(backend: Backend) -> None:
    assert found(backend, "anything") == (set(), set())
    snapshot = backend.index.snapshot()
    assert (snapshot.generation, snapshot.tokens([1]), snapshot.digests([1])) == (0, [b""], [None])
    assert backend.writer.chunk_ids() == (frozenset(), frozenset())


def test_both_legs_find_what_was_published(backend: Backend) -> None:
    first = backend.writer.publish([make_entry(7, "annual leave accrues"), make_entry(8, "parking permits")])
    assert found(backend, "leave") == ({7}, {7, 8})
    assert backend.index.snapshot().generation == first > 0
    assert backend.writer.publish([make_entry(9, "canteen")]) > first


def test_publishing_twice_is_publishing_once(backend: Backend) -> None:
    entries = [make_entry(number, f"text {number}") for number in range(1, 30)]
    for _time in range(2):
        backend.writer.publish(entries)
    assert backend.writer.chunk_ids() == (frozenset(range(1, 30)),) * 2
    assert len(backend.index.snapshot().search_keyword("text", scope=EVERYTHING, limit=100)) == 29


def test_a_chunk_that_is_published_again_is_replaced(backend: Backend) -> None:
    backend.writer.publish([make_entry(1, "wombats dig"), make_entry(2, "koalas sleep")])
    backend.writer.publish([make_entry(1, "emus run")])
    assert found(backend, "wombats")[0] == set()
    assert found(backend, "emus")[0] == {1}
    snapshot = backend.index.snapshot()
    assert bytes(snapshot.tokens([1])[0]) == make_entry(1, "emus run").embedding.tokens


def test_a_version_is_removed_with_every_chunk_and_the_others_stay(backend: Backend) -> None:
    backend.writer.publish([make_entry(1, "old rule", version=1), make_entry(2, "old table", version=1)])
    backend.writer.publish([make_entry(3, "new rule", version=2)], remove_versions=[1])
    assert backend.writer.chunk_ids()[0] == {3}
    assert found(backend, "rule") == ({3}, {3})
    backend.writer.publish([], remove_versions=[1, 2])
    assert found(backend, "rule") == (set(), set())


def test_what_was_removed_is_in_no_row_any_more_when_it_was_forgotten(backend: Backend, tmp_path: Path) -> None:
    backend.writer.publish([make_entry(1, "quokka merger", version=1), make_entry(2, "annual leave", version=2)])
    backend.writer.publish([make_entry(3, "parking permits", version=3)], remove_versions=[1])
    before = found(backend, "leave")
    backend.writer.forget_removed()
    assert backend.writer.count_rows_of([1]) == 0
    assert backend.writer.count_rows_of([1, 2, 3]) == 2
    assert (found(backend, "leave"), found(backend, "quokka")[0]) == (before, set())
    if backend.name == "local":  # the files of a server are its own
        assert [path.name for path in tmp_path.rglob("*") if path.is_file() and b"quokka" in path.read_bytes()] == []
        assert backend.writer.forget_removed() == 0


def test_scope_goes_into_both_legs(backend: Backend) -> None:
    backend.writer.publish([make_entry(n, "leave rule", document=n // 10, collection=n % 3) for n in range(60)])
    of_one = {n for n in range(60) if n % 3 == 1}
    assert found(backend, "leave", Scope(collection_ids=frozenset({1}))) == (of_one, of_one)
    within = {n for n in of_one if n // 10 in (2, 4)}
    assert found(backend, "leave", Scope(collection_ids=frozenset({1}), document_ids=frozenset({2, 4}))) == (within, within)
    shut = b"".join(document.to_bytes(8, "little") for document in (1, 2, 5, 99))
    open_ones = {n for n in of_one if n // 10 not in (1, 2, 5)}
    assert found(backend, "leave", Scope(collection_ids=frozenset({1}), hidden=shut)) == (open_ones, open_ones)
    every = frozenset(range(3))
    assert found(backend, "leave", Scope(collection_ids=every, hidden=shut))[0] == {
        n for n in range(60) if n // 10 not in (1, 2, 5)
    }
    both = Scope(collection_ids=frozenset({1}), document_ids=frozenset({2, 4}), hidden=shut)
    assert found(backend, "leave", both) == ({n for n in within if n // 10 == 4},) * 2
    for nothing in (Scope(collection_ids=frozenset()), Scope(collection_ids=frozenset({1}), document_ids=frozenset())):
        assert found(backend, "leave", nothing) == (set(), set())


def test_a_document_on_its_way_is_found_by_its_new_scope(backend: Backend) -> None:
    backend.writer.publish(
        [make_entry(1, "leave rule", document=5, collection=1), make_entry(2, "leave rule", document=6, collection=1)]
    )
    moved = Scope(collection_ids=frozenset({2}), moved_ids=frozenset({5}))
    assert found(backend, "leave", moved) == ({1}, {1})
    assert found(backend, "leave", replace(moved, hidden=(5).to_bytes(8, "little"))) == (set(), set())
    backend.writer.publish([make_entry(1, "leave rule", document=5, collection=2)])
    assert found(backend, "leave", Scope(collection_ids=frozenset({1}))) == ({2}, {2})
    assert found(backend, "leave", Scope(collection_ids=frozenset({2}))) == ({1}, {1})


def test_dense_scores_are_inner_products_best_first(backend: Backend) -> None:
    entries = [make_entry(n, f"leave rule {n}") for n in range(40)]
    backend.writer.publish(entries)
    query = WordEncoder().embed_query("leave rule 7")
    exact = {
        entry.chunk.id: float(np.frombuffer(entry.embedding.dense, "<f4") @ np.frombuffer(query.dense, "<f4")) for entry in entries
    }
    hits = backend.index.snapshot().search_dense(query.dense, scope=EVERYTHING, limit=10)
    assert [hit.rank for hit in hits] == list(range(1, 11))
    assert [hit.chunk_id for hit in hits] == sorted(exact, key=lambda n: (-exact[n], n))[:10]
    assert all(hit.score == hit.dense_score == pytest.approx(exact[hit.chunk_id], abs=2e-3) for hit in hits)


def test_words_of_every_script_and_codes_are_found_as_they_are(backend: Backend) -> None:
    texts = ["年假规定：员工满十年有 10 天年假。", "Form ABC-123/4 of 2023-01-05", "Überstunden naïve café", "停车场"]
    backend.writer.publish([make_entry(n, text) for n, text in enumerate(texts)])
    for n, query in enumerate(["年假", "ABC-123/4", "Überstunden", "停车场"]):
        hits = backend.index.snapshot().search_keyword(query, scope=EVERYTHING, limit=10)
        assert [hit.chunk_id for hit in hits][:1] == [n], query
        assert all(hit.score > 0 for hit in hits)
    assert backend.index.snapshot().search_keyword("？！", scope=EVERYTHING, limit=10) == ()


def test_a_word_is_found_by_what_means_the_same(backend: Backend) -> None:
    backend.writer.publish([make_entry(1, "annual leave accrues"), make_entry(2, "parking permits"), make_entry(3, "年休假")])
    search = backend.index.snapshot().search_keyword
    assert search("PTO", scope=EVERYTHING, limit=10) == ()
    found = search("PTO", scope=EVERYTHING, limit=10, also=(("PTO", "annual leave", "年休假"), ("the",)))
    assert {hit.chunk_id for hit in found} == {1, 3}


def test_tokens_and_digests_come_back_as_they_went_in(backend: Backend) -> None:
    entries = [make_entry(1, "same words"), make_entry(2, "Same words!"), make_entry(3, "other words")]
    entries[2] = replace(entries[2], embedding=replace(entries[2].embedding, tokens=b""))
    backend.writer.publish(entries)
    snapshot = backend.index.snapshot()
    assert [bytes(tokens) for tokens in snapshot.tokens([3, 1, 99])] == [b"", entries[0].embedding.tokens, b""]
    first, second, third, unknown = snapshot.digests([1, 2, 3, 99])
    assert first == second != third
    assert unknown is None


def test_a_new_process_finds_the_same(backend: Backend) -> None:
    backend.writer.publish([make_entry(n, f"leave rule {n}") for n in range(20)])
    before = backend.index.snapshot().search_keyword("leave 7", scope=EVERYTHING, limit=20)
    assert backend.reopen().snapshot().search_keyword("leave 7", scope=EVERYTHING, limit=20) == before


def test_a_rebuild_holds_exactly_what_it_is_given(backend: Backend) -> None:
    backend.writer.publish([make_entry(n, "stale") for n in range(5)])
    generation = backend.writer.rebuild([[make_entry(10, "fresh"), make_entry(11, "fresh")], [make_entry(12, "fresh")]])
    assert backend.writer.chunk_ids() == (frozenset({10, 11, 12}),) * 2
    assert found(backend, "stale")[0] == set()
    assert backend.index.snapshot().generation == generation


def test_readers_never_see_half_a_rebuild(backend: Backend) -> None:
    backend.writer.rebuild([[make_entry(n, "leave rule", version=1) for n in range(40)]])
    seen: set[frozenset[int]] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.add(
                frozenset(hit.chunk_id for hit in backend.index.snapshot().search_keyword("leave", scope=EVERYTHING, limit=100))
            )

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(2, 4):
        backend.writer.rebuild([[make_entry(version * 100 + n, "leave rule", version=version) for n in range(40)]])
    over.set()
    for reader in readers:
        reader.join()
    assert seen <= {frozenset(range(40)), *(frozenset(range(version * 100, version * 100 + 40)) for version in range(2, 4))}
    assert len(seen) > 1


def test_both_rank_real_questions_alike(tmp_path: Path) -> None:
    """The first paragraphs of squad2-a with the bundled encoder: nearly the same ten passages, and as good."""
    folder = Path(__file__).resolve().parents[3] / "shared/data/squad2-a"
    if not folder.exists():
        pytest.skip("the evaluation data is not beside the project (../shared/data/squad2-a)")
    encoder = open_encoder(ENGLISH)
    corpus = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()[:PASSAGES]]
    numbers = {row["_id"]: number for number, row in enumerate(corpus)}
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text("utf-8").splitlines()]
    asked = [row for row in asked if row["answerable"] and row["relevant"][0] in numbers][::7][:QUESTIONS]
    chunks = [
        Chunk(id=number, collection_id=1, document_id=number, version_id=number, title=row["title"], text=row["text"])
        for number, row in enumerate(corpus)
    ]
    embedded = encoder.embed_passages([chunk.contextual_text for chunk in chunks])
    entries = [IndexEntry(chunk=chunk, embedding=embedding) for chunk, embedding in zip(chunks, embedded, strict=True)]
    rankings: dict[str, list[list[int]]] = {}
    for name, opened in BACKENDS.items():
        backend = next(iterator := opened(tmp_path / name, dimension=encoder.dimension))
        backend.writer.publish(entries)
        rankings[name] = [[hit.chunk_id for hit in find(row["text"], backend.index.snapshot(), encoder).hits] for row in asked]
        next(iterator, None)
    alike = [len(set(one) & set(other)) / len(one) for one, other in zip(*rankings.values(), strict=True)]
    first = {
        name: np.mean([numbers[row["relevant"][0]] == ranked[0] for row, ranked in zip(asked, ranking, strict=True)])
        for name, ranking in rankings.items()
    }
    assert np.mean(alike) >= 0.9
    assert abs(first["local"] - first["milvus"]) <= 0.05
    assert first["milvus"] > 0.8


def find(question: str, index: Any, encoder: Any) -> SearchResult:
    return search(question, scope=EVERYTHING, config=SearchConfig(), index=index, embedder=encoder, projection=encoder.projection)

"""What the retrieval bench measures on: corpora of any size, the same each time; and what it makes of its figures."""

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from bench.harness.growth import draw_growth
from bench.material.corpus import DOCUMENT, NARROW, SentenceMemory, cut_passages, make_entries, mix_passages, mix_vectors
from bench.peers import ensemble, faiss_flat, rank_bm25
from bench.retrieval import Size, to_measures, to_pictures
from language.analyzer import get_analyzer
from retrieval.types import Embedding

OWN = [
    "The leave year ends in December. Ask your manager. Sick leave needs a note.",
    "Parking costs twenty dollars. Permits last a month.",
]


def real(count: int, dimension: int = 16) -> list[Embedding]:
    vectors = np.random.default_rng(3).normal(size=(count, dimension)).astype("<f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [Embedding(dense=vector.tobytes(), tokens=bytes([number])) for number, vector in enumerate(vectors)]


def test_made_vectors_are_unit_and_lie_around_real_ones() -> None:
    own = real(50)
    vectors = np.concatenate(list(mix_vectors(own, count=500)))
    assert vectors.shape == (500, 16)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[:50].tobytes() == b"".join(embedding.dense for embedding in own)
    nearest = (vectors[50:] @ vectors[:50].T).max(axis=1)
    noise = np.random.default_rng(5).normal(size=(450, 16))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    assert nearest.mean() > (noise @ vectors[:50].T).max(axis=1).mean() + 0.1


def test_the_same_corpus_is_made_each_time_and_grows_at_its_end() -> None:
    def corpus(count: int) -> list[object]:
        texts = chain(OWN, mix_passages(OWN, start=1))
        return list(chain.from_iterable(make_entries(texts, mix_vectors(real(40), count=count), real(40), count=count)))

    small, large = corpus(300), corpus(300)
    assert small == large
    assert [entry.chunk.id for entry in small] == list(range(1, 301))
    assert sum(entry.chunk.collection_id == NARROW for entry in small) == 3
    assert small[DOCUMENT * 3].chunk.document_id == 4


def test_a_remembered_sentence_is_cut_as_ever() -> None:
    memory, text = SentenceMemory(), OWN[0]
    for _ in range(2):
        assert memory.terms(text) == get_analyzer().terms(text)
        assert memory.pairs("年假。 Ask.") == get_analyzer().pairs("年假。 Ask.")


def test_passages_are_cut_from_the_sets_in_turn(tmp_path: Path) -> None:
    for name, text in (("a", "one " * 130), ("b", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "corpus.jsonl").write_text(json.dumps({"text": text}) + "\n")
    assert cut_passages([tmp_path / "a", tmp_path / "b"]) == ["one " * 119 + "one", "two", "one " * 9 + "one"]


def test_the_ensemble_adds_reciprocal_ranks() -> None:
    texts = ["annual leave", "parking permit", "leave note"]
    vectors = np.eye(3, 4, dtype=np.float32)
    asked = np.array([0, 1, 0, 0], dtype=np.float32).tobytes()
    found = ensemble(lambda query: asked, rank_bm25(texts), faiss_flat(vectors))("parking")
    assert found[0] == 1


def test_figures_become_rows_and_pictures(tmp_path: Path) -> None:
    times = [1.0, 2.0, 3.0]
    ours = {
        "search_ms": times,
        "search_scoped_ms": times,
        "dense_ms": times,
        "dense_scoped_ms": times,
        "legs_ms": dict.fromkeys(("embed", "keyword", "dense", "fuse", "rerank"), times),
        "together": {"per_s": 1000.0, "ms": [4.0, 11.0]},
        "index_mb": 20.0,
        "process_mb": 700.0,
        "mapped_mb": 90.0,
        "start_s": 0.5,
    }
    size = Size(chunks=100_000, ours=ours, recall=0.99, recall_scoped=1.0, added_ms=times, build_s=9.0)
    size.peers = {"LangChain ensemble": (100.0, 290.0), "FAISS flat": (8.0, 9.0)}
    rows = {row.name: row.as_dict() for row in to_measures(size)}
    assert rows["search p95, 100,000 chunks"]["met"] is True
    assert rows["faster than the LangChain ensemble at p95, 100,000 chunks"]["value"] == pytest.approx(100.0)
    assert rows["16 at once, throughput against one, 100,000 chunks"]["value"] == 2.0
    assert rows["16 at once, slowest, 100,000 chunks"]["met"] is True
    assert rows["dense leg alone p95, 100,000 chunks"]["ratio"] == {"FAISS flat": pytest.approx(3.1, abs=0.1)}
    drawn = draw_growth(to_pictures([size]), folder=tmp_path, machine="here")
    assert {path.name for path in drawn} == {f"retrieval-{name}.png" for name in ("latency", "legs", "memory", "upkeep")}
    assert all(path.stat().st_size > 5000 for path in drawn)

"""Passages without token vectors get them, once."""

from pathlib import Path

import pytest

from accounts.models import User
from kb.index.engine import Engine
from kb.index.entries import to_indexed_chunk
from kb.index.search import search_passages
from kb.index.token_gap import fill_token_gap
from kb.models import ChunkEmbedding, Collection
from retrieval.encoding.opening import ENGLISH
from retrieval.types import Embedding, IndexEntry
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db


def test_the_gap_is_filled_in_the_database_and_the_index(tmp_path: Path, collection: Collection, employee: User) -> None:
    engine = Engine(embedder=ENGLISH, root=tmp_path)
    index_document(engine, collection, "leave.md", ["Employees earn six hours of annual leave.", "员工每年享有十天年休假。"])
    whole = dict(ChunkEmbedding.objects.values_list("chunk_id", "tokens"))
    ChunkEmbedding.objects.update(tokens=b"")
    engine.writer.publish(
        [
            IndexEntry(chunk=to_indexed_chunk(row.chunk), embedding=Embedding(dense=bytes(row.dense), tokens=b""))
            for row in ChunkEmbedding.objects.select_related("chunk__version__document")
        ]
    )
    (hit, *_) = search_passages("annual leave", user=employee, engine=engine).result.hits
    assert hit.rerank_score is not None  # computed for the best ten
    before = engine.generation
    assert fill_token_gap(engine=engine) == 1
    assert {key: bytes(value) for key, value in ChunkEmbedding.objects.values_list("chunk_id", "tokens")} == {
        key: bytes(value) for key, value in whole.items()
    }
    assert engine.generation == before + 1
    (again, *_) = search_passages("annual leave", user=employee, engine=engine).result.hits
    assert again.rerank_score == pytest.approx(hit.rerank_score, abs=0.02)
    assert fill_token_gap(engine=engine) == 0  # what the encoder cannot read stays without
    assert engine.generation == before + 1

"""The index is looked after by itself: damage is mended from the database, and questions go on meanwhile."""

import logging
import os
import time
from pathlib import Path

import pytest

from ingest import queue
from ingest.obstacles import find_obstacle
from kb.engine import Engine
from kb.models import Chunk, Collection
from kb.upkeep import is_upkeep_due, tend_index
from retrieval.analyzer import Analyzer, get_analyzer
from retrieval.errors import IndexDamaged
from retrieval.local.locks import UPKEEP_LOCK
from retrieval.local.manifest import NAME, load_manifest
from retrieval.types import Scope
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled", root=tmp_path)


def damage_vectors(root: Path) -> None:
    """Put another byte into the newest segment; what is mapped stays as it was."""
    (manifest,) = root.rglob(NAME)
    path = manifest.parent / load_manifest(manifest.parent).segments[-1].name / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.unlink()
    path.write_bytes(content)


def found(engine: Engine, collection: Collection) -> set[str]:
    hits = engine.search("annual leave", scope=Scope(collection_ids=frozenset({collection.pk}))).hits
    return set(Chunk.objects.filter(pk__in=[hit.chunk_id for hit in hits]).values_list("text", flat=True))


def test_a_damaged_segment_is_mended_from_the_database(
    engine: Engine, collection: Collection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    assert not is_upkeep_due(engine=engine)
    assert not tend_index(engine=engine)
    index_document(engine, collection, "sick.md", ["Sick leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled", root=tmp_path)
    assert found(fresh, collection) == {"Annual leave."}  # from the generation before
    assert is_upkeep_due(engine=fresh)
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        assert tend_index(engine=fresh)
    assert [record.getMessage() for record in caplog.records] == [
        "the damaged index of edition 1 was rebuilt from the database as generation 3"
    ]
    assert found(fresh, collection) == found(engine, collection) == {"Annual leave.", "Sick leave."}
    assert not is_upkeep_due(engine=fresh)


def test_words_that_another_analyzer_cut_are_cut_anew(
    engine: Engine, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(get_analyzer().__dict__, "fingerprint", "the last release's")  # a cached property
    monkeypatch.setattr(Analyzer, "terms", lambda self, text: [text[::-1]])
    index_document(engine, collection, "leave.md", ["Annual leave."])
    index_document(engine, collection, "sick.md", ["Sick leave."])
    assert not is_upkeep_due(engine=engine)
    monkeypatch.undo()
    later = Engine(embedder="bundled", root=tmp_path)
    scope = Scope(collection_ids=frozenset({collection.pk}))
    assert later.snapshot().search_keyword("leave", scope=scope, limit=5) == ()
    assert is_upkeep_due(engine=later)
    assert tend_index(engine=later)
    assert len(later.snapshot().search_keyword("leave", scope=scope, limit=5)) == 2
    assert not is_upkeep_due(engine=later)


def test_a_damaged_manifest_is_mended_too(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    assert found(engine, collection) == {"Annual leave."}
    (manifest,) = tmp_path.rglob(NAME)
    manifest.write_text("{")
    assert found(engine, collection) == {"Annual leave."}  # what this process has open
    assert is_upkeep_due(engine=engine)
    assert tend_index(engine=engine)
    assert found(Engine(embedder="bundled", root=tmp_path), collection) == {"Annual leave."}


def test_a_document_waits_for_the_repair(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled", root=tmp_path)
    with pytest.raises(IndexDamaged) as caught:
        index_document(fresh, collection, "sick.md", ["Sick leave."])
    assert find_obstacle(caught.value) == "index_damaged"  # so its job is not failed
    assert tend_index(engine=fresh)
    assert found(fresh, collection) == {"Annual leave.", "Sick leave."}


def test_every_file_is_read_once_a_day(
    engine: Engine, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.local.manifest.QUICK_CHECK_BYTES", 0)  # as if every file were too large to be read when opened
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled", root=tmp_path)
    assert found(fresh, collection) == {"Annual leave."}
    assert not tend_index(engine=fresh)
    (lock,) = tmp_path.rglob(UPKEEP_LOCK)
    os.utime(lock, (time.time() - 25 * 3600,) * 2)
    assert is_upkeep_due(engine=fresh)
    assert tend_index(engine=fresh)
    assert not is_upkeep_due(engine=fresh)
    fresh.check_files()


def test_one_process_looks_after_it(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    with pytest.raises(IndexDamaged):
        engine.check_files()
    with engine.writer.claim_upkeep():
        assert not tend_index(engine=engine)
    assert tend_index(engine=engine)


def test_the_sweep_calls_for_it(engine: Engine, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[str] = []
    monkeypatch.setattr(queue, "ring_for_upkeep", lambda: rings.append("upkeep"))
    index_document(engine, collection, "leave.md", ["Annual leave."])
    queue.sweep(engine=lambda: engine)
    assert rings == []
    damage_vectors(tmp_path)
    with pytest.raises(IndexDamaged):
        engine.check_files()
    queue.sweep(engine=lambda: engine)
    assert rings == ["upkeep"]

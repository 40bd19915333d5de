"""The index is looked after by itself: damage is mended from the database, and questions go on meanwhile."""

import json
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
from milvus_lite.server_manager import server_manager_instance

from ingest.queue import running as queue
from ingest.queue.obstacles import find_obstacle
from kb.index.engine import Engine
from kb.index.entries import to_entry
from kb.index.upkeep import engines_to_maintain, is_upkeep_due, maintain_index
from kb.models import Chunk, Collection, Edition
from language.analyzer import Analyzer, get_analyzer
from retrieval.errors import IndexDamaged, IndexOutdated
from retrieval.local.locks import UPKEEP_LOCK
from retrieval.local.manifest import NAME, load_manifest
from retrieval.types import Scope
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path)


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
    assert not maintain_index(engine=engine)
    index_document(engine, collection, "sick.md", ["Sick leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled-english", root=tmp_path)
    assert found(fresh, collection) == {"Annual leave."}  # from the generation before
    assert is_upkeep_due(engine=fresh)
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        assert maintain_index(engine=fresh)
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
    later = Engine(embedder="bundled-english", root=tmp_path)
    scope = Scope(collection_ids=frozenset({collection.pk}))
    assert later.snapshot().search_keyword("leave", scope=scope, limit=5) == ()
    assert is_upkeep_due(engine=later)
    assert maintain_index(engine=later)
    assert len(later.snapshot().search_keyword("leave", scope=scope, limit=5)) == 2
    assert not is_upkeep_due(engine=later)


def test_the_layout_of_an_earlier_release_is_made_anew(
    engine: Engine, collection: Collection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before, the words of all collections lay in one index beside the segments."""
    index_document(engine, collection, "leave.md", ["Annual leave."])
    (path,) = tmp_path.rglob(NAME)
    earlier = {"format": 1, "generation": 4, "keyword": {"name": "keyword-00000004"}, "segments": [], "analyzer": "x"}
    path.write_text(json.dumps(earlier))
    (path.parent / "keyword-00000004").mkdir()
    later = Engine(embedder="bundled-english", root=tmp_path)
    with pytest.raises(IndexOutdated):
        later.search("annual leave", scope=Scope(collection_ids=frozenset({collection.pk})))  # never "the documents do not hold it"
    with pytest.raises(IndexDamaged) as caught:
        index_document(later, collection, "sick.md", ["Sick leave."])
    assert find_obstacle(caught.value) == "index_damaged"  # its job waits
    assert is_upkeep_due(engine=later)
    assert maintain_index(engine=later)
    assert "another release" in caplog.text
    assert found(later, collection) == {"Annual leave.", "Sick leave."}
    assert not is_upkeep_due(engine=later)
    assert not (path.parent / "keyword-00000004").exists()


def test_a_milvus_of_an_earlier_release_is_made_anew(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "index.db"
    engine = Engine(embedder="bundled-english", root=tmp_path, url=f"milvus-lite://{file}")
    try:
        assert not is_upkeep_due(engine=engine)
        with monkeypatch.context() as earlier:
            earlier.setattr("retrieval.milvus.layout.LAYOUT", 1)
            index_document(engine, collection, "leave.md", ["Annual leave."])
            assert not is_upkeep_due(engine=engine)
        assert is_upkeep_due(engine=engine)
        with pytest.raises(IndexDamaged) as caught:
            index_document(engine, collection, "sick.md", ["Sick leave."])
        assert find_obstacle(caught.value) == "index_damaged"
        assert maintain_index(engine=engine)
        assert found(engine, collection) == {"Annual leave.", "Sick leave."}
        assert not is_upkeep_due(engine=engine)
        assert not maintain_index(engine=engine)
    finally:
        server_manager_instance.release_server(str(file))


def test_a_damaged_manifest_is_mended_too(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    assert found(engine, collection) == {"Annual leave."}
    (manifest,) = tmp_path.rglob(NAME)
    manifest.write_text("{")
    assert found(engine, collection) == {"Annual leave."}  # what this process has open
    assert is_upkeep_due(engine=engine)
    assert maintain_index(engine=engine)
    assert found(Engine(embedder="bundled-english", root=tmp_path), collection) == {"Annual leave."}


def test_a_document_waits_for_the_repair(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled-english", root=tmp_path)
    with pytest.raises(IndexDamaged) as caught:
        index_document(fresh, collection, "sick.md", ["Sick leave."])
    assert find_obstacle(caught.value) == "index_damaged"  # so its job is not failed
    assert maintain_index(engine=fresh)
    assert found(fresh, collection) == {"Annual leave.", "Sick leave."}


def test_every_file_is_read_once_a_day(
    engine: Engine, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.local.manifest.QUICK_CHECK_BYTES", 0)  # as if every file were too large to be read when opened
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    fresh = Engine(embedder="bundled-english", root=tmp_path)
    assert found(fresh, collection) == {"Annual leave."}
    assert not maintain_index(engine=fresh)
    (lock,) = tmp_path.rglob(UPKEEP_LOCK)
    os.utime(lock, (time.time() - 25 * 3600,) * 2)
    assert is_upkeep_due(engine=fresh)
    assert maintain_index(engine=fresh)
    assert not is_upkeep_due(engine=fresh)
    fresh.check_files()


def test_one_process_looks_after_it(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(engine, collection, "leave.md", ["Annual leave."])
    damage_vectors(tmp_path)
    with pytest.raises(IndexDamaged):
        engine.check_files()
    with engine.writer.claim_upkeep():
        assert not maintain_index(engine=engine)
    assert maintain_index(engine=engine)


def test_the_sweep_calls_for_it(engine: Engine, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notices: list[str] = []
    monkeypatch.setattr(queue, "notify_upkeep", lambda: notices.append("upkeep"))
    index_document(engine, collection, "leave.md", ["Annual leave."])
    queue.sweep(engine=lambda: engine)
    assert notices == []
    damage_vectors(tmp_path)
    with pytest.raises(IndexDamaged):
        engine.check_files()
    queue.sweep(engine=lambda: engine)
    assert notices == ["upkeep"]


def test_the_edition_that_is_being_built_is_looked_after_too(
    engine: Engine, collection: Collection, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its jobs would wait for an index that nobody mends."""
    settings.INDEX_ROOT = tmp_path
    notices: list[str] = []
    monkeypatch.setattr(queue, "notify_upkeep", lambda: notices.append("upkeep"))
    index_document(engine, collection, "leave.md", ["Annual leave."])
    next_one = Edition.objects.create(
        number=2,
        state=Edition.State.BUILDING,
        embedder="bundled-english",
        encoder=engine.embedder.fingerprint,
        cutting=0,
        folder="next",
    )
    building = engine.of(next_one)
    (chunk,) = Chunk.objects.select_related("version__document", "embedding")
    building.writer.publish([to_entry(chunk)])
    assert not any(is_upkeep_due(engine=one) for one in engines_to_maintain(engine))
    (tmp_path / "next" / NAME).write_text('{"format": 1}')
    queue.sweep(engine=lambda: engine)
    assert notices == ["upkeep"]
    assert [maintain_index(engine=one) for one in engines_to_maintain(engine)] == [False, True]
    assert not any(is_upkeep_due(engine=one) for one in engines_to_maintain(engine))


def test_a_milvus_that_is_unavailable_stops_no_sweep(collection: Collection, tmp_path: Path) -> None:
    away = Engine(embedder="bundled-english", root=tmp_path, url="milvus://127.0.0.1:1")
    assert not is_upkeep_due(engine=away)

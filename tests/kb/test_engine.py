"""The engine, and that its index is a function of the database."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kb.engine import Engine, get_engine, rebuild_index, to_indexed_chunk
from kb.models import Chunk, Collection
from retrieval.local.manifest import NAME
from retrieval.types import Scope, Stretch
from tests.kb.indexing import index_document


@pytest.fixture
def installed(settings: object, tmp_path: Path, db: None) -> Engine:
    """The engine that commands get, on an index of its own."""
    settings.INDEX_ROOT = tmp_path  # type: ignore[attr-defined]
    return get_engine()


def test_score_texts_prefers_the_sentence_that_answers(tmp_path: Path) -> None:
    engine = Engine(embedder="bundled", root=tmp_path)
    texts = ["Parking permits cost twenty dollars a month.", "You earn six hours of annual leave per pay period."]
    parking, leave = engine.score_texts("How much annual leave do I earn?", texts)
    assert leave > parking + 0.1
    assert engine.score_texts("anything", []) == []


def stretch_of(chunk: Chunk, sentence: str) -> Stretch:
    whole = to_indexed_chunk(chunk).contextual_text
    start = whole.index(sentence)
    return Stretch(chunk_id=chunk.pk, contextual_text=whole, ranges=((start, start + len(sentence)),))


@pytest.mark.django_db
def test_sentences_are_scored_by_the_vectors_of_their_chunks(installed: Engine, collection: Collection) -> None:
    parking, leave = "Parking permits cost twenty dollars a month.", "You earn six hours of annual leave per pay period."
    index_document(installed, collection, "rules.md", [f"{parking} {leave}"])
    chunk = Chunk.objects.select_related("version__document").get()
    stretches = [stretch_of(chunk, parking), stretch_of(chunk, leave)]
    low, high = installed.score_stretches("How much annual leave do I earn?", stretches)
    assert high.mean > low.mean + 0.1
    assert high.weakest > low.weakest
    assert high.unmet < low.unmet
    everything = replace(stretches[1], ranges=((0, len(stretches[1].contextual_text)),))
    (whole,) = installed.score_stretches("How much annual leave do I earn?", [everything])
    found = installed.search("How much annual leave do I earn?", scope=Scope(collection_ids=frozenset({collection.pk})))
    assert whole.mean == pytest.approx(found.hits[0].rerank_score)
    # What the index does not know, or knows with other words, is embedded anew: about the same score.
    other = replace(stretches[1], chunk_id=5)
    stale = replace(stretches[1], contextual_text=stretches[1].contextual_text + " And more.")
    anew = installed.score_stretches("How much annual leave do I earn?", [other, stale])
    assert [closeness.mean for closeness in anew] == pytest.approx([high.mean, high.mean], abs=0.1)
    assert installed.score_stretches("anything", []) == []


@pytest.mark.django_db
def test_verify_index_agrees_then_names_what_is_missing_then_repairs(installed: Engine, collection: Collection) -> None:
    document = index_document(installed, collection, "leave.md", ["Annual leave.", "Sick leave."])
    out = StringIO()
    call_command("verify_index", stdout=out)
    assert "database 2, BM25 2, FAISS 2" in out.getvalue()
    installed.writer.publish([], remove_versions=[document.current_version_id])
    with pytest.raises(CommandError, match="2 in the database, not in BM25"):
        call_command("verify_index", stdout=StringIO())
    call_command("verify_index", "--repair", stdout=StringIO())
    call_command("verify_index", stdout=StringIO())


@pytest.mark.django_db
def test_verify_index_repairs_a_damaged_index(installed: Engine, collection: Collection, tmp_path: Path) -> None:
    index_document(installed, collection, "leave.md", ["Annual leave."])
    (manifest,) = tmp_path.rglob(NAME)
    manifest.write_text("not json")
    with pytest.raises(CommandError, match="index_damaged"):
        call_command("verify_index", stdout=StringIO())
    call_command("verify_index", "--repair", stdout=StringIO())
    assert len(installed.writer.chunk_ids()[0]) == 1


@pytest.mark.django_db
def test_a_rebuild_without_the_model_finds_the_same(tmp_path: Path, collection: Collection) -> None:
    engine = Engine(embedder="bundled", root=tmp_path / "first")
    index_document(engine, collection, "leave.md", ["Annual leave.", "Sick leave.", "Parking."])
    other = Engine(embedder="bundled", root=tmp_path / "second")
    rebuild_index(engine=other, batch_size=2)
    assert other.writer.chunk_ids() == engine.writer.chunk_ids()

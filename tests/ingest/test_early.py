"""The first passages of a long document answer before it is whole; nothing of it does once it has failed."""

import io

import pytest
from django.urls import reverse

from accounts.models import User
from ingest.documents.moving import move_document
from ingest.errors import UserFault
from ingest.models import Job
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload, cancel_version, retry_version
from ingest.stages import early, passages
from ingest.stages.pipeline import Pipeline
from kb.models import Chunk, Collection, Document, DocumentVersion
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db
PAGES = 12


class Stopped(Exception):
    pass


@pytest.fixture(autouse=True)
def small_steps(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(early, "LONG_PAGES", 5)
    monkeypatch.setattr(early, "FIRST_PAGES", 3)
    monkeypatch.setattr(early, "PUBLISH_BATCH", 20)
    monkeypatch.setattr(passages, "EMBED_BATCH", 10)
    monkeypatch.setattr(passages, "CHUNK_BATCH", 7)
    monkeypatch.setattr("ingest.stages.pipeline.PAGE_BATCH", 3)
    monkeypatch.setattr("ingest.stages.pipeline.PAGE_BATCH_S", 3600.0)  # by pages alone, however slowly they come


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def version(collection: Collection, knowledge_admin: User) -> DocumentVersion:
    return upload(collection, knowledge_admin)


def upload(collection: Collection, user: User, *, edition: str = "first") -> DocumentVersion:
    """A text of PAGES stretches; nobody knows its length before it is read."""
    leave = "Leave is earned by the hour and taken by the day. " * 16
    rules = "\n\n".join(f"Rule {number} of the {edition} edition. {leave}" for number in range(110))
    return accept_upload(collection=collection, name="rules.txt", stream=io.BytesIO(rules.encode()), user=user).version


def work(engine: FakeEngine) -> int:
    return run_due_jobs(engine=lambda: engine)


def live(version: DocumentVersion) -> list[int]:
    return sorted(Chunk.objects.live().filter(version=version).values_list("ordinal", flat=True))


def test_passages_answer_while_the_rest_is_being_read(version, engine, monkeypatch):
    seen = []
    store = Pipeline._store_pages

    def look(self, pages):
        store(self, pages)
        version.refresh_from_db()
        seen.append((version.pages_done, version.early_chunks, len(live(version))))

    monkeypatch.setattr(Pipeline, "_store_pages", look)
    work(engine)

    first_pages, early_chunks, answering = seen[1]
    assert early_chunks == answering > 0
    assert first_pages < PAGES
    version.refresh_from_db()
    document = Document.objects.get()
    assert (version.status, version.early_chunks, document.current_version_id) == ("indexed", 0, version.pk)
    assert live(version) == list(range(version.chunk_count))
    assert set(engine.writer.rows) == set(version.chunks.values_list("pk", flat=True))
    assert len(engine.embedder.embedded) == version.chunk_count  # nothing twice


def test_what_is_embedded_since_answers_batch_by_batch(version, engine, monkeypatch):
    counts = []
    publish = engine.writer.publish

    def look(entries, **others):
        publish(entries, **others)
        version.refresh_from_db()
        counts.append(version.early_chunks)

    monkeypatch.setattr(engine.writer, "publish", look)
    work(engine)

    assert counts[0] == 0  # before the first is in the index none answers
    assert len(set(counts)) > 3
    assert counts == sorted(counts)


def stop_after_first_part(engine, monkeypatch):
    def stop(self, opening=None):
        raise Stopped

    monkeypatch.setattr(Pipeline, "chunk", stop)
    work(engine)
    monkeypatch.undo()


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(version, engine, monkeypatch):
    stop_after_first_part(engine, monkeypatch)
    version.refresh_from_db()
    before = version.early_chunks
    assert live(version) == list(range(before))
    assert before > 0

    Job.objects.update(not_before=None)
    work(engine)

    version.refresh_from_db()
    assert live(version) == list(range(version.chunk_count))
    assert version.chunk_count > before
    assert len(engine.embedder.embedded) == version.chunk_count
    assert set(engine.writer.rows) == set(version.chunks.values_list("pk", flat=True))


def test_reading_that_was_cut_off_goes_on_after_the_last_page_that_was_stored(version, engine, monkeypatch):
    def stop(name):
        if name == "pages_stored":
            raise Stopped

    monkeypatch.setattr("ingest.stages.pipeline.crash_point", stop)
    work(engine)
    version.refresh_from_db()
    assert (version.pages_done, version.pages.count()) == (3, 3)
    first = dict(version.pages.values_list("number", "pk"))
    monkeypatch.undo()

    Job.objects.update(not_before=None)
    work(engine)

    version.refresh_from_db()
    kept = dict(version.pages.values_list("number", "pk"))
    assert version.status == "indexed"
    assert sorted(kept) == list(range(1, version.pages_done + 1))
    assert kept.items() >= first.items()


def test_of_a_version_that_fails_later_nothing_answers_and_nothing_stays(version, engine, monkeypatch):
    def fail(self):
        assert live(version)
        raise UserFault("no_text")

    monkeypatch.setattr(Pipeline, "chunk", fail)
    work(engine)

    version.refresh_from_db()
    assert (version.status, version.early_chunks, live(version)) == ("failed", 0, [])
    assert engine.writer.rows == {}  # the removal has run too
    assert Document.objects.get().current_version is None


def test_of_a_cancelled_version_nothing_answers_and_it_can_be_tried_again(version, engine, monkeypatch, knowledge_admin):
    stop_after_first_part(engine, monkeypatch)
    assert live(version)

    cancel_version(version, user=knowledge_admin)

    assert live(version) == []
    work(engine)
    assert engine.writer.rows == {}
    retry_version(DocumentVersion.objects.get(), user=knowledge_admin)
    work(engine)
    version.refresh_from_db()
    assert live(version) == list(range(version.chunk_count))


def test_a_newer_version_takes_the_place_of_the_one_that_answers_at_once(version, engine, monkeypatch, collection, knowledge_admin):
    work(engine)
    newer = upload(collection, knowledge_admin, edition="second")
    states = []
    publish = engine.writer.publish

    def look(entries, **others):
        publish(entries, **others)
        states.append((bool(live(version)), bool(live(newer))))

    monkeypatch.setattr(engine.writer, "publish", look)
    work(engine)

    assert set(states[:-1]) == {(True, False)}
    assert (bool(live(version)), bool(live(newer))) == (False, True)


def test_of_two_versions_that_are_both_being_read_only_one_answers_early(version, engine, monkeypatch, collection, knowledge_admin):
    def stop(self):
        raise Stopped

    monkeypatch.setattr(Pipeline, "chunk", stop)
    work(engine)
    before = live(version)
    newer = upload(collection, knowledge_admin, edition="second")
    work(engine)

    newer.refresh_from_db()
    assert newer.pages_done >= PAGES  # it came as far as the first one had
    assert newer.chunks.exists()
    assert (newer.early_chunks, live(newer)) == (0, [])
    assert live(version) == before != []


def test_a_short_document_is_published_once(collection, knowledge_admin, engine, monkeypatch):
    monkeypatch.setattr(early, "FIRST_PAGES", 32)
    monkeypatch.setattr(early, "LONG_PAGES", 300)
    published = []
    monkeypatch.setattr(engine.writer, "publish", lambda entries, **_: published.append(len(entries)))
    version = upload(collection, knowledge_admin)

    work(engine)

    version.refresh_from_db()
    assert published == [version.chunk_count]


def test_passages_moved_to_another_collection_meanwhile_are_published_there(version, engine, monkeypatch, knowledge_admin):
    first, other = version.document.collection, Collection.objects.create(name="Other", slug="other")
    advance = Pipeline._advance

    def move(self, status, **changes):
        advance(self, status, **changes)
        if status == "parsed":
            assert live(version)
            move_document(version.document, to=other, user=knowledge_admin, should_notify=False)
            assert Document.objects.get().moved_from == first  # so that they are found in the index, which has them there

    monkeypatch.setattr(Pipeline, "_advance", move)
    work(engine)

    version.refresh_from_db()
    assert len(engine.writer.rows) == version.chunk_count
    assert {row[2] for row in engine.writer.rows.values()} == {other.pk}
    assert Document.objects.get().moved_from is None
    assert Job.objects.get().kind == Job.Kind.INGEST


def test_readers_open_the_pages_of_what_answers_early_and_see_that_it_is_not_whole(version, engine, monkeypatch, client, employee):
    page = reverse("kb:source", args=[version.uid, 1])
    client.force_login(employee)
    assert client.get(page).status_code == 404  # it is there for nobody yet

    stop_after_first_part(engine, monkeypatch)

    assert client.get(page).status_code == 200


def test_the_list_says_that_a_document_is_partly_searchable(version, engine, monkeypatch, client, knowledge_admin):
    client.force_login(knowledge_admin)
    address = reverse("kb:collection", args=[version.document.collection.slug])
    assert "partly searchable" not in client.get(address).content.decode()

    stop_after_first_part(engine, monkeypatch)

    assert "partly searchable" in client.get(address).content.decode()

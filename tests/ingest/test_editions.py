"""Another encoder or cutting: the next edition of the index is built beside the one that answers, then swapped in."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from ingest.documents.deletion import delete_document
from ingest.documents.moving import move_document
from ingest.editions import building as editions
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.parsers.content import Block
from ingest.queue.running import notify_worker_if_due, run_due_jobs, sweep
from ingest.services import accept_upload
from ingest.stages.chunking import CUTTING, SourcePage, cut_pages
from kb.index.editions import building_edition
from kb.models import Chunk, Collection, Document, DocumentVersion, Edition
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db
TEXT = b"# Leave\n\nYou earn six hours of annual leave per pay period.\n"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INDEX_ROOT = tmp_path / "index"


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def upload(collection, knowledge_admin):
    def accept(name="leave.md", data=TEXT):
        data += name.encode()
        return accept_upload(collection=collection, name=name, stream=io.BytesIO(data), user=knowledge_admin).version

    return accept


@pytest.fixture
def library(upload, engine) -> FakeEngine:
    """Three documents in edition 1."""
    for name in ("a.md", "b.md", "c.md"):
        upload(name)
    work(engine)
    return engine


def serving() -> Edition:
    return Edition.objects.get(state=Edition.State.SERVING)


def engine_that_serves(engine):
    return engine.of(serving()) if Edition.objects.exists() else engine


def work(engine, **options) -> int:
    """What a worker does: with the engine of the edition that serves at the moment."""
    return run_due_jobs(engine=lambda: engine_that_serves(engine), **options)


def ids_of(edition: int) -> set[int]:
    return set(Chunk.objects.filter(edition=edition).values_list("pk", flat=True))


def recorded() -> list[str]:
    events = Event.objects.filter(action__startswith="index.").order_by("sequence")
    return list(events.values_list("action", flat=True))


def start(engine) -> FakeEngine:
    """Begin edition 2. Returns: its engine."""
    return engine.of(editions.start_edition(engine=engine, user=None))


def test_the_first_document_makes_the_first_edition(library):
    assert (serving().number, serving().encoder, serving().cutting) == (1, "fake-1", CUTTING)
    assert serving().folder == "fake-1"
    assert ids_of(1) == set(library.writer.rows)


def test_the_next_edition_is_built_and_swapped_in_whole(library):
    new = start(library)
    old_ids = ids_of(1)
    work(library, limit=2)
    assert serving().number == 1
    assert editions.measure_progress(building_edition()) == editions.Progress(documents=3, done=2, failed=0, passages=2)
    assert set(library.writer.rows) == old_ids
    work(library)

    assert (serving().number, Edition.objects.get(number=1).state) == (2, "replaced")
    assert len(ids_of(2)) == 3
    assert set(new.writer.rows) == ids_of(2)
    assert ids_of(2).isdisjoint(old_ids)
    assert ids_of(1) == old_ids  # for questions that began before
    assert recorded() == ["index.started", "index.swapped"]


def test_what_was_replaced_is_cleared_away_when_nobody_reads_it_any_more(library, settings):
    start(library)
    work(library)
    folder = settings.INDEX_ROOT / "fake-1"
    folder.mkdir(parents=True)
    assert editions.clear_ended() == 0
    assert len(ids_of(1)) == 3

    later = timezone.now() + timedelta(seconds=editions.KEPT_AFTER_S + 1)
    assert editions.clear_ended(now=later) == 3
    assert editions.clear_ended(now=later) == 0
    assert ids_of(1) == set()
    assert len(ids_of(2)) == 3
    assert not folder.exists()
    assert Edition.objects.get(number=1).cleared_at == later


def test_what_is_uploaded_meanwhile_answers_at_once_and_is_in_the_new_edition_too(library, upload):
    new = start(library)
    late = upload("late.md")
    work(library, only_kind="ingest")
    assert Document.objects.get(name="late.md").current_version == late
    assert late.pk in {row[0] for row in library.writer.rows.values()}
    assert serving().number == 1

    work(library)
    assert serving().number == 2
    assert {row[0] for row in new.writer.rows.values()} == set(DocumentVersion.objects.values_list("pk", flat=True))


def test_a_version_that_is_published_when_the_editions_are_swapped_is_cut_again(library, upload):
    new = start(library)
    late = upload("late.md")
    publish = library.writer.publish

    def swap_meanwhile(entries, **options):
        generation = publish(entries, **options)
        if entries and serving().number == 1:
            work(library, only_kind="rebuild")
        return generation

    library.writer.publish = swap_meanwhile
    work(library)

    assert serving().number == 2
    late.refresh_from_db()
    assert late.status == "indexed"
    assert late.pk in {row[0] for row in new.writer.rows.values()}
    assert set(new.writer.rows) == ids_of(2)


def test_what_is_deleted_replaced_or_moved_meanwhile_is_so_in_the_new_edition(library, upload, knowledge_admin):
    new = start(library)
    work(library, only_kind="rebuild", limit=2)
    documents = {document.name: document for document in Document.objects.all()}
    delete_document(documents["a.md"], user=knowledge_admin)
    upload("b.md", TEXT + b"Another rule.\n")
    move_document(documents["c.md"], to=Collection.objects.create(name="Other", slug="other"), user=knowledge_admin)
    Job.objects.update(not_before=None)
    work(library)

    assert serving().number == 2
    current = Document.objects.live().values_list("current_version", flat=True)
    assert {row[0] for row in new.writer.rows.values()} == set(current)
    assert set(new.writer.rows) == ids_of(2)
    assert Document.objects.get(name="c.md").moved_from is None


def test_a_paused_edition_waits_and_goes_on_where_it_stopped(library, upload, knowledge_admin):
    new = start(library)
    work(library, only_kind="rebuild", limit=1)
    editions.pause_edition(user=knowledge_admin)
    assert work(library) == 0
    upload("meanwhile.md")
    assert work(library) == 1  # uploads are read all the same
    assert serving().number == 1

    editions.resume_edition(user=knowledge_admin)
    assert work(library) == 3
    assert serving().number == 2
    assert len(new.embedder.embedded) == 4  # nothing was embedded twice
    assert recorded() == ["index.started", "index.paused", "index.resumed", "index.swapped"]


def test_pausing_stops_a_document_at_its_next_batch(upload, engine, knowledge_admin, monkeypatch):
    upload("long.md", b"\n\n".join(b"# Section %d\n\n" % n + b"A rule of many words. " * 40 for n in range(200)))
    work(engine)
    new = start(engine)
    embed = new.embedder.embed_passages

    def pause_meanwhile(texts):
        if not new.embedder.embedded:
            editions.pause_edition(user=knowledge_admin)
        return embed(texts)

    new.embedder.embed_passages = pause_meanwhile
    work(engine)
    job = Job.objects.get(kind="rebuild")
    stored = Chunk.objects.filter(edition=2, embedding__isnull=False).count()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert 0 < stored < Chunk.objects.filter(edition=2).count()

    editions.resume_edition(user=knowledge_admin)
    work(engine)
    assert serving().number == 2
    assert len(new.embedder.embedded) == Chunk.objects.filter(edition=2).count()


def test_a_paused_edition_rings_no_worker(library, knowledge_admin, monkeypatch):
    start(library)
    editions.pause_edition(user=knowledge_admin)
    notified = []
    monkeypatch.setattr("ingest.queue.running.notify_worker", lambda: notified.append(True))
    notify_worker_if_due()
    assert notified == []
    editions.resume_edition(user=knowledge_admin)
    notify_worker_if_due()
    assert notified == [True]


def test_a_cancelled_edition_leaves_nothing(library, knowledge_admin, settings):
    start(library)
    work(library, limit=2)
    folder = settings.INDEX_ROOT / "fake-1-e2"
    editions.cancel_edition(user=knowledge_admin)
    assert work(library) == 0
    later = timezone.now() + timedelta(seconds=settings.LEASE_S + 1)
    while editions.clear_ended(now=later):
        pass
    assert (ids_of(2), folder.exists(), Job.objects.filter(kind="rebuild").count()) == (set(), False, 0)
    assert (serving().number, len(ids_of(1))) == (1, 3)
    assert start(library).edition == 3


def test_only_one_edition_is_built_at_a_time(library, knowledge_admin):
    for change in (editions.pause_edition, editions.resume_edition, editions.cancel_edition):
        with pytest.raises(UploadRefused, match="not_building"):
            change(user=knowledge_admin)
    start(library)
    with pytest.raises(UploadRefused, match="already_building"):
        start(library)


def test_a_document_that_cannot_be_embedded_holds_the_swap_up_until_it_is_tried_again(library, knowledge_admin):
    new = start(library)
    embed, new.embedder.embed_passages = new.embedder.embed_passages, None  # calling it raises
    for _ in range(3):
        Job.objects.update(not_before=None)
        work(library)
    progress = editions.measure_progress(building_edition())
    assert (serving().number, progress.done, progress.failed) == (1, 0, 3)
    assert set(DocumentVersion.objects.values_list("status", flat=True)) == {"indexed"}
    assert len(ids_of(1)) == 3

    new.embedder.embed_passages = embed
    editions.resume_edition(user=knowledge_admin)
    work(library)
    assert serving().number == 2


def test_the_sweep_swaps_where_the_last_document_that_was_missing_was_deleted(library, knowledge_admin):
    start(library)
    work(library, only_kind="rebuild", limit=2)
    missing = editions._missing(building_edition()).get()
    delete_document(missing, user=knowledge_admin)
    assert serving().number == 1
    sweep(engine=lambda: library)
    assert serving().number == 2


def test_a_library_without_documents_gets_its_new_edition_at_once(engine):
    editions.start_edition(engine=engine, user=None)
    sweep(engine=lambda: engine)
    assert serving().number == 2


def test_a_change_of_cutting_is_given_a_number():
    """Where this fails, cutting has changed: raise ingest.stages.chunking.CUTTING and write both here."""
    text = "Leave\nYou earn six hours. " + "A rule of Acme Corp. The words are counted. " * 60 + "\nRow | 1\nRow | 2"
    blocks = (
        Block(kind="heading", start=0, end=5, level=1, heading_path=("Leave",)),
        Block(kind="paragraph", start=6, end=text.index("\nRow"), heading_path=("Leave",)),
        Block(kind="table", start=text.index("\nRow") + 1, end=len(text), heading_path=("Leave",)),
    )
    page = SourcePage(number=1, text=text, blocks=blocks)
    cut = cut_pages([page], title="Rules", count_tokens=lambda texts: [len(one.split()) for one in texts])
    digest = hashlib.sha256(repr([(chunk.start, chunk.end, chunk.prefix, chunk.heading_path) for chunk in cut]).encode())
    assert (CUTTING, digest.hexdigest()[:12]) == (2, "232da046c4b2")

import errno
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit.models import Event
from ingest.documents.deletion import delete_document
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.running import run_due_jobs, run_job, sweep
from ingest.services import accept_upload, retry_version
from ingest.stages.names import clean_name, title_from
from kb.models import Chunk, ChunkEmbedding, Document, DocumentVersion, Page
from tests.ingest.engine import FakeEngine
from tests.ingest.files import pdf

pytestmark = pytest.mark.django_db
TEXT = b"# Leave\n\nYou earn six hours of annual leave per pay period.\n"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def upload(collection, knowledge_admin):
    def accept(name="leave.md", data=TEXT):
        return accept_upload(collection=collection, name=name, stream=io.BytesIO(data), user=knowledge_admin)

    return accept


@pytest.fixture
def engine():
    return FakeEngine()


def work(engine):
    return run_due_jobs(engine=lambda: engine)


def left_behind(storage: Path):
    return [path for path in storage.rglob("*") if path.is_file()]


def test_an_upload_is_kept_recorded_and_queued(upload, storage, knowledge_admin):
    accepted = upload()

    assert accepted.outcome == "new"
    version = accepted.version
    assert (storage / version.storage_path).read_bytes() == TEXT
    assert version.storage_path == f"{version.sha256[:2]}/{version.sha256}"
    assert (version.document.title, version.number, version.media_type) == ("Leave", 1, "text/markdown")
    assert Job.objects.get().state == Job.State.WAITING
    event = Event.objects.get()
    assert (event.action, event.actor_name, event.subject) == ("document.uploaded", "kim", f"document:{version.document.uid}")


def test_an_uploaded_document_becomes_searchable(upload, engine):
    version = upload().version
    assert work(engine) == 1

    version.refresh_from_db()
    assert (version.status, version.chunk_count, version.page_count) == ("indexed", 1, 1)
    assert version.document.title == "Leave"
    chunk = Chunk.objects.live().get()
    assert chunk.text == "You earn six hours of annual leave per pay period."
    assert engine.embedder.embedded == ["Leave\nYou earn six hours of annual leave per pay period."]
    assert engine.writer.rows == {chunk.pk: [version.pk, "Leave", version.document.collection_id]}
    assert set(Job.objects.get().timings_ms) == {"parse", "chunk", "embed", "publish"}
    assert Event.objects.filter(action="document.indexed").count() == 1


def test_the_same_bytes_are_recognised_under_any_name(upload, engine, storage):
    first = upload().version
    again, other = upload(), upload(name="copy.md")

    assert (again.outcome, again.version) == ("unchanged", first)
    assert (other.outcome, other.version.document.name) == ("unchanged", "leave.md")
    assert (DocumentVersion.objects.count(), Job.objects.count(), len(left_behind(storage))) == (1, 1, 1)


def test_new_bytes_under_the_same_name_make_a_version_that_replaces_the_old(upload, engine):
    old = upload().version
    work(engine)
    accepted = upload(data=TEXT + b"\nMore.\n")
    assert (accepted.outcome, accepted.version.number) == ("new_version", 2)
    assert Document.objects.get().current_version == old
    work(engine)

    new = accepted.version
    assert Document.objects.get().current_version == new
    assert set(Chunk.objects.values_list("version", flat=True)) == {new.pk}
    assert {row[0] for row in engine.writer.rows.values()} == {new.pk}
    assert old.pages.count() == 1  # a receipt may still show what it saw


def test_an_older_version_that_is_read_later_never_answers(upload, engine):
    upload()
    newer = upload(data=TEXT + b"\nMore.\n").version
    assert run_job(Job.objects.get(version=newer).pk, engine=lambda: engine)
    work(engine)

    assert Document.objects.get().current_version == newer
    assert set(Chunk.objects.values_list("version", flat=True)) == {newer.pk}
    assert {row[0] for row in engine.writer.rows.values()} == {newer.pk}


def test_a_failed_new_version_leaves_the_old_one_answering(upload, engine):
    old = upload().version
    work(engine)
    upload(data=b"<!-- nothing to see -->\n")
    work(engine)

    assert Document.objects.get().current_version == old
    assert Chunk.objects.live().count() == 1
    assert DocumentVersion.objects.get(number=2).error_code == "no_text"


def test_the_bytes_of_an_older_version_make_a_new_one(upload):
    upload()
    upload(data=TEXT + b"more")
    assert upload().version.number == 3


def zipped(**entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


BOMB_TYPES = '<Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", BOMB_TYPES)
        with archive.open("word/document.xml", "w") as entry:
            for _ in range(200):
                entry.write(b" " * (1 << 20))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"  \n\x00", "empty"),
        ("a.exe", b"MZ\x90\x00\x03\x00\x00\x00\xff\xff", "unknown_type"),
        ("a.gif", b"GIF89a" + bytes(range(64)), "unknown_type"),
        ("a.pdf", b"just text", "mismatch"),
        ("a.docx", b"%PDF-1.7\n", "mismatch"),
        ("a.txt", b"%PDF-1.7\n", "mismatch"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "archive"),
        ("a.docx", zipped(a="text"), "damaged"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "archive"),
        ("a.gz", b"\x1f\x8b\x08\x00abc", "archive"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptionInfo".encode("utf-16-le"), "locked"),
        ("a.docx", b"PK\x03\x04cut short", "damaged"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><text>words</text></svg>', "markup"),
        ("a.docx", bomb(), "bomb"),
        ("../..", b"text", "bad_name"),
    ],
)
def test_a_refused_upload_says_why_and_leaves_nothing(upload, storage, name, data, code):
    with pytest.raises(UploadRefused) as refused:
        upload(name=name, data=data)

    assert refused.value.code == code
    assert refused.value.message.endswith(".")
    assert left_behind(storage) == []
    assert (Document.objects.count(), Job.objects.count(), Event.objects.count()) == (0, 0, 0)


def test_too_large_an_upload_is_refused_while_it_arrives(upload, storage, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(UploadRefused) as refused:
        upload(data=b"a" * 1001)

    assert (refused.value.code, left_behind(storage)) == ("too_large", [])


def test_a_full_disk_refuses_the_upload_and_keeps_nothing(collection, knowledge_admin, storage):
    class Filling(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UploadRefused) as refused:
        accept_upload(collection=collection, name="a.txt", stream=Filling(b"x"), user=knowledge_admin)

    assert (refused.value.code, left_behind(storage)) == ("storage_full", [])


@pytest.mark.parametrize(("data", "code"), [(pdf([]), "no_text"), (b"%PDF-1.7\nnothing of a PDF", "damaged")])
def test_an_unreadable_file_fails_with_its_reason_and_leaves_no_content(upload, engine, data, code):
    version = upload(name="a.pdf", data=data).version
    work(engine)

    version.refresh_from_db()
    assert (version.status, version.error_code) == ("failed", code)
    assert version.error_message
    assert (Page.objects.count(), Chunk.objects.count(), ChunkEmbedding.objects.count(), engine.writer.rows) == (0, 0, 0, {})
    assert Job.objects.get().state == Job.State.FAILED
    assert Event.objects.filter(action="document.failed").count() == 1


def test_a_failed_version_can_be_tried_again(upload, engine, knowledge_admin):
    class Down:
        @property
        def embedder(self):
            raise OSError("the model's disk is unavailable")

    version = upload().version
    for _ in range(3):
        Job.objects.update(not_before=None)
        assert run_due_jobs(engine=Down, limit=1) == 1
    version.refresh_from_db()
    assert (version.status, version.error_code, Job.objects.get().state) == ("failed", "internal", Job.State.FAILED)

    retry_version(version, user=knowledge_admin)
    work(engine)
    version.refresh_from_db()
    assert version.status == "indexed"
    with pytest.raises(UploadRefused):
        retry_version(version, user=knowledge_admin)


def test_a_failed_file_that_is_uploaded_again_is_tried_again(upload, engine, storage):
    version = upload().version
    (storage / version.storage_path).unlink()
    work(engine)
    version.refresh_from_db()
    assert (version.status, version.error_code) == ("failed", "missing")

    accepted = upload()
    assert (accepted.outcome, accepted.version) == ("new", version)
    work(engine)
    version.refresh_from_db()
    assert (version.status, version.error_code) == ("indexed", "")


def test_a_passing_fault_waits_before_the_next_try(upload, engine):
    engine.writer.publish = None  # calling it raises
    upload()
    work(engine)

    job = Job.objects.get()
    assert (job.state, job.attempts) == (Job.State.WAITING, 1)
    assert job.not_before > timezone.now()
    assert "TypeError" in job.last_error
    assert work(engine) == 0


def test_a_job_runs_once_though_it_is_delivered_twice(upload, engine):
    upload()
    job = Job.objects.get()

    assert run_job(job.pk, engine=lambda: engine)
    assert not run_job(job.pk, engine=lambda: engine)
    assert len(engine.embedder.embedded) == 1


def test_a_job_under_a_lease_is_left_alone_until_the_lease_runs_out(upload, engine):
    upload()
    Job.objects.update(state=Job.State.RUNNING, leased_by="other", lease_expires_at=timezone.now() + timedelta(seconds=60))
    assert work(engine) == 0
    assert sweep() == 0

    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep() == 1
    assert work(engine) == 1


def test_a_deleted_document_is_gone_at_once_and_cleaned_up_later(upload, engine, knowledge_admin, storage):
    version = upload().version
    work(engine)
    delete_document(version.document, user=knowledge_admin)

    assert not Chunk.objects.live().exists()
    assert not Document.objects.live().exists()
    work(engine)
    assert (Chunk.objects.count(), Page.objects.count(), engine.writer.rows) == (0, 0, {})
    assert DocumentVersion.objects.count() == 1
    assert (storage / version.storage_path).exists()
    delete_document(version.document, user=knowledge_admin)
    assert Event.objects.filter(action="document.deleted").count() == 1
    assert upload().outcome == "new"


def test_a_removal_that_fails_is_tried_for_ever(upload, engine, knowledge_admin):
    version = upload().version
    work(engine)
    delete_document(version.document, user=knowledge_admin)
    publish = engine.writer.publish

    def fail(entries, **options):
        raise RuntimeError("broken")

    engine.writer.publish = fail
    for _ in range(3):
        Job.objects.update(not_before=None)
        work(engine)
    removal = Job.objects.get(kind=Job.Kind.REMOVE)
    assert (removal.state, removal.attempts) == (Job.State.WAITING, 0)
    version.refresh_from_db()
    assert version.status == "indexed"

    engine.writer.publish = publish
    Job.objects.update(not_before=None)
    work(engine)
    assert (Chunk.objects.count(), engine.writer.rows) == (0, {})


def test_a_document_deleted_while_it_is_read_never_answers(upload, engine, knowledge_admin):
    document = upload().version.document
    publish = engine.writer.publish

    def delete_meanwhile(entries, **options):
        if entries:
            delete_document(document, user=knowledge_admin)
        return publish(entries, **options)

    engine.writer.publish = delete_meanwhile
    work(engine)
    Job.objects.update(not_before=None)
    work(engine)

    assert (Chunk.objects.count(), Page.objects.count(), engine.writer.rows) == (0, 0, {})
    assert not Event.objects.filter(action="document.indexed").exists()


def test_a_document_that_is_gone_when_its_version_is_to_answer_never_answers(upload, engine):
    """Deleted past its job, so that no lease is lost by it."""
    upload()
    publish = engine.writer.publish

    def delete_meanwhile(entries, **options):
        Document.objects.update(deleted_at=timezone.now())
        return publish(entries, **options)

    engine.writer.publish = delete_meanwhile
    work(engine)

    assert Document.objects.get().current_version is None
    assert (Chunk.objects.count(), engine.writer.rows) == (0, {})


def test_a_small_file_is_not_behind_a_large_one(upload, engine):
    upload(name="large.txt", data=b"Some words of a large file. " * 20_000)
    small = upload(name="small.txt", data=b"A few words.").version

    assert run_due_jobs(engine=lambda: engine, limit=1) == 1
    small.refresh_from_db()
    assert small.status == "indexed"


def test_a_worker_in_the_middle_of_a_long_document_lets_short_ones_pass(upload, engine, monkeypatch):
    """One worker, and no other that could take the short ones."""
    monkeypatch.setattr("ingest.queue.running.URGENT_LOOK_S", 0)
    monkeypatch.setattr("ingest.queue.leases.URGENT_AFTER_S", 0)
    ended, arrived = [], []
    long = upload(name="long.txt", data=b"Some words of a long file. " * 20_000).version
    embed = engine.embedder.embed_passages

    def embed_while_others_arrive(texts):
        if len(arrived) < 2:
            arrived.append(upload(name=f"short{len(arrived)}.txt", data=f"A few words, {len(arrived)}.".encode()).version)
        ended.append(sorted(DocumentVersion.objects.filter(status="indexed").values_list("pk", flat=True)))
        return embed(texts)

    engine.embedder.embed_passages = embed_while_others_arrive
    assert run_due_jobs(engine=lambda: engine, limit=1) == 1

    assert [first.pk in now for first, now in zip(arrived, ended[2:], strict=False)] == [True, True]
    assert long.pk not in ended[-1]
    assert set(DocumentVersion.objects.values_list("status", flat=True)) == {"indexed"}
    assert set(Job.objects.values_list("state", "attempts")) == {(Job.State.DONE, 1)}


def test_a_document_of_many_pages_is_less_urgent_whatever_its_size(upload, engine):
    upload(name="many.pdf", data=pdf(*([(72.0, 72.0, f"Page {number}")] for number in range(60))))
    work(engine)

    assert Job.objects.get().priority == 1


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("a/b.md", "a/b.md"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/./x.txt", "etc/x.txt"),
        ("C:\\Users\\me\\plan.pdf", "Users/me/plan.pdf"),
        ("evil\u202efdp.exe\x00.txt", "evilfdp.exe.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("年假/条例.md", "年假/条例.md"),
    ],
)
def test_names_are_made_safe(name, cleaned):
    assert clean_name(name) == cleaned


def test_long_names_keep_their_end():
    name = clean_name("条" * 200 + "/" + "b" * 200 + ".pdf")

    assert len(name.encode()) <= 255
    assert name.endswith("b.pdf")
    assert title_from("x/Annual_report 2023.pdf") == "Annual report 2023"
    assert title_from("calibration-certificate-scan.pdf") == "Calibration certificate scan"
    assert title_from("BESTBUY_2024Q2_10Q.pdf") == "BESTBUY 2024Q2 10Q"
    assert title_from("QM-01.pdf") == "QM-01"
    assert title_from("minutes-2024-03-31.md") == "Minutes 2024-03-31"
    assert title_from("员工手册.md") == "员工手册"

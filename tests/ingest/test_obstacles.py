"""What is a fault of the installation, and what becomes of a job that meets one."""

import errno
import io
import sqlite3
from datetime import timedelta

import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.urls import reverse
from django.utils import timezone

from ingest import outcomes
from ingest.errors import PassingFault, UploadRefused, UserFault
from ingest.models import Job
from ingest.obstacles import find_obstacle
from ingest.queue import is_hindered, run_due_jobs
from ingest.services import accept_upload
from ingest.upload import StorageUploadHandler
from kb import storage
from kb.models import DocumentVersion
from retrieval.errors import IndexLocked
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db
TEXT = b"# Leave\n\nYou earn six hours of annual leave per pay period.\n"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def sqlite_error(code: int) -> Exception:
    driver = sqlite3.OperationalError("words")
    driver.sqlite_errorcode = code
    return caused(OperationalError("words"), driver)


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (OSError(errno.EFBIG, "File too large"), "disk_full"),
        (caused(PassingFault("later"), OSError(errno.EDQUOT, "Quota")), "disk_full"),
        (ValueError("Failed to open file for write: IoError (os error 28)"), "disk_full"),
        (sqlite_error(sqlite3.SQLITE_FULL), "disk_full"),
        (sqlite_error(sqlite3.SQLITE_BUSY), "database"),
        (sqlite_error(sqlite3.SQLITE_IOERR | 3 << 8), "database"),
        (sqlite_error(sqlite3.SQLITE_ERROR), ""),
        (caused(OperationalError("words"), psycopg.errors.DiskFull()), "disk_full"),
        (caused(OperationalError("words"), psycopg.errors.AdminShutdown()), "database"),
        (caused(OperationalError("words"), psycopg.OperationalError("the connection is lost")), "database"),
        (caused(InterfaceError("words"), psycopg.InterfaceError("closed")), "database"),
        (IndexLocked("words"), "index_locked"),
        (OSError(errno.EMFILE, "Too many open files"), "resources"),
        (OSError(errno.ENOENT, "No such file"), ""),
        (PassingFault("killed from outside"), ""),
        (UserFault("damaged"), ""),
        (MemoryError(), ""),
    ],
)
def test_a_fault_of_the_installation_is_told_from_one_of_the_document(error, obstacle):
    assert find_obstacle(error) == obstacle


class FullWriter:
    def publish(self, entries, *, remove_versions=()):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def job(collection, knowledge_admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    return Job.objects.get()


def meet_full_disk(job, *, times=1):
    engine = FakeEngine()
    engine.writer = FullWriter()
    for _ in range(times):
        Job.objects.update(not_before=None)
        assert run_due_jobs(engine=lambda: engine) == 1
    job.refresh_from_db()


def test_a_job_that_meets_a_full_disk_waits_uncounted_and_goes_on_by_itself(job):
    meet_full_disk(job, times=5)
    assert (job.state, job.attempts, job.obstacle) == (Job.State.WAITING, 0, "disk_full")
    assert timedelta(0) < job.not_before - timezone.now() <= timedelta(seconds=outcomes.OBSTACLE_WAIT_S[1])
    assert is_hindered()

    Job.objects.update(not_before=None)
    assert run_due_jobs(engine=FakeEngine) == 1
    job.refresh_from_db()
    assert (job.state, job.obstacle, job.hindered_since) == (Job.State.DONE, "", None)
    assert not is_hindered()


def test_one_job_that_meets_an_obstacle_spares_the_others_a_vain_try(job, collection, knowledge_admin):
    accept_upload(collection=collection, name="more.md", stream=io.BytesIO(TEXT + b"More."), user=knowledge_admin)
    meet_full_disk(job)
    assert [other.attempts for other in Job.objects.exclude(pk=job.pk)] == [0]
    assert DocumentVersion.objects.filter(status="uploaded").count() == 1


def test_patience_ends_after_a_day_with_a_reason(job):
    meet_full_disk(job)
    Job.objects.update(hindered_since=timezone.now() - timedelta(hours=25))
    meet_full_disk(job)

    assert job.state == Job.State.FAILED
    version = DocumentVersion.objects.get()
    assert (version.status, version.error_code) == ("failed", "waited")


def test_nothing_is_read_while_the_disk_has_little_room(job, monkeypatch):
    monkeypatch.setattr(storage, "MINIMUM_FREE_BYTES", 1 << 62)
    assert run_due_jobs(engine=FakeEngine) == 0
    assert is_hindered()
    monkeypatch.undo()
    assert run_due_jobs(engine=FakeEngine) == 1


def test_the_queue_says_that_the_disk_is_full(client, knowledge_admin, job):
    meet_full_disk(job)
    client.force_login(knowledge_admin)
    full = "The server&#x27;s disk is full. Reading goes on by itself when there is room again."
    page = client.get(reverse("ingest:queue")).content.decode()
    assert page.count(full) == 1
    assert page.count("Waits</span>") == 1


def test_where_several_things_are_in_the_way_each_row_says_which(client, knowledge_admin, job, collection):
    meet_full_disk(job)
    other = accept_upload(
        collection=collection, name="travel.md", stream=io.BytesIO(b"# Travel\n\nBy train."), user=knowledge_admin
    )
    Job.objects.filter(version=other.version).update(obstacle="index_locked")
    client.force_login(knowledge_admin)
    page = client.get(reverse("ingest:queue")).content.decode()
    assert page.count("The index is being written by another process.") == 2


class FullFile(io.BytesIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_form_s_file_that_finds_no_room_is_refused_with_a_sentence(rf, collection, knowledge_admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    handler = StorageUploadHandler(rf.post("/"))
    handler.new_file("files", "leave.md", "text/markdown", len(TEXT), None, {})
    arriving = handler.file
    arriving.file.file = FullFile()
    assert handler.receive_data_chunk(TEXT, 0) is None
    assert handler.receive_data_chunk(TEXT, len(TEXT)) is None
    file = handler.file_complete(2 * len(TEXT))

    assert (file.name, file.size) == ("leave.md", 2 * len(TEXT))
    with pytest.raises(UploadRefused) as refused:
        accept_upload(collection=collection, name=file.name, stream=file, user=knowledge_admin)
    assert refused.value.code == "storage_full"
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_a_form_s_file_arrives_on_the_storage_s_disk(rf, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    handler = StorageUploadHandler(rf.post("/"))
    handler.new_file("files", "leave.md", "text/markdown", len(TEXT), None, {})
    handler.receive_data_chunk(TEXT, 0)
    file = handler.file_complete(len(TEXT))

    assert file.read() == TEXT
    assert [path.parent for path in settings.MEDIA_ROOT.rglob("*.part")] == [settings.MEDIA_ROOT / "incoming"]
    file.close()
    assert list(settings.MEDIA_ROOT.rglob("*.part")) == []


def test_an_upload_whose_row_finds_no_room_leaves_no_file(collection, knowledge_admin, settings, tmp_path, monkeypatch):
    def refuse(**_):
        raise sqlite_error(sqlite3.SQLITE_FULL)

    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(DocumentVersion.objects, "create", refuse)
    with pytest.raises(UploadRefused) as refused:
        accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)

    assert refused.value.code == "storage_full"
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_an_outcome_is_told_when_the_database_is_back():
    said = []

    def write():
        said.append("again")
        if len(said) < 3:
            raise caused(OperationalError("gone"), psycopg.OperationalError("gone"))

    outcomes.tell(write)
    assert len(said) == 3


def test_a_database_that_refuses_what_is_told_is_not_asked_again():
    def write():
        raise sqlite_error(sqlite3.SQLITE_ERROR)

    with pytest.raises(OperationalError):
        outcomes.tell(write)

"""What is a fault of the installation, and what becomes of a job that meets one."""

import errno
import io
import sqlite3
from datetime import timedelta
from typing import Any

import faiss
import numpy as np
import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.urls import reverse
from django.utils import timezone

from ingest.documents.deletion import delete_document
from ingest.errors import PassingFault, UploadRefused, UserFault
from ingest.models import Job
from ingest.queue import outcomes
from ingest.queue.obstacles import find_obstacle
from ingest.queue.running import has_obstacle, run_due_jobs
from ingest.services import accept_upload
from kb import storage
from kb.models import Chunk, Document, DocumentVersion
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
        (RuntimeError("write error in vectors.faiss: 4051 != 153600 (No space left on device)"), "disk_full"),
        (caused(PassingFault("later"), OSError(errno.EDQUOT, "Quota")), "disk_full"),
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
def test_a_fault_of_the_installation_is_distinguished_from_one_of_the_document(error, obstacle):
    assert find_obstacle(error) == obstacle


class FullWriter:
    def publish(self, entries, *, remove_versions=(), remove_chunks=()):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def job(collection, knowledge_admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    return Job.objects.get()


def meet_full_disk(job, *, times=1):
    engine: Any = FakeEngine()
    engine.writer = FullWriter()
    for _ in range(times):
        Job.objects.update(not_before=None)
        assert run_due_jobs(engine=lambda: engine) == 1
    job.refresh_from_db()


def test_a_job_that_meets_a_full_disk_waits_uncounted_and_goes_on_by_itself(job):
    meet_full_disk(job, times=5)
    assert (job.state, job.attempts, job.obstacle) == (Job.State.WAITING, 0, "disk_full")
    assert timedelta(0) < job.not_before - timezone.now() <= timedelta(seconds=outcomes.OBSTACLE_WAIT_S[1])
    assert has_obstacle()

    Job.objects.update(not_before=None)
    assert run_due_jobs(engine=FakeEngine) == 1
    job.refresh_from_db()
    assert (job.state, job.obstacle, job.hindered_since) == (Job.State.DONE, "", None)
    assert not has_obstacle()


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


def test_a_removal_waits_however_long_an_obstacle_is_there(job, knowledge_admin):
    assert run_due_jobs(engine=FakeEngine) == 1
    delete_document(Document.objects.get(), user=knowledge_admin)
    removal = Job.objects.get(kind=Job.Kind.REMOVE)
    meet_full_disk(removal)
    Job.objects.filter(pk=removal.pk).update(hindered_since=timezone.now() - timedelta(days=30))
    meet_full_disk(removal)

    assert (removal.state, removal.obstacle) == (Job.State.WAITING, "disk_full")
    assert DocumentVersion.objects.get().status == "indexed"


def test_nothing_is_read_while_the_disk_has_little_room(job, monkeypatch):
    monkeypatch.setattr(storage, "MINIMUM_FREE_BYTES", 1 << 62)
    assert run_due_jobs(engine=FakeEngine) == 0
    assert has_obstacle()
    monkeypatch.undo()
    assert run_due_jobs(engine=FakeEngine) == 1


def test_what_is_deleted_leaves_the_index_though_the_disk_is_full_and_nothing_else_is_tried(
    job, collection, knowledge_admin, monkeypatch
):
    engine = FakeEngine()
    run_due_jobs(engine=lambda: engine)
    assert engine.writer.rows
    accept_upload(collection=collection, name="more.md", stream=io.BytesIO(TEXT + b"More."), user=knowledge_admin)
    delete_document(Document.objects.get(name="leave.md"), user=knowledge_admin)
    monkeypatch.setattr(storage, "MINIMUM_FREE_BYTES", 1 << 62)

    assert run_due_jobs(engine=lambda: engine) == 1
    assert engine.writer.rows == {}
    assert Chunk.objects.count() == 0
    assert run_due_jobs(engine=lambda: engine) == 0
    assert run_due_jobs(engine=lambda: engine, only_kind=Job.Kind.INGEST) == 0
    states = {(one.version.document.name, one.kind): one.state for one in Job.objects.select_related("version__document")}
    assert states[("leave.md", Job.Kind.REMOVE)] == Job.State.DONE
    assert states[("more.md", Job.Kind.INGEST)] == Job.State.WAITING


def test_the_queue_says_that_the_disk_is_full(client, knowledge_admin, job):
    meet_full_disk(job)
    client.force_login(knowledge_admin)
    full = "The server&#x27;s disk is full. Processing resumes automatically when there is free space."
    page = client.get(reverse("ingest:queue")).content.decode()
    assert page.count(full) == 1
    assert page.count("Waiting</span>") == 1


def test_where_several_things_are_in_the_way_each_row_says_which(client, knowledge_admin, job, collection):
    meet_full_disk(job)
    other = accept_upload(
        collection=collection, name="travel.md", stream=io.BytesIO(b"# Travel\n\nBy train."), user=knowledge_admin
    )
    Job.objects.filter(version=other.version).update(obstacle="index_locked")
    client.force_login(knowledge_admin)
    page = client.get(reverse("ingest:queue")).content.decode()
    assert page.count("Another process is writing to the index.") == 2


def test_an_upload_whose_row_finds_no_room_leaves_no_file(collection, knowledge_admin, settings, tmp_path, monkeypatch):
    def refuse(**_):
        raise sqlite_error(sqlite3.SQLITE_FULL)

    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(DocumentVersion.objects, "create", refuse)
    with pytest.raises(UploadRefused) as refused:
        accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)

    assert refused.value.code == "storage_full"
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_an_outcome_is_saved_when_the_database_is_back():
    said = []

    def write():
        said.append("again")
        if len(said) < 3:
            raise caused(OperationalError("gone"), psycopg.OperationalError("gone"))

    outcomes.write_outcome(write)
    assert len(said) == 3


def test_a_database_that_refuses_the_outcome_is_not_asked_again():
    def write():
        raise sqlite_error(sqlite3.SQLITE_ERROR)

    with pytest.raises(OperationalError):
        outcomes.write_outcome(write)


def test_faiss_reports_a_full_disk_in_these_words() -> None:
    index = faiss.IndexFlatIP(384)
    index.add(np.zeros((100, 384), np.float32))
    with pytest.raises(RuntimeError) as caught:
        faiss.write_index(index, "/dev/full")
    assert find_obstacle(caught.value) == "disk_full"

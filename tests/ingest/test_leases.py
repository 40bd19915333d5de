"""Who has a job, and when it is taken from a worker that has died."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from ingest.models import Job
from ingest.queue import outcomes
from ingest.queue.leases import claim_job, process_space
from ingest.queue.running import run_job, sweep
from kb.models import Collection, Document, DocumentVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(collection: Collection) -> Job:
    document = Document.objects.create(collection=collection, name="a.md", title="A")
    version = DocumentVersion.objects.create(document=document, number=1, sha256="0" * 64, size=1, media_type="text/markdown")
    return Job.objects.create(version=version)


def lease_to(job: Job, holder: str) -> None:
    job.state, job.leased_by = Job.State.RUNNING, f"{holder}:abc"
    job.lease_expires_at = timezone.now() + timedelta(seconds=60)
    job.save()


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lease_names_the_process_that_holds_it(job: Job) -> None:
    assert claim_job(job_id=job.pk) is not None
    job.refresh_from_db()
    assert f"/{process_space()}:{os.getpid()}:" in job.leased_by
    assert claim_job() is None


def test_a_dead_process_loses_its_job_at_once(job: Job) -> None:
    lease_to(job, f"here/{process_space()}:{ended_process()}")
    assert sweep() == 1
    job.refresh_from_db()
    assert (job.state, job.leased_by, job.lease_expires_at) == (Job.State.WAITING, "", None)
    assert claim_job() is not None


@pytest.mark.parametrize(
    "holder",
    [f"here/{process_space()}:{os.getpid()}", f"elsewhere/0123456789:{os.getpid()}", "elsewhere/0123456789:4194304"],
    ids=["lives here", "lives elsewhere", "unknown elsewhere"],
)
def test_a_process_that_lives_or_cannot_be_seen_keeps_its_job(job: Job, holder: str) -> None:
    lease_to(job, holder)
    assert sweep() == 0
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING


def test_a_lease_that_ran_out_is_taken_wherever_its_process_is(job: Job) -> None:
    lease_to(job, f"here/{process_space()}:{os.getpid()}")
    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep() == 1


def test_a_file_that_has_ended_every_worker_is_put_aside_unread(job: Job) -> None:
    Job.objects.update(attempts=outcomes.MAX_ATTEMPTS)

    def read() -> None:
        raise AssertionError("it is read once more")

    assert run_job(job.pk, engine=read)
    job.refresh_from_db()
    assert (job.state, job.last_error) == (Job.State.FAILED, "its worker died three times")
    assert DocumentVersion.objects.get().error_code == "internal"

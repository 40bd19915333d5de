"""Outcomes of a job under its lease: done, failed with a reason, tried again, or put back until an obstacle has passed."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from audit.services import record
from ingest.errors import LeaseLost, english_message
from ingest.measuring import measure_end
from ingest.models import Job
from ingest.queue.leases import Lease
from ingest.queue.obstacles import find_obstacle
from ingest.stages.removal import drop_content, open_removal
from kb.models import DocumentVersion
from metrics.tallies import add

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
BACK_OFF_S = 5  # before the second attempt; doubles for the third
OBSTACLE_WAIT_S = (2, 20)  # between two tries while an obstacle is there: at first, at most
OBSTACLE_PATIENCE = timedelta(days=1)  # then the job ends with a reason
OUTCOME_PATIENCE_S = 600  # how long a worker keeps trying to write an outcome while the database is unavailable


def finish_job(lease: Lease, timings: dict[str, float]) -> None:
    """Raises: LeaseLost."""
    with lease.fenced() as job:
        job.state, job.finished_at, job.last_error = Job.State.DONE, timezone.now(), ""
        job.timings_ms = {**job.timings_ms, **timings}
        _save(job)


def write_outcome(write: Callable[[], None]) -> None:
    """Write an outcome; wait while the database is unavailable. A late outcome lets the job continue at once, not after its lease.

    Raises: DatabaseError: the database refuses, or stays unavailable for too long.
    """
    end, pause_s = time.monotonic() + OUTCOME_PATIENCE_S, 0.2
    while True:
        try:
            write()
            return
        except LeaseLost as lost:
            logger.info("job %s was taken from this worker", lost)
            return
        except DatabaseError as error:
            if not find_obstacle(error) or time.monotonic() > end:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 2.0)


def try_again(lease: Lease, cause: str) -> None:
    """Put the job back with a delay, or aside after the last attempt. Raises: LeaseLost."""
    with lease.fenced() as job:
        if job.attempts < MAX_ATTEMPTS:
            _put_back(job, cause, delay=timedelta(seconds=BACK_OFF_S * 2 ** (job.attempts - 1)))
            return
    quarantine(lease, cause)


def wait_out(lease: Lease, obstacle: str, cause: str) -> None:
    """Put the job back until an obstacle is gone; this was no attempt of the job's. Raises: LeaseLost."""
    with lease.fenced() as job:
        now = timezone.now()
        since = job.hindered_since or now
        is_given_up = now - since > OBSTACLE_PATIENCE and job.kind == Job.Kind.INGEST
        if not is_given_up:
            shortest, longest = OBSTACLE_WAIT_S
            delay_s = min(longest, max(shortest, (now - since).total_seconds() / 2))
            job.obstacle, job.hindered_since, job.attempts = obstacle, since, max(0, job.attempts - 1)
            _put_back(job, cause, delay=timedelta(seconds=delay_s))
    if is_given_up:
        fail_version(lease, "waited", cause)


def quarantine(lease: Lease, cause: str) -> None:
    """Give reading up, with its reason; other work is owed to readers, and tried for ever. Raises: LeaseLost."""
    if _is(lease, Job.Kind.INGEST):
        fail_version(lease, "internal", cause)
        return
    if _is(lease, Job.Kind.REBUILD):
        fail_rebuild(lease, cause)
        return
    with lease.fenced() as job:
        job.attempts = 0
        _put_back(job, cause, delay=timedelta(minutes=5))


def fail_version(lease: Lease, code: str, cause: str) -> None:
    """End the version as failed, with its reason and without its content. Raises: LeaseLost."""
    if _is(lease, Job.Kind.REBUILD):
        fail_rebuild(lease, cause or code)
        return
    with lease.fenced() as job:
        version = DocumentVersion.objects.select_related("document").get(pk=job.version_id)
        published = version.chunks.exists()  # maybe: the first ones answer before the version is whole
        version.status, version.error_code = DocumentVersion.Status.FAILED, code
        version.error_message = english_message(code)
        version.chunk_count = version.early_chunks = 0
        version.save(update_fields=["status", "error_code", "error_message", "chunk_count", "early_chunks"])
        drop_content(version)
        job.state, job.finished_at, job.last_error = Job.State.FAILED, timezone.now(), storable(cause)
        _save(job)
        if published:
            open_removal(version.pk)
        record(
            "document.failed",
            subject=f"document:{version.document.uid}",
            summary=version.document.name,
            payload={"version": version.number, "version_uid": str(version.uid), "code": code, "cause": storable(cause)[:500]},
        )


def fail_rebuild(lease: Lease, cause: str) -> None:
    """The document answers as before; the edition that is built waits for it, until a person resumes. Raises: LeaseLost."""
    with lease.fenced() as job:
        job.state, job.finished_at, job.last_error = Job.State.FAILED, timezone.now(), storable(cause)
        _save(job)


def storable(cause: str) -> str:
    """Return the technical cause without what a database refuses: a hostile file may have a say in it."""
    return cause.replace("\0", "").encode("utf-8", "replace").decode()[:2000]


def _is(lease: Lease, kind: str) -> bool:
    return Job.objects.filter(pk=lease.job_id, kind=kind).exists()


def _put_back(job: Job, cause: str, *, delay: timedelta) -> None:
    job.state, job.last_error, job.not_before = Job.State.WAITING, storable(cause), timezone.now() + delay
    job.leased_by, job.lease_expires_at = "", None
    job.save()


def _save(job: Job) -> None:
    """End the job: no lease, no obstacle. It is counted in the transaction that ends it."""
    job.leased_by, job.lease_expires_at = "", None
    job.obstacle, job.hindered_since = "", None
    job.save()
    add(measure_end(job))

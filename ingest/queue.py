"""Doing jobs: one at a time under a lease; what fails is tried again, put aside, or blamed on the file."""

import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from audit.services import record
from ingest.doorbell import ring
from ingest.errors import MESSAGES, LeaseLost, UserFault
from ingest.leases import Lease, claim_job, free_jobs
from ingest.models import Job
from ingest.pipeline import Pipeline, drop_content, open_removal, remove_version
from kb.engine import Engine, get_engine
from kb.models import DocumentVersion
from kb.storage import remove_stale_uploads

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
BACK_OFF_S = 5  # before the second attempt; doubles for the third
STALE_UPLOAD_S = 6 * 3600


def run_job(job_id: int, *, engine: Callable[[], Engine] = get_engine) -> bool:
    """Do the job, if it is due and nobody else has it. Returns: True where it was ours."""
    lease = claim_job(job_id=job_id)
    if lease is None:
        return False
    run_leased(lease, engine=engine)
    return True


def run_due_jobs(
    *,
    engine: Callable[[], Engine] = get_engine,
    only_versions: list[int] | None = None,
    only_kind: str | None = None,
    limit: int | None = None,
    for_s: float = math.inf,
) -> int:
    """Do jobs until none is due, `limit` were done, or `for_s` seconds are over. Returns: how many were done."""
    count, end = 0, time.monotonic() + for_s
    while (limit is None or count < limit) and time.monotonic() < end:
        lease = claim_job(only_versions=only_versions, only_kind=only_kind)
        if lease is None:
            break
        run_leased(lease, engine=engine)
        count += 1
    return count


def run_leased(lease: Lease, *, engine: Callable[[], Engine]) -> None:
    """Do the job of a lease to its end, whatever that is. Raises nothing but what the database itself raises."""
    with lease:
        job = Job.objects.select_related("version__document").get(pk=lease.job_id)
        try:
            is_indexed = job.version.status == DocumentVersion.Status.INDEXED  # killed between its last step and this line
            if job.attempts > MAX_ATTEMPTS and not is_indexed:
                _quarantine(lease, job, "its worker died three times")
                return
            timings = _do(job, lease, engine())
            _finish(lease, timings)
            logger.info("job %s (%s of version %s) done: %s", job.pk, job.kind, job.version_id, timings)
        except LeaseLost:
            logger.info("job %s was taken from this worker or cancelled", job.pk)
            if job.kind == Job.Kind.INGEST and _is_unwanted(job):
                open_removal(job.version_id)  # it may have been published just before
                ring()
        except UserFault as error:
            logger.info("job %s: version %s failed: %s (%s)", job.pk, job.version_id, error.code, error.detail)
            _fail(lease, job, error.code, storable(error.detail))
        except Exception as error:
            logger.exception("job %s (%s of version %s), attempt %s", job.pk, job.kind, job.version_id, job.attempts)
            _try_again(lease, job, storable(f"{type(error).__name__}: {error}"))


def storable(cause: str) -> str:
    """Return the technical cause without what a database refuses: a hostile file may have a say in it."""
    return cause.replace("\0", "").encode("utf-8", "replace").decode()[:2000]


def _do(job: Job, lease: Lease, engine: Engine) -> dict[str, float]:
    if job.kind == Job.Kind.REMOVE:
        remove_version(version=job.version, lease=lease, engine=engine)
        return {}
    pipeline = Pipeline(version=job.version, lease=lease, engine=engine)
    pipeline.run()
    return pipeline.timings_ms


def _is_unwanted(job: Job) -> bool:
    """True where the version's document was deleted while this worker was at it."""
    return DocumentVersion.objects.filter(pk=job.version_id, document__deleted_at__isnull=False).exists()


def _finish(lease: Lease, timings: dict[str, float]) -> None:
    with lease.fenced() as job:
        job.state, job.finished_at = Job.State.DONE, timezone.now()
        job.leased_by, job.lease_expires_at, job.last_error = "", None, ""
        job.timings_ms = {**job.timings_ms, **timings}
        job.save()


def _try_again(lease: Lease, job: Job, cause: str) -> None:
    """Put the job back with a delay, or aside after the last attempt."""
    try:
        job.refresh_from_db(fields=["attempts"])  # progress has set it back
        if job.attempts >= MAX_ATTEMPTS:
            _quarantine(lease, job, cause)
            return
        with lease.fenced() as held:
            held.state, held.last_error = Job.State.WAITING, cause
            held.leased_by, held.lease_expires_at = "", None
            held.not_before = timezone.now() + timedelta(seconds=BACK_OFF_S * 2 ** (job.attempts - 1))
            held.save()
    except LeaseLost:
        logger.info("job %s was taken from this worker", job.pk)


def _quarantine(lease: Lease, job: Job, cause: str) -> None:
    if job.kind == Job.Kind.INGEST:
        _fail(lease, job, "internal", cause)
        return
    try:  # a removal is never given up: readers are safe from the text already, the index is not clean
        with lease.fenced() as held:
            held.state, held.last_error = Job.State.WAITING, cause
            held.leased_by, held.lease_expires_at = "", None
            held.not_before = timezone.now() + timedelta(minutes=5)
            held.attempts = 0
            held.save()
    except LeaseLost:
        logger.info("job %s was taken from this worker", job.pk)


def _fail(lease: Lease, job: Job, code: str, cause: str) -> None:
    """End the version as failed, with its reason and without its content."""
    try:
        with lease.fenced() as held:
            version = DocumentVersion.objects.select_related("document").get(pk=job.version_id)
            published = version.status == DocumentVersion.Status.EMBEDDED
            version.status, version.error_code = DocumentVersion.Status.FAILED, code
            version.error_message = MESSAGES.get(code, MESSAGES["internal"])
            version.chunk_count = 0
            version.save(update_fields=["status", "error_code", "error_message", "chunk_count"])
            drop_content(version)
            held.state, held.finished_at, held.last_error = Job.State.FAILED, timezone.now(), cause[:2000]
            held.leased_by, held.lease_expires_at = "", None
            held.save()
            if published:
                open_removal(version.pk)
            record(
                "document.failed",
                subject=f"document:{version.document.uid}",
                summary=version.document.name,
                payload={"version": version.number, "version_uid": str(version.uid), "code": code, "cause": cause[:500]},
            )
    except LeaseLost:
        logger.info("job %s was taken from this worker", job.pk)


def ring_if_due() -> None:
    """Call a worker if a job waits that may be done now."""
    if Job.objects.filter(state=Job.State.WAITING).exclude(not_before__gt=timezone.now()).exists():
        ring()


def sweep() -> int:
    """Free what dead workers held, call a worker if anything is due, remove stale temporary files. Returns: jobs freed."""
    freed = free_jobs()
    if freed:
        logger.warning("%s jobs were taken from workers that had died", freed)
    ring_if_due()
    remove_stale_uploads(older_than_s=STALE_UPLOAD_S)
    return freed

"""Doing jobs: one at a time under a lease; what fails is tried again, put aside, or blamed on the file.

A fault of the installation (ingest.queue.obstacles) is none of the document's: its job waits, uncounted, until the obstacle is
gone. Short jobs do not wait for long ones: a worker in the middle of a long one does what is more urgent at its checkpoints.
"""

import logging
import math
import time
from collections.abc import Callable
from functools import partial
from typing import cast

from django.db.models import Q
from django.utils import timezone

from ingest.documents.moving import follow_move
from ingest.documents.passages import revise
from ingest.editions.building import clear_ended, swap_if_whole
from ingest.editions.rebuild import Rebuild
from ingest.errors import LeaseLost, UserFault
from ingest.models import Job
from ingest.queue import outcomes
from ingest.queue.leases import Lease, claim_job, free_jobs, waits_and_may_be_done
from ingest.queue.notices import notify_upkeep, notify_worker
from ingest.queue.obstacles import find_obstacle
from ingest.stages.pipeline import Pipeline
from ingest.stages.removal import open_removal, remove_version
from kb.index.engine import Engine, get_engine
from kb.index.upkeep import engines_to_maintain, is_upkeep_due
from kb.models import DocumentVersion, Edition
from kb.storage import has_room, remove_stale_uploads

logger = logging.getLogger(__name__)

STALE_UPLOAD_S = 60  # of what nobody holds open any more
URGENT_BATCH_S = 5.0  # of more urgent jobs at one checkpoint; the long job gets on between two of them
URGENT_LOOK_S = 0.5  # between two looks for one


def run_job(job_id: int, *, engine: Callable[[], Engine] = get_engine) -> bool:
    """Do the job if it is due and not leased. Returns: True if this worker took it."""
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
    more_urgent_than: Job | None = None,
    limit: int | None = None,
    for_s: float = math.inf,
) -> int:
    """Do jobs until none is due, one meets an obstacle, `limit` were done, or `for_s` seconds are over.

    Returns: how many were taken up. While the disk is full, only removals are: nothing else can end well.
    """
    count, end = 0, time.monotonic() + for_s
    urgent = partial(run_due_jobs, engine=engine, only_versions=only_versions, only_kind=only_kind, for_s=URGENT_BATCH_S)
    while (limit is None or count < limit) and time.monotonic() < end:
        if not has_room():
            if only_kind not in (None, Job.Kind.REMOVE):
                break
            only_kind = Job.Kind.REMOVE
        lease = claim_job(only_versions=only_versions, only_kind=only_kind, more_urgent_than=more_urgent_than)
        if lease is None:
            break
        count += 1
        if not run_leased(lease, engine=engine, run_urgent=urgent):
            break
    return count


def run_leased(lease: Lease, *, engine: Callable[[], Engine], run_urgent: Callable[..., int] | None = None) -> bool:
    """Do the job of a lease to its end, whatever that is.

    Args:
        run_urgent: run_due_jobs with what this worker may do; called with `more_urgent_than` at the checkpoints of a long job.
    Returns: False where the installation is in the way, and other jobs would fare no better now.
    Raises: DatabaseError: the outcome could not be saved.
    """
    with lease:
        try:
            job = Job.objects.select_related("version__document").get(pk=lease.job_id)
            is_indexed = job.version.status == DocumentVersion.Status.INDEXED  # killed between its last step and this line
            if job.attempts > outcomes.MAX_ATTEMPTS and not is_indexed:
                outcomes.write_outcome(partial(outcomes.quarantine, lease, "its worker died three times"))
                return True
            timings = _do(job, lease, engine(), _Checkpoint(job, run_urgent))
            outcomes.finish_job(lease, timings)
            logger.info("job %s (%s of version %s) done: %s", job.pk, job.kind, job.version_id, timings)
            if job.kind == Job.Kind.REBUILD:
                swap_if_whole(engine=engine())
        except LeaseLost:
            logger.info("job %s was taken from this worker or cancelled", job.pk)
            if job.kind in (Job.Kind.INGEST, Job.Kind.REBUILD) and _is_unwanted(job):
                open_removal(job.version_id)  # it may have been published just before
                notify_worker()
        except UserFault as error:
            logger.info("job %s: version %s failed: %s (%s)", job.pk, job.version_id, error.code, error.detail)
            outcomes.write_outcome(partial(outcomes.fail_version, lease, error.code, error.detail))
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
            if obstacle := find_obstacle(error):
                logger.warning("job %s waits: %s: %s", lease.job_id, obstacle, cause)
                outcomes.write_outcome(partial(outcomes.wait_out, lease, obstacle, cause))
                return False
            logger.exception("job %s", lease.job_id)
            outcomes.write_outcome(partial(outcomes.try_again, lease, cause))
        return True


class _Checkpoint:
    """What a pipeline calls between two batches: does the jobs that are more urgent than its own. Knows how long that took."""

    def __init__(self, job: Job, run_urgent: Callable[..., int] | None) -> None:
        self.job, self.run_urgent = job, run_urgent
        self.looked_at = time.monotonic()

    def __call__(self) -> float:
        """Returns: the seconds that were given to other jobs."""
        began = time.monotonic()
        if self.run_urgent is None or began - self.looked_at < URGENT_LOOK_S:
            return 0.0
        self.job.refresh_from_db(fields=["priority"])  # parsing found out how long the document is
        count = self.run_urgent(more_urgent_than=self.job)
        self.looked_at = time.monotonic()
        if not count:
            return 0.0
        logger.info("job %s let %s more urgent jobs pass", self.job.pk, count)
        return self.looked_at - began


def _do(job: Job, lease: Lease, engine: Engine, checkpoint: Callable[[], float]) -> dict[str, float]:
    if job.kind == Job.Kind.REMOVE:
        remove_version(version=job.version, lease=lease, engine=engine)
        return {}
    if job.kind == Job.Kind.MOVE:
        follow_move(version=job.version, lease=lease, engine=engine)
        return {}
    if job.kind == Job.Kind.REVISE:
        revise(version=job.version, lease=lease, engine=engine)
        return {}
    if job.kind == Job.Kind.REBUILD:
        Rebuild(job=job, lease=lease, engine=engine.of(cast(Edition, job.edition)), between=checkpoint).run()
        return {}
    pipeline = Pipeline(version=job.version, lease=lease, engine=engine, checkpoint=checkpoint)
    pipeline.run()
    return pipeline.timings_ms


def _is_unwanted(job: Job) -> bool:
    """True where the version's document was deleted, or reading it cancelled, while this worker was at it."""
    unwanted = Q(document__deleted_at__isnull=False) | Q(status=DocumentVersion.Status.FAILED)
    return DocumentVersion.objects.filter(unwanted, pk=job.version_id).exists()


def has_obstacle() -> bool:
    """True while an obstacle of the installation is in the way: then it is tried again at the next sweep, not at once."""
    hindered = Job.objects.filter(Q(state=Job.State.WAITING) & ~Q(obstacle="") & Q(not_before__gt=timezone.now()))
    return not has_room() or hindered.exists()


def notify_worker_if_due() -> None:
    """Call a worker if a job waits that may be done now."""
    if Job.objects.filter(waits_and_may_be_done()).exists():
        notify_worker()


def sweep(*, engine: Callable[[], Engine] = get_engine) -> int:
    """Free the jobs of dead workers, notify a worker if any is due, remove what is obsolete. Returns: jobs freed."""
    freed = free_jobs()
    if freed:
        logger.warning("%s jobs were taken from workers that had died", freed)
    swap_if_whole(engine=engine())  # where the last document that was missing was deleted, or the worker died just before
    clear_ended()
    notify_worker_if_due()
    if any(is_upkeep_due(engine=one) for one in engines_to_maintain(engine())):
        notify_upkeep()
    remove_stale_uploads(older_than_s=STALE_UPLOAD_S)
    return freed

"""Jobs that nobody needs any more end unfinished."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from ingest.measuring import measure_end
from ingest.models import OPEN_STATES, Job
from metrics.tallies import add


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many jobs were ended, and whether a worker had one of them."""

    count: int
    was_running: bool


def cancel_jobs(jobs: QuerySet[Job]) -> Cancelled:
    """End those that are open, in the caller's transaction, and count them.

    A worker that has one loses its lease by this, and with it the right to write; it notices at the end of its batch.
    """
    states = jobs.filter(state__in=OPEN_STATES).order_by("pk")
    rows = list(states.select_for_update(of=("self",)).only("kind", "state", "started_at"))
    was_running = any(job.state == Job.State.RUNNING for job in rows)
    now = timezone.now()
    states.order_by().update(state=Job.State.CANCELLED, finished_at=now, leased_by="", lease_expires_at=None)
    for job in rows:
        job.state, job.finished_at = Job.State.CANCELLED, now
    add(observation for job in rows for observation in measure_end(job))
    return Cancelled(count=len(rows), was_running=was_running)

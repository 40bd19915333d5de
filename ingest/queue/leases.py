"""A lease says which worker has a job, and until when. A worker that dies stops renewing, and another takes over."""

import hashlib
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from ingest.errors import LeaseLost
from ingest.models import Job
from kb.models import Edition

logger = logging.getLogger(__name__)


URGENT_AFTER_S = 0.5  # a worker that is free takes a job sooner


def claim_job(
    *,
    job_id: int | None = None,
    only_versions: list[int] | None = None,
    only_kind: str | None = None,
    more_urgent_than: Job | None = None,
) -> "Lease | None":
    """Take the next job that is due (or the one named) for this process. None: there is none.

    Due is what waits and is not backing off, and what runs under a lease that has run out. Two workers never get the
    same job: the row is locked where the database can, and else the update itself decides.
    """
    now = timezone.now()
    due = waits_and_may_be_done()
    due |= Q(state=Job.State.RUNNING, lease_expires_at__lt=now)
    jobs = Job.objects.filter(due).order_by("priority", "created_at", "pk")
    if job_id is not None:
        jobs = jobs.filter(pk=job_id)
    if only_versions is not None:
        jobs = jobs.filter(version__in=only_versions)
    if only_kind is not None:
        jobs = jobs.filter(kind=only_kind)
    if more_urgent_than is not None:
        jobs = jobs.filter(priority__lt=more_urgent_than.priority, created_at__lt=now - timedelta(seconds=URGENT_AFTER_S))
        if not jobs.exists():  # asked often, and seldom so: takes no lock
            return None
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            jobs = jobs.select_for_update(skip_locked=True, of=("self",))
        job = jobs.first()
        if job is None:
            return None
        token = f"{socket.gethostname()[:30]}/{process_space()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        taken = Job.objects.filter(due, pk=job.pk).update(
            state=Job.State.RUNNING,
            leased_by=token,
            lease_expires_at=now + timedelta(seconds=settings.LEASE_S),
            attempts=F("attempts") + 1,
            started_at=now,
        )
    return Lease(job_id=job.pk, token=token) if taken else None


def waits_and_may_be_done() -> Q:
    """What waits, is not backing off, and is not for an edition whose building is paused."""
    now = timezone.now()
    due = Q(state=Job.State.WAITING) & (Q(not_before=None) | Q(not_before__lte=now))
    is_paused = Edition.objects.filter(state=Edition.State.BUILDING, is_paused=True).exists()
    return due & ~Q(kind=Job.Kind.REBUILD) if is_paused else due


def put_back(job: Job) -> None:
    """Let any worker take a running job again, at once; this was no attempt. In the transaction of its lease."""
    job.state, job.not_before, job.attempts = Job.State.WAITING, None, max(0, job.attempts - 1)
    job.leased_by, job.lease_expires_at = "", None
    job.save()


def process_space() -> str:
    """Name the kernel and the container within which a process id means one process. Random where that cannot be known."""
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text()
        container = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return uuid.uuid4().hex[:10]
    return hashlib.sha256(f"{kernel}{container}".encode()).hexdigest()[:10]


def free_jobs() -> int:
    """Put back the jobs of dead workers: expired leases, and at once those of processes that no longer exist. Returns: how many."""
    back = {"state": Job.State.WAITING, "leased_by": "", "lease_expires_at": None}
    running = Job.objects.filter(state=Job.State.RUNNING)
    freed = running.filter(lease_expires_at__lt=timezone.now()).update(**back)
    for token in running.filter(leased_by__contains=f"/{process_space()}:").values_list("leased_by", flat=True):
        if not _is_running(int(token.split(":")[1])):
            freed += running.filter(leased_by=token).update(**back)
    return freed


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, so there it is
    return not _is_zombie(process_id)


def _is_zombie(process_id: int) -> bool:
    """Whether the process has ended and only its parent has not looked yet. False where that cannot be known."""
    try:
        return Path(f"/proc/{process_id}/stat").read_bytes().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False


class Lease:
    """Held as a context: renews itself in a thread until the end. `fenced` guards every write of the work."""

    def __init__(self, *, job_id: int, token: str) -> None:
        self.job_id, self.token = job_id, token
        self.lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{job_id}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raises: LeaseLost: the thread has seen that the job is no longer ours."""
        if self.lost:
            raise LeaseLost(str(self.job_id))

    @contextmanager
    def fenced(self) -> Iterator[Job]:
        """A transaction in which the job is ours for certain: its row is locked to the end. Raises: LeaseLost."""
        self.check()
        with transaction.atomic():
            job = Job.objects.select_for_update().filter(pk=self.job_id, leased_by=self.token, state=Job.State.RUNNING).first()
            if job is None:
                self.lost = True
                raise LeaseLost(str(self.job_id))
            yield job

    def _renew(self) -> None:
        try:
            while not self._stop.wait(settings.LEASE_S / 4):
                try:
                    held = Job.objects.filter(pk=self.job_id, leased_by=self.token, state=Job.State.RUNNING).update(
                        lease_expires_at=timezone.now() + timedelta(seconds=settings.LEASE_S)
                    )
                except DatabaseError as error:  # busy or restarting: the next turn may succeed before the lease runs out
                    logger.warning("lease of job %s was not renewed: %s", self.job_id, error)
                    connection.close()
                    continue
                if not held:
                    self.lost = True
                    return
        finally:
            connection.close()

"""Chunk and embed a document again for the edition that is being built."""

import time
from collections.abc import Callable

from ingest.editions.building import is_paused
from ingest.errors import LeaseLost, UserFault
from ingest.models import Job
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease, put_back
from ingest.stages.passages import Passages
from ingest.stages.removal import open_removal
from kb.index.engine import Engine
from kb.models import Document, DocumentVersion


class Rebuild:
    """One REBUILD job under its lease. A step whose time stands on the job is done; the version's own state stays as it is.

    Args:
        engine: of the edition that is built.
        between: what the worker does between two batches: more urgent jobs.
    """

    def __init__(self, *, job: Job, lease: Lease, engine: Engine, between: Callable[[], object]) -> None:
        self.job, self.lease, self.engine, self.between = job, lease, engine, between
        self.version: DocumentVersion = job.version
        self.passages = Passages(
            version=self.version, title=self.version.document.title, lease=lease, engine=engine, between=self._checkpoint
        )

    def run(self) -> None:
        """Do what is left. Raises: LeaseLost: also where building was paused; UserFault, and what database and index raise."""
        if not self._is_wanted():
            return  # deleted or replaced since: its removal takes care of what is there
        self._checkpoint()
        self._do("chunk", self._cut)
        self._do("embed", self.passages.embed)
        self._do("publish", self._publish)

    def _do(self, name: str, step: Callable[[], None]) -> None:
        if name in self.job.timings_ms:
            return
        started = time.perf_counter()
        step()
        self.job.timings_ms = {**self.job.timings_ms, name: round((time.perf_counter() - started) * 1000, 1)}
        with self.lease.fenced() as job:
            job.timings_ms = self.job.timings_ms
            job.attempts = 1  # what gets on is not what kills its worker
            job.save(update_fields=["timings_ms", "attempts"])
        crash_point(f"rebuild_{name}")

    def _cut(self) -> None:
        if not self.passages.cut():
            raise UserFault("no_text")

    def _publish(self) -> None:
        while True:
            published_in = self.passages.publish()
            with self.lease.fenced():
                document = Document.objects.select_for_update().get(pk=self.version.document_id)
                if document.deleted_at is not None or document.current_version_id != self.version.pk:
                    open_removal(self.version.pk)
                if document.collection_id == published_in:
                    return

    def _is_wanted(self) -> bool:
        return Document.objects.live().filter(current_version=self.version).exists()

    def _checkpoint(self) -> None:
        """Between two batches: step aside while building is paused, else let what is more urgent pass."""
        if is_paused():
            with self.lease.fenced() as job:
                put_back(job)
            raise LeaseLost("paused")
        self.between()

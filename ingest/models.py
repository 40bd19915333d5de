"""The queue of record: the jobs of each version, who works on them, and how often they were tried."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.many.models import BulkMember, BulkRun, DroppedFile, FolderDrop
from kb.models import DocumentVersion, Edition

__all__ = ["BulkMember", "BulkRun", "DroppedFile", "FolderDrop"]  # beside the models below


class Job(models.Model):
    """Work that was accepted and must end. Written in the transaction that accepts it; the broker only notifies a worker."""

    class Kind(models.TextChoices):
        INGEST = "ingest", _("Process and index")
        REMOVE = "remove", _("Remove from the index")
        MOVE = "move", _("Move in the index")
        REBUILD = "rebuild", _("Rebuild passages and embeddings")
        REVISE = "revise", _("Take over changed passages")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")  # quarantined: nobody takes it again unless a person retries
        CANCELLED = "cancelled", _("Cancelled")

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INGEST)
    edition = models.ForeignKey(Edition, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs")  # of a REBUILD
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    priority = models.IntegerField(default=0)  # lower runs first: the size class of the file
    attempts = models.PositiveIntegerField(default=0)
    leased_by = models.CharField(max_length=80, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)  # back-off after a failure that may pass
    last_error = models.TextField(blank=True)  # for admins: the technical cause
    obstacle = models.CharField(
        max_length=20, blank=True
    )  # of the installation, which it waits out: a code of ingest.queue.obstacles
    hindered_since = models.DateTimeField(null=True, blank=True)  # since when the obstacle has been there, for this job
    timings_ms = models.JSONField(default=dict, blank=True)  # {"parse": …, "chunk": …, "embed": …, "publish": …}
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["priority", "created_at"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [models.Index(fields=["state", "priority", "created_at"], name="ingest_job_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind"], condition=models.Q(state__in=["waiting", "running"]), name="ingest_one_open_job"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of version {self.version_id}: {self.state}"


OPEN_STATES = (Job.State.WAITING, Job.State.RUNNING)  # its work is still to be done

"""Work on many documents at once: one thing done to a selection, and folders of files that are sent one by one."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.models import Collection, Document


class BulkRun(models.Model):
    """One thing that is done to many documents of a collection. The selection is fixed when it is asked for."""

    class Action(models.TextChoices):
        MOVE = "move", _("Move to another collection")
        FILE = "file", _("Put into a folder")
        DELETE = "delete", _("Delete")
        RETRY = "retry", _("Retry")
        REREAD = "reread", _("Process again")
        TAG = "tag", _("Add tags")
        UNTAG = "untag", _("Remove tags")
        NARROW = "narrow", _("Change readers")
        OWNER = "owner", _("Set the owner")
        DAYS = "days", _("Set the days of validity and review")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="bulk_runs")
    action = models.CharField(max_length=10, choices=Action.choices)
    values = models.JSONField(default=dict)  # what ingest.many.acting takes for the action
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=40, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("work on many documents")
        verbose_name_plural = _("work on many documents")
        indexes = [models.Index(fields=["asked_at"], condition=~Q(state="done"), name="ingest_bulk_open")]

    def __str__(self) -> str:
        return f"{self.action} by {self.asked_by_id}: {self.state}"

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE


class BulkMember(models.Model):
    """One document of a run, and what became of it. Its outcome is written in the transaction that does the thing."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="members")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=500)  # at the time
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=60, blank=True)  # as ingest.errors.MESSAGES has it

    class Meta:
        ordering = ["pk"]
        verbose_name = _("document of a run")
        verbose_name_plural = _("documents of a run")
        constraints = [models.UniqueConstraint(fields=["run", "document"], name="ingest_once_in_a_run")]
        indexes = [models.Index(fields=["run", "state"], name="ingest_bulk_member_state")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class FolderDrop(models.Model):
    """A folder that somebody sends to a collection: which files it has, and which of them have been taken."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="folder_drops")
    folder = models.ForeignKey(
        "kb.Folder", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # below which it goes
    is_below_folder = models.BooleanField(default=False)  # it was to go below `folder`, which may be gone by now
    name = models.CharField(max_length=255)  # of the dropped folder, or of the first of several
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # when all was taken, or its sender gave it up

    class Meta:
        ordering = ["-began_at", "-pk"]
        verbose_name = _("dropped folder")
        verbose_name_plural = _("dropped folders")
        indexes = [models.Index(fields=["sent_by", "collection"], condition=Q(closed_at=None), name="ingest_open_drop")]

    def __str__(self) -> str:
        return self.name


class DroppedFile(models.Model):
    """One file of a dropped folder. `path`, `size` and `modified` are how its sender's browser knows it again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken")
        REFUSED = "refused", _("Refused")

    drop = models.ForeignKey(FolderDrop, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=500)  # with the folders that it lies in
    size = models.PositiveBigIntegerField()  # bytes
    modified = models.BigIntegerField()  # milliseconds since 1970, as the browser says
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)  # of a refused one, where it has no code

    class Meta:
        ordering = ["pk"]
        verbose_name = _("dropped file")
        verbose_name_plural = _("dropped files")
        constraints = [models.UniqueConstraint(fields=["drop", "path"], name="ingest_one_path_of_a_drop")]
        indexes = [models.Index(fields=["drop", "state"], name="ingest_dropped_file_state")]

    def __str__(self) -> str:
        return f"{self.path}: {self.state}"

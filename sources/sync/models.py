"""What a source keeps: itself, its items, who may read them there, rules of who that is here, and its runs."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection, Document

INTERVALS = (
    (0, _("Manual only")),
    (5, _("Every 5 minutes")),
    (15, _("Every 15 minutes")),
    (60, _("Every hour")),
    (360, _("Every 6 hours")),
    (1440, _("Every day")),
)


class SourceQuerySet(models.QuerySet["Source"]):
    def manageable_by(self, user: User) -> "SourceQuerySet":
        """Sources that this user may see and change: for knowledge admins, those that are not being removed. Not for who runs a
        collection alone: a source reads with rights of the installation."""
        found = self.filter(removed_at=None, collection__in=Collection.objects.manageable_by(user))
        return found if user.is_knowledge_admin else found.none()


class Source(models.Model):
    """Something elsewhere whose documents are kept in step in a collection."""

    class Step(models.TextChoices):
        """What the next batch does. Each is repeated harmlessly after a kill."""

        LIST = "list"  # pages from `cursor` on
        SWEEP = "sweep"  # what is gone there goes here
        TAKE = "take"  # what is new or changed is fetched

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="document_sources", verbose_name=_("collection")
    )
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=40)  # Manifest.kind
    options = models.JSONField(default=dict)  # {Setting.name: text}, no secrets
    sealed_secrets = models.TextField(blank=True)  # {name: text} as JSON, sealed (sources.secret)
    secret_variables = models.JSONField(default=dict, blank=True)  # {name: NAME of ATTEST_SOURCE_SECRET_NAME}, instead of those
    place = models.CharField(max_length=300, blank=True)  # for people
    interval_minutes = models.PositiveIntegerField(_("schedule"), choices=INTERVALS, default=60)
    max_kilobytes_per_s = models.PositiveIntegerField(_("bandwidth limit"), null=True, blank=True)
    hours_from = models.PositiveSmallIntegerField(_("from hour"), null=True, blank=True)  # 0 … 23, in the installation's time zone
    hours_to = models.PositiveSmallIntegerField(_("to hour"), null=True, blank=True)  # runs begin before it; both or neither

    is_paused = models.BooleanField(default=True)  # a new source waits for somebody to look at its first items
    wanted_at = models.DateTimeField(null=True, blank=True)  # asked for, to be gone on with, or to be tried again
    next_run_at = models.DateTimeField(null=True, blank=True)
    is_asked_for = models.BooleanField(default=False)  # by a person: its run may begin and go on outside of its hours
    may_delete_many = models.BooleanField(default=False)  # somebody has said so for the next run
    step = models.CharField(max_length=5, choices=Step.choices, default=Step.LIST)
    cursor = models.TextField(blank=True)  # resumes the listing after the last page that is written down
    listing = models.PositiveIntegerField(default=0)  # number of the whole listing that is under way, or was the last
    listed = models.PositiveIntegerField(default=0)  # items of it so far
    leased_by = models.CharField(max_length=80, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    error_code = models.CharField(max_length=40, blank=True)  # of the last run; empty: it went well
    error_detail = models.TextField(blank=True)
    run = models.ForeignKey("SourceRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # under way
    last_run_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)  # a worker deletes its documents, then the row
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["collection", "name"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], condition=Q(removed_at=None), name="sources_one_source_name")
        ]

    def __str__(self) -> str:
        return self.name

    def next_by_schedule(self) -> datetime | None:
        """Return when a run is due that is reckoned from now; None without a schedule."""
        return timezone.now() + timedelta(minutes=self.interval_minutes) if self.interval_minutes else None


class SourceAccess(models.Model):
    """Who may read items there: one row for each set of principals that occurs, however many items have it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="accesses")
    key = models.CharField(max_length=64)  # sha256 of `rights`
    rights = models.JSONField()  # {"allow": [[kind, id, name], …], "deny": …}, sorted
    readers = models.JSONField(default=dict)  # kb.rights.mirroring.MirroredReaders, as the items' documents have them

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="sources_one_access")]

    def __str__(self) -> str:
        return f"access {self.key[:8]} of source {self.source_id}"


class SourceItem(models.Model):
    """A document as its source lists it, and what became of it here."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # to be fetched
        KEPT = "kept", _("In sync")
        FAILED = "failed", _("Failed")  # tried again by the next run
        LEFT_OUT = "left_out", _("Skipped")  # not a document that is read; until it changes, or somebody retries it

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=64)  # sha256 of `external_id`
    external_id = models.TextField()
    name = models.CharField(max_length=500)
    folders = models.JSONField(default=list)
    place_key = models.CharField(max_length=64)  # sha256 of folders and name
    version = models.CharField(max_length=300, blank=True)  # as listed last
    kept_version = models.CharField(max_length=300, blank=True)  # that the document has
    media_type = models.CharField(max_length=200, blank=True)
    modified = models.DateTimeField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)  # bytes
    url = models.TextField(blank=True)
    access = models.ForeignKey(
        SourceAccess, null=True, blank=True, on_delete=models.RESTRICT, related_name="items"
    )  # None: unknown
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.SET_NULL, related_name="source_items")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    listing = models.PositiveIntegerField(default=0)  # the last one that had it
    is_gone = models.BooleanField(default=False)  # not there any more; its document goes with the next sweep

    class Meta:
        ordering = ["pk"]
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="sources_one_item")]
        indexes = [
            models.Index(fields=["source", "state"], name="sources_item_state"),
            models.Index(fields=["source", "listing"], name="sources_item_listing"),
            models.Index(fields=["source", "place_key"], name="sources_item_place"),
            models.Index(fields=["source"], condition=Q(is_gone=True), name="sources_item_gone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def where(self) -> str:
        """The folders it lies in, for people."""
        return " › ".join(self.folders)


class SourceRule(models.Model):
    """Who a principal of the source is here: a group, a person, or nobody. Where there are rules for one, they alone count."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rules")
    principal_kind = models.CharField(max_length=8)  # "person" or "group"
    principal_id = models.CharField(max_length=300)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["principal_kind", "principal_id", "pk"]
        constraints = [models.CheckConstraint(condition=Q(group=None) | Q(user=None), name="sources_rule_one_target")]
        indexes = [models.Index(fields=["source", "principal_kind", "principal_id"], name="sources_rule_principal")]

    def __str__(self) -> str:
        return f"{self.principal_kind} {self.principal_id} of source {self.source_id}"


class SourceRun(models.Model):
    """One run: what came of it, or why it failed."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # None: under way
    code = models.CharField(max_length=40, blank=True)  # empty: it went well
    detail = models.TextField(blank=True)
    counts = models.JSONField(default=dict)  # by sources.sync.counting.COUNTS

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"run {self.pk} of source {self.source_id}"

    @property
    def seconds(self) -> float | None:
        return round((self.ended_at - self.started_at).total_seconds(), 1) if self.ended_at else None

    def as_dict(self) -> dict[str, Any]:
        return {"started_at": self.started_at, "ended_at": self.ended_at, "code": self.code, "detail": self.detail, **self.counts}

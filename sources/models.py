"""SQL sources: the query, how its rows become documents, and the last runs. The other kinds: `sources.sync.models`."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection, Document
from sources.sync.models import Source, SourceAccess, SourceItem, SourceRule, SourceRun

__all__ = ["Source", "SourceAccess", "SourceItem", "SourceRule", "SourceRun"]  # beside the models below

INTERVALS = (
    (0, _("Manual only")),
    (15, _("Every 15 minutes")),
    (60, _("Every hour")),
    (360, _("Every 6 hours")),
    (1440, _("Every day")),
)
MAX_HISTORY = 20


class SqlSourceQuerySet(models.QuerySet["SqlSource"]):
    def manageable_by(self, user: User) -> "SqlSourceQuerySet":
        """Sources that this user may see and change: for knowledge admins, those that are not being removed."""
        return self.filter(removed_at=None, collection__in=Collection.objects.manageable_by(user))


class SqlSource(models.Model):
    """Rows of a query, each a document. The address is sealed, or the name of an environment variable that holds it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="sql_sources", verbose_name=_("collection"))
    name = models.CharField(_("name"), max_length=80)
    sealed_dsn = models.TextField(blank=True)  # sources.secret
    dsn_variable = models.CharField(max_length=80, blank=True)  # NAME of ATTEST_SOURCE_DSN_NAME; empty: sealed_dsn
    place = models.CharField(max_length=300, blank=True)  # for people: no user, no password
    query = models.TextField(_("query"))
    key_column = models.CharField(_("key column"), max_length=120)
    title_template = models.CharField(_("title"), max_length=300)
    text_template = models.TextField(_("text"), blank=True)
    interval_minutes = models.PositiveIntegerField(_("schedule"), choices=INTERVALS, default=1440)

    is_paused = models.BooleanField(default=True)  # a new source waits for somebody to look at its first rows
    wanted_at = models.DateTimeField(null=True, blank=True)  # asked for by hand, or to be tried again: runs though it is paused
    next_run_at = models.DateTimeField(null=True, blank=True)
    may_delete_many = models.BooleanField(default=False)  # somebody has said so for the next run
    leased_by = models.CharField(max_length=80, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    error_code = models.CharField(max_length=40, blank=True)  # of the last run; empty: it went well
    error_detail = models.TextField(blank=True)
    progress = models.JSONField(default=dict, blank=True)  # counts of the run that is under way, batch by batch
    history = models.JSONField(default=list, blank=True)  # the last runs, newest first: {"at", "seconds", "code", counts}
    last_run_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)  # a worker deletes its documents, then the row
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SqlSourceQuerySet.as_manager()

    class Meta:
        ordering = ["collection", "name"]
        verbose_name = _("SQL source")
        verbose_name_plural = _("SQL sources")
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], condition=Q(removed_at=None), name="sources_one_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_run(self) -> dict[str, Any]:
        """The counts of the run that ended last; empty before the first."""
        return self.history[0] if self.history else {}


class SqlRow(models.Model):
    """The last state of a row: it shows which rows are unchanged and which are gone."""

    source = models.ForeignKey(SqlSource, on_delete=models.CASCADE, related_name="rows")
    key = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)  # of the row's file
    document = models.ForeignKey(Document, null=True, on_delete=models.SET_NULL, related_name="source_rows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="sources_one_row_key")]

    def __str__(self) -> str:
        return f"row of source {self.source_id}"

"""How long what is kept, whose data was erased, which deleted documents are gone. Holds are the audit's (`audit.models.Hold`)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kb.models import Collection, Document


class RetentionRule(models.Model):
    """How many days one kind of data is kept, in general or in one collection. It counts when it is switched on."""

    class Kind(models.TextChoices):
        QUESTIONS = "questions", _("Questions and answers")
        VIEWS = "views", _("Views of sources")
        CONVERSATIONS = "conversations", _("Conversations")
        DOCUMENTS = "documents", _("Deleted documents")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    collection = models.ForeignKey(  # None: wherever no rule of its own counts
        Collection, null=True, blank=True, on_delete=models.CASCADE, related_name="retention_rules", verbose_name=_("collection")
    )
    days = models.PositiveIntegerField(_("days"), null=True, blank=True)  # None: without end, whatever the general rule says
    is_on = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=200, blank=True)  # user name then

    class Meta:
        ordering = ["kind", "collection__name"]
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.UniqueConstraint(fields=["kind", "collection"], name="retention_one_rule"),
            models.UniqueConstraint(fields=["kind"], condition=Q(collection=None), name="retention_one_general_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.collection_id or 'all'}: {self.days} days"


class Erasure(models.Model):
    """The erasure of one person's data, as it was ordered and how far it is. It names nobody but who ordered it."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        HELD = "held", _("Partly kept by a legal hold")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    with_account = models.BooleanField(default=True)
    reason = models.CharField(max_length=300)
    ordered_by = models.CharField(max_length=200)  # user name then
    ordered_by_id = models.CharField(max_length=64, blank=True)  # "" for the command line
    ordered_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    events = models.PositiveIntegerField(default=0)  # whose content was erased
    conversations = models.PositiveIntegerField(default=0)
    reviews = models.PositiveIntegerField(default=0)  # whose comments on this person's questions were emptied
    held = models.PositiveIntegerField(default=0)  # events and conversations that a hold keeps
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-ordered_at", "-pk"]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="running"), name="retention_one_running_erasure")
        ]

    def __str__(self) -> str:
        return f"erasure {self.uid}"


class Purge(models.Model):
    """A deleted document of which nothing is to be left, and what was found when that was looked into."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="purge")
    began_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)
    certificate = models.UUIDField(null=True, blank=True, unique=True)  # uid of the event that proves it
    problem = models.CharField(max_length=300, blank=True)  # of the last try

    class Meta:
        ordering = ["-began_at", "-pk"]
        verbose_name = _("purge")
        verbose_name_plural = _("purges")

    def __str__(self) -> str:
        return f"purge of document {self.document_id}"


class RetentionRun(models.Model):
    """The single row of when the rules were last applied, and by whom they are now."""

    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"last run {self.finished_at}"

"""What the canary knows: how far it has read the audit, what waits for a run, and what is held back until one passes."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection


class CanaryState(models.Model):
    """Of one collection: its rule, the changes since its last run, and its last night."""

    collection = models.OneToOneField(Collection, on_delete=models.CASCADE, related_name="canary")
    holds_threshold = models.BooleanField(default=False)
    changes = models.JSONField(default=list, blank=True)  # kinds, without a run yet
    changed_first = models.DateTimeField(null=True, blank=True)
    changed_last = models.DateTimeField(null=True, blank=True)
    night = models.DateField(null=True, blank=True)  # whose run was started

    class Meta:
        indexes = [models.Index(fields=["changed_last"], condition=models.Q(changed_last__isnull=False), name="curation_changed")]

    def __str__(self) -> str:
        return f"canary of {self.collection_id}"


class CanaryWatch(models.Model):
    """The one row of how far the audit was read, and what the installation was then."""

    ONLY = 1

    sequence = models.PositiveBigIntegerField(default=0)
    installed = models.JSONField(default=dict, blank=True)  # kind → hash, of what no event tells: "encoder", "judge", "prompt"

    def __str__(self) -> str:
        return f"read up to {self.sequence}"


class CanaryRules(models.Model):
    """The one row of what is held back everywhere."""

    ONLY = 1

    holds_models = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "rules of the canary"


class HeldChangeQuerySet(models.QuerySet["HeldChange"]):
    def manageable_by(self, user: User | AnonymousUser) -> "HeldChangeQuerySet":
        return self.filter(collection__in=Collection.objects.manageable_by(user))


class HeldChange(models.Model):
    """A change that is tried on the golden questions before it counts."""

    class State(models.TextChoices):
        TESTING = "testing", _("Being tried")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Held back")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, null=True, on_delete=models.CASCADE, related_name="held_changes")  # None: of a model
    kind = models.CharField(max_length=12)  # "threshold", "route" or "model"
    target = models.BigIntegerField(null=True)  # primary key of a route or a model; None: a new route
    name = models.CharField(max_length=200, blank=True)  # of it
    value = models.JSONField(null=True)  # as it is to be; of a route, None: it is to be deleted
    before = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.TESTING)
    reason = models.TextField(blank=True)  # why it was applied all the same, or withdrawn
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = HeldChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("held change")
        verbose_name_plural = _("held changes")

    def __str__(self) -> str:
        return f"{self.kind} of {self.collection_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.TESTING, self.State.FAILED)

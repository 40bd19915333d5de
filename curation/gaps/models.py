"""What people asked and did not get: questions that mean the same are one gap.

Neither the words nor the name of who asked are copied: both stay in the audit, and are gone from here when they are erased there.
"""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection
from reviews.models import Case


class GapQuerySet(models.QuerySet["Gap"]):
    def manageable_by(self, user: User | AnonymousUser) -> "GapQuerySet":
        """Those of the collections that this user runs; those of no collection are knowledge admins'."""
        of_theirs = Q(collection__in=Collection.objects.manageable_by(user))
        return self.filter(of_theirs | Q(collection=None) if user.is_authenticated and user.is_knowledge_admin else of_theirs)


class Gap(models.Model):
    """Questions that mean the same, what is done about them, by whom and until when."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WANTED = "wanted", _("Document wanted")
        ANSWERED = "answered", _("Answered")
        REJECTED = "rejected", _("Not for this collection")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, null=True, on_delete=models.CASCADE, related_name="gaps")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="gaps")
    due_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    typical = models.ForeignKey("curation.GapQuestion", null=True, on_delete=models.SET_NULL, related_name="+")
    count = models.PositiveIntegerField(default=0)  # of its questions
    last_at = models.DateTimeField()  # when the last was asked
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["-count", "-last_at"]
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        indexes = [models.Index(fields=["collection", "state", "-count"], name="curation_gap_list")]

    def __str__(self) -> str:
        return f"gap {self.pk} of {self.collection_id}"


class GapQuestion(models.Model):
    """One question of a gap: a case of the audit, and its vector."""

    class Cause(models.TextChoices):
        REFUSED = "refused", _("Refused")
        UNHELPFUL = "unhelpful", _("Rated not helpful")
        UNCERTAIN = "uncertain", _("Low confidence")

    gap = models.ForeignKey(Gap, on_delete=models.CASCADE, related_name="questions")
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="gap_question")
    cause = models.CharField(max_length=9, choices=Cause.choices)
    vector = models.BinaryField()
    encoder = models.CharField(max_length=80)  # fingerprint
    told_at = models.DateTimeField(null=True, blank=True)  # when whoever asked put away that it is answered

    class Meta:
        ordering = ["-case"]
        verbose_name = _("question of a gap")
        verbose_name_plural = _("questions of gaps")

    def __str__(self) -> str:
        return f"case {self.case_id} in {self.gap_id}"


class GapReading(models.Model):
    """The one row of how far the desk's cases were read."""

    ONLY = 1

    sequence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"read up to {self.sequence}"

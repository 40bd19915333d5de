"""Questions that were handed to people."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Turn
from kb.models import Collection
from vault.fields import SealedTextField


class HandoverQuerySet(models.QuerySet["Handover"]):
    def manageable_by(self, user: User | AnonymousUser) -> "HandoverQuerySet":
        """Those of the collections that this user runs; those of none for knowledge admins."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        mine = Q(collection__in=Collection.objects.manageable_by(user))
        return self.filter(mine | Q(collection=None) if user.is_knowledge_admin else mine)

    def asked_by(self, user: User) -> "HandoverQuerySet":
        """Those of this user for their own list, which has no incognito questions."""
        return self.filter(asker=user, turn__conversation__is_incognito=False)

    def in_state(self, state: str) -> "HandoverQuerySet":
        """Those in this state: what waits the oldest first, what has ended the newest."""
        is_open = state in (Handover.State.OPEN, Handover.State.TAKEN)
        return self.filter(state=state).order_by("created_at" if is_open else "-created_at", "pk")


class Handover(models.Model):
    """One question for people. It goes with its conversation; the receipts stay in the audit."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        TAKEN = "taken", _("Being answered")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="handover")
    collection = models.ForeignKey(Collection, null=True, on_delete=models.SET_NULL, related_name="handovers")  # None: of none
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handovers")
    note = SealedTextField(blank=True)  # what the asker adds
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reply = SealedTextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("handed over question")
        verbose_name_plural = _("handed over questions")
        indexes = [models.Index(fields=["collection", "state", "created_at"], name="curation_handovers_of")]

    def __str__(self) -> str:
        return f"{self.uid} {self.state}"

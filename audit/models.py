"""One hash chain of everything that was asked, answered, seen and changed. Stores strings and ids: needs no other app."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """A link of the chain. `hash` covers every other field and the hash before it; `payload_hash` covers the payload."""

    sequence = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3 … without a gap
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)  # "question.answered", "source.viewed", "document.uploaded" …
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)  # what it was done to, as "kind:id"
    summary = models.CharField(max_length=300, blank=True)  # one line for the list; erased with the payload
    payload_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["action", "-sequence"], name="audit_action"),
            models.Index(fields=["actor_id", "-sequence"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class Payload(models.Model):
    """What happened in full, as canonical JSON; erasable, since the chain holds only its hash."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="payload")
    body = models.TextField()
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"payload of {self.event_id}"


class ChainHead(models.Model):
    """The single row whose lock puts writers in line; holds the last link."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"head at {self.sequence}"

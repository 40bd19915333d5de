"""One hash chain of everything that was asked, answered, seen and changed. Stores strings and ids: needs no other app."""

import json
import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.chain.canonical import GENESIS, event_hash
from audit.errors import AuditImmutable
from vault.fields import SealedTextField


class RecordQuerySet(models.QuerySet[Any]):
    """Rows that are written once: whatever would change or drop them raises."""

    def update(self, **kwargs: object) -> NoReturn:
        raise AuditImmutable("What was recorded is not changed.")

    def delete(self) -> NoReturn:
        raise AuditImmutable("What was recorded is not deleted.")

    def bulk_update(self, *args: object, **kwargs: object) -> NoReturn:
        raise AuditImmutable("What was recorded is not changed.")


class Recorded(models.Model):
    """A row that can be inserted, and nothing else. Only `audit.services.erase_payload` goes past this, on purpose."""

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditImmutable("What was recorded is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise AuditImmutable("What was recorded is not deleted.")


class Event(Recorded):
    """A link of the chain. `hash` covers every field that is never erased and the hash before it; `payload_hash` covers
    the payload together with `actor_name` and `summary`, which are erased with it."""

    sequence = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3 … without a gap
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)  # "question.answered", "source.viewed", "document.uploaded" …
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)  # what it was done to, as "kind:id"
    summary = SealedTextField(max_length=300, blank=True)  # one line for the list; erased with the payload
    payload_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # The mark authenticates hash and search facts (`audit.chain.marks.keys`); "" until an earlier release's events are sealed.
    facts_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    key_id = models.CharField(max_length=16, blank=True, default="", db_default="")
    mark = models.CharField(max_length=64, blank=True, default="", db_default="")

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

    def expected_hash(self) -> str:
        """Return what `hash` must be for the fields as they stand now."""
        return event_hash(
            sequence=self.sequence,
            uid=self.uid,
            at=self.at,
            action=self.action,
            actor_id=self.actor_id,
            subject=self.subject,
            payload_hash=self.payload_hash,
            previous_hash=self.previous_hash,
        )


class Payload(Recorded):
    """What happened in full: an envelope (`audit.chain.canonical`); erasable, since the chain holds only its hash."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="payload")
    body = SealedTextField()  # empty once erased
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("payload")
        verbose_name_plural = _("payloads")

    def __str__(self) -> str:
        return f"payload of {self.event_id}"

    @property
    def data(self) -> dict[str, Any]:
        """What the caller of `record` gave; empty once erased."""
        return json.loads(self.body)["payload"] if self.body else {}


class Fact(models.Model):
    """What reviewers look for events by, taken out of summary and payload (`audit.looking.facts`); the event's mark covers them."""

    # Without a constraint: where somebody removed events from the chain, verification reports it; what is left can be loaded.
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="facts", db_constraint=False)
    kind = models.CharField(max_length=20)  # "document", "document_uid", "title", "model", "receipt", "word"
    value = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["kind", "value", "event"], name="audit_fact_event")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class Reading(models.Model):
    """A visit of an auditor that goes on: what it looked for, until one event completes it (`audit.auditor_visits`)."""

    actor_id = models.CharField(max_length=64, unique=True)
    actor_name = models.CharField(max_length=200, blank=True)
    event = models.UUIDField()  # with which it began
    began_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    lists = models.JSONField(default=list)  # the filters of each list, each once, in the order in which they were looked at

    def __str__(self) -> str:
        return f"reading of {self.actor_id}"


class OutputState(models.Model):
    """How far a place outside has been sent checkpoints or events (`audit.outgoing`)."""

    name = models.CharField(max_length=40, unique=True)  # of the output in the settings
    sequence = models.PositiveBigIntegerField(default=0)  # the last event that it has taken, or that a checkpoint there signs
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)  # of the last try; "": it succeeded
    failures = models.PositiveIntegerField(default=0)  # in a row
    leased_until = models.DateTimeField(null=True, blank=True)  # somebody sends, or it is left alone after a failure

    def __str__(self) -> str:
        return f"{self.name} at {self.sequence}"


class ChainHead(models.Model):
    """The single row whose lock puts writers in line; holds the last link."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
    key_id = models.CharField(max_length=16, blank=True, default="", db_default="")  # of the key that marks the next event

    def __str__(self) -> str:
        return f"head at {self.sequence}"


class Hold(models.Model):
    """A legal hold: what nobody and nothing deletes until it is released (`audit.life.holds`)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)  # the matter
    reason = models.TextField(blank=True)
    since = models.DateTimeField(null=True, blank=True)  # what was over before is not held; None: from the beginning
    until = models.DateTimeField(null=True, blank=True)  # what began later is not held; None: what is to come, too
    ordered_at = models.DateTimeField()
    ordered_by = models.CharField(max_length=200, blank=True)  # user name then
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True)
    release_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-ordered_at", "-pk"]
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        indexes = [models.Index(fields=["released_at"], name="audit_hold_released")]

    def __str__(self) -> str:
        return self.name


class HeldThing(models.Model):
    """What a hold is on; a hold without any is on everything of its time."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        DOCUMENT = "document", _("Document")
        CONVERSATION = "conversation", _("Conversation")

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="things")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = models.CharField(max_length=64)  # primary key of a person, uid of a document or a conversation
    label = models.CharField(max_length=300, blank=True)  # its name when it was held

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "kind", "value"], name="audit_held_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"

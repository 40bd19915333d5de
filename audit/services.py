"""Writing to the audit: one function to record, one to erase, one to sign where the chain stands."""

import logging
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from audit import checkpoints
from audit.canonical import envelope, event_hash, sha256_hex, storable
from audit.errors import AuditInvalid
from audit.facts import facts_of
from audit.models import ChainHead, Event, Fact, Payload
from audit.verification import Problem, Verification, verify_chain

__all__ = ["Problem", "Verification", "erase_payload", "record", "verify_chain", "write_checkpoint"]

logger = logging.getLogger(__name__)

HEAD_ID = 1


def record(
    action: str,
    *,
    actor_id: object = "",
    actor_name: str = "",
    subject: str = "",
    summary: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Event:
    """Append an event to the chain, in the caller's transaction where there is one: both happen or neither.

    Writers stand in line from here to the end of their transaction, so call it last in a transaction and keep that short.

    Args:
        action: "kind.verb" of the contract, at most 60 characters.
        actor_id: primary key of the user, "" for the system itself.
        actor_name, summary: for people; cut to their columns, erased with the payload.
        subject: what it was done to, as "kind:id".
        payload: what JSON can hold (also UUIDs, dates and lazy translations); no NaN.
    Raises: AuditInvalid: no action, a field too long, or a payload that is not JSON.
    """
    actor = str(actor_id or "")
    for name, value, limit in (("action", action, 60), ("actor_id", actor, 64), ("subject", subject, 300)):
        if len(value) > limit or "\x00" in value:
            raise AuditInvalid(f"{name} is longer than {limit} characters or holds a NUL.")
    if not action:
        raise AuditInvalid("An event needs an action.")
    actor_name, summary = storable(actor_name, max_length=200), storable(summary, max_length=300)
    body = envelope(actor_name=actor_name, summary=summary, payload=payload or {})

    with transaction.atomic():
        head, _created = ChainHead.objects.select_for_update().get_or_create(pk=HEAD_ID)
        link: dict[str, Any] = {
            "sequence": head.sequence + 1,
            "uid": uuid.uuid4(),
            "at": timezone.now(),
            "action": action,
            "actor_id": actor,
            "subject": subject,
            "payload_hash": sha256_hex(body),
            "previous_hash": head.hash,
        }
        event = Event.objects.create(**link, hash=event_hash(**link), actor_name=actor_name, summary=summary)
        Payload.objects.create(event=event, body=body)
        Fact.objects.bulk_create(Fact(event=event, kind=kind, value=value) for kind, value in facts_of(payload or {}))
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
        # Robust: the event is committed by then, and a full disk must not turn the caller's success into an error.
        transaction.on_commit(_write_checkpoint_if_due, robust=True)
    return event


def erase_payload(*, event: Event, reason: str, actor_id: object = "", actor_name: str = "") -> Event:
    """Erase the personal data of an event: its payload, its summary and the actor's name. The chain stays whole.

    The erasure is an event of its own, without which verification calls an empty payload a manipulation.
    Returns: the event of the erasure. Raises: AuditInvalid: no reason, or erased before.
    """
    if not reason.strip():
        raise AuditInvalid("An erasure needs a reason.")
    with transaction.atomic():
        ChainHead.objects.select_for_update().get_or_create(pk=HEAD_ID)
        # The one place that changes what was recorded: a plain QuerySet goes past the guard of the model's own.
        erased = models.QuerySet(Payload).filter(event=event, erased_at=None).update(body="", erased_at=timezone.now())
        if not erased:
            raise AuditInvalid("This event was erased before.")
        Fact.objects.filter(event=event).delete()
        models.QuerySet(Event).filter(pk=event.pk).update(actor_name="", summary="")
        return record(
            "audit.erased",
            actor_id=actor_id,
            actor_name=actor_name,
            subject=f"event:{event.uid}",
            summary=reason,
            payload={"event": event.uid, "sequence": event.sequence, "payload_hash": event.payload_hash, "reason": reason},
        )


def write_checkpoint() -> checkpoints.Checkpoint | None:
    """Sign the head as it is committed now and append it to the file; None while nothing was recorded."""
    head = ChainHead.objects.filter(pk=HEAD_ID, sequence__gt=0).first()
    if head is None:
        return None
    return checkpoints.append_checkpoint(root=Path(settings.AUDIT_ROOT), sequence=head.sequence, head_hash=head.hash)


def _write_checkpoint_if_due() -> None:
    """Sign when the newest checkpoint is older than `AUDIT_CHECKPOINT_S`; the rest is covered by beat and the next event."""
    path = Path(settings.AUDIT_ROOT) / checkpoints.FILE_NAME
    if path.exists() and time.time() - path.stat().st_mtime < settings.AUDIT_CHECKPOINT_S:
        return
    checkpoint = write_checkpoint()
    if checkpoint is not None:
        logger.info("audit checkpoint at event %d", checkpoint.sequence)

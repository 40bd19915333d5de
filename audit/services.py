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

from audit.actor import SYSTEM, Actor
from audit.chain import checkpoints
from audit.chain.canonical import envelope, event_hash, sha256_hex, storable
from audit.chain.seams import RESTORED
from audit.chain.verification import Problem, Verification, verify_chain
from audit.errors import AuditInvalid
from audit.facts import facts_of
from audit.models import ChainHead, Event, Fact, Payload

__all__ = ["Problem", "Verification", "erase_payload", "lock_chain", "record", "verify_chain", "write_checkpoint"]

logger = logging.getLogger(__name__)

HEAD_ID = 1


def record(
    action: str,
    *,
    by: Actor = SYSTEM,
    subject: str = "",
    summary: str = "",
    payload: Mapping[str, Any] | None = None,
    uid: uuid.UUID | None = None,
) -> Event:
    """Append an event to the chain, in the caller's transaction where there is one: both happen or neither.

    Writers stand in line from here to the end of their transaction, so call it last in a transaction and keep that short.

    Args:
        action: "kind.verb" of the contract, at most 60 characters.
        by: who acted; the name and the summary are for people: cut to their columns, erased with the payload.
        subject: what it was done to, as "kind:id".
        payload: what JSON can hold (also UUIDs, dates and lazy translations); no NaN.
        uid: of the event, where what it records may be recorded once only: the database refuses a second one.
    Raises: AuditInvalid: no action, a field too long, or a payload that is not JSON.
    """
    for name, value, limit in (("action", action, 60), ("actor_id", by.id, 64), ("subject", subject, 300)):
        if len(value) > limit or "\x00" in value:
            raise AuditInvalid(f"{name} is longer than {limit} characters or holds a NUL.")
    if not action:
        raise AuditInvalid("An event needs an action.")
    actor_name, summary = storable(by.name, max_length=200), storable(summary, max_length=300)
    body = envelope(actor_name=actor_name, summary=summary, payload=payload or {})

    with transaction.atomic():
        head = lock_chain()
        link: dict[str, Any] = {
            "sequence": head.sequence + 1,
            "uid": uid or uuid.uuid4(),
            "at": timezone.now(),
            "action": action,
            "actor_id": by.id,
            "subject": subject,
            "payload_hash": sha256_hex(body),
            "previous_hash": head.hash,
        }
        event = Event.objects.create(**link, hash=event_hash(**link), actor_name=actor_name, summary=summary)
        Payload.objects.create(event=event, body=body)
        Fact.objects.bulk_create(
            Fact(event=event, kind=kind, value=value) for kind, value in facts_of(payload or {}, summary=summary)
        )
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
        # Robust: the event is committed by then, and a full disk must not turn the caller's success into an error.
        transaction.on_commit(_write_checkpoint_if_due, robust=True)
    return event


def lock_chain() -> ChainHead:
    """Stand in line to record, until the caller's transaction ends.

    Every change of rights is recorded in its own transaction. So what is read after this is what holds when the caller's event
    is recorded: a change whose event stands before it in the chain has been committed, and is seen.
    """
    head, _created = ChainHead.objects.select_for_update().get_or_create(pk=HEAD_ID)
    return head


def erase_payload(*, event: Event, reason: str, by: Actor = SYSTEM) -> Event:
    """Erase the personal data of an event: its payload, its summary and the actor's name. The chain stays whole.

    The erasure is an event of its own, without which verification calls an empty payload a manipulation.
    Returns: the event of the erasure. Raises: AuditInvalid: no reason, erased before, or what explains the chain itself.
    """
    if event.action == RESTORED:
        raise AuditInvalid("What explains a restore is needed to verify the audit; it holds no personal data.")
    if not reason.strip():
        raise AuditInvalid("An erasure needs a reason.")
    with transaction.atomic():
        lock_chain()
        # The one place that changes what was recorded: a plain QuerySet goes past the guard of the model's own.
        erased = models.QuerySet(Payload).filter(event=event, erased_at=None).update(body="", erased_at=timezone.now())
        if not erased:
            raise AuditInvalid("This event was erased before.")
        Fact.objects.filter(event=event).delete()
        models.QuerySet(Event).filter(pk=event.pk).update(actor_name="", summary="")
        return record(
            "audit.erased",
            by=by,
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

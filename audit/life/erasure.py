"""Erasing the personal data of an event: the chain stays whole, and says who ordered it."""

from django.db import models, transaction

from audit.actor import SYSTEM, Actor
from audit.chain.marks.sealing import SEALED
from audit.chain.seams import RESTORED
from audit.chain.verifying.walking import ROTATED
from audit.errors import AuditInvalid
from audit.models import Event, Fact, Payload
from audit.services import lock_chain, record

ERASED = "audit.erased"
EXPLAINING = frozenset({RESTORED, SEALED, ROTATED})  # events whose payloads verification needs


def erase_payload(*, event: Event, reason: str, by: Actor = SYSTEM) -> Event:
    """Erase the personal data of an event: its payload, its summary, the actor's name, and what it is searched by.

    The erasure is an event of its own, with the mark of a key, which says who ordered it; without one verification calls an empty
    payload a manipulation.
    Returns: the event of the erasure. Raises: AuditInvalid: no reason, erased before, or what explains the chain itself.
    """
    if event.action in EXPLAINING:
        raise AuditInvalid("What explains the chain itself is needed to verify the audit; it holds no personal data.")
    if not reason.strip():
        raise AuditInvalid("An erasure needs a reason.")
    with transaction.atomic():
        lock_chain()
        if not Payload.objects.filter(event=event, erased_at=None).exists():
            raise AuditInvalid("This event was erased before.")
        erasure = record(
            ERASED,
            by=by,
            subject=f"event:{event.uid}",
            summary=reason,
            payload={
                "event": event.uid,
                "sequence": event.sequence,
                "payload_hash": event.payload_hash,
                "reason": reason,
                "ordered_by": {"id": by.id, "name": by.name},
            },
        )
        # The one place that changes what was recorded: a plain QuerySet goes past the guard of the model's own, in the order that
        # the database's guards let through (`audit.chain.marks.guards`).
        models.QuerySet(Payload).filter(event=event).update(body="", erased_at=erasure.at)
        Fact.objects.filter(event=event).delete()
        models.QuerySet(Event).filter(pk=event.pk).update(actor_name="", summary="")
    return erasure

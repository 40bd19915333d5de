"""Erasing the personal data of events: the chain stays whole, and says who ordered it."""

from collections.abc import Sequence

from django.db import models, transaction
from django.db.models import Q

from audit.actor import SYSTEM, Actor
from audit.chain.appending import Entry
from audit.chain.marks.sealing import SEALED
from audit.chain.seams import RESTORED
from audit.chain.verifying.walking import ROTATED
from audit.errors import AuditInvalid, HeldBack
from audit.life.holds import held_events, hold_on_event, read_holds
from audit.models import Event, Fact, Payload
from audit.services import lock_chain, record_all

ERASED = "audit.erased"
EXPLAINING = frozenset({RESTORED, SEALED, ROTATED})  # events whose payloads verification needs


def erase_payload(*, event: Event, reason: str, by: Actor = SYSTEM) -> Event:
    """Erase the personal data of an event: its payload, its summary, the actor's name, and what it is searched by.

    The erasure is an event of its own, with the mark of a key, which says who ordered it; without one verification calls an empty
    payload a manipulation.
    Returns: the event of the erasure.
    Raises: AuditInvalid: no reason, erased before, or what explains the chain itself. HeldBack: a legal hold keeps it.
    """
    if event.action in EXPLAINING:
        raise AuditInvalid("What explains the chain itself is needed to verify the audit; it holds no personal data.")
    with transaction.atomic():
        lock_chain()
        if (hold := hold_on_event(event)) is not None:
            raise HeldBack(hold.name)
        erasures = erase_payloads([event], reason=reason, by=by)
        if not erasures:
            raise AuditInvalid("This event was erased before.")
    return erasures[0]


def erase_payloads(events: Sequence[Event], *, reason: str, by: Actor = SYSTEM, kept: Q | None = None) -> list[Event]:
    """Erase many at once; what was erased before, what explains the chain and what a legal hold keeps is passed over.

    Args: kept: a condition for events that are kept as well. Returns: the events of the erasures. Raises: AuditInvalid: no reason.
    """
    if not reason.strip():
        raise AuditInvalid("An erasure needs a reason.")
    with transaction.atomic():
        lock_chain()
        held = held_events(read_holds()) | (kept if kept is not None else Q(pk__in=[]))
        wanted = Event.objects.filter(pk__in=[event.pk for event in events], payload__erased_at=None).exclude(held)
        going = list(wanted.exclude(action__in=EXPLAINING).order_by("sequence"))
        erasures = record_all(
            [
                Entry(
                    action=ERASED,
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
                for event in going
            ]
        )
        if erasures:
            # The one place that changes what was recorded: a plain QuerySet goes past the guard of the model's own, in the order
            # that the database's guards let through (`audit.chain.marks.guards`). All have the time of their erasures.
            keys = [event.pk for event in going]
            models.QuerySet(Payload).filter(event__in=keys).update(body="", erased_at=erasures[0].at)
            Fact.objects.filter(event__in=keys).delete()
            models.QuerySet(Event).filter(pk__in=keys).update(actor_name="", summary="")
    return erasures

"""What a forger works with: the whole database, past models, guards and triggers, and all of this code, but no key and no file."""

import random
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import models

from audit.actor import Actor
from audit.chain.canonical import GENESIS, envelope, sha256_hex
from audit.looking.facts import facts_of, hash_facts
from audit.models import ChainHead, Event, Fact, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    kind: str
    events: frozenset[int]  # verification must name one of these


def rows(model: type[models.Model]) -> "models.QuerySet[Any]":
    """Return all rows, to be changed and dropped as SQL would."""
    return models.QuerySet(model)


def events() -> list[Event]:
    return list(rows(Event).order_by("sequence"))


def pick(chance: random.Random, *, among: list[Event] | None = None) -> Event:
    return chance.choice(among if among is not None else events())


def rechain(start: int, *, marks: str = "kept") -> None:
    """Recompute every link from `start` on, and the head. `marks`: "kept", or "made up" for the changed ones."""
    before = rows(Event).filter(sequence__lt=start).order_by("-sequence").first()
    previous, last = (before.hash if before else GENESIS), (before.sequence if before else 0)
    for event in rows(Event).filter(sequence__gte=start).order_by("sequence"):
        event.previous_hash = previous
        previous, last = event.expected_hash(), event.sequence
        changes = {"previous_hash": event.previous_hash, "hash": previous}
        if marks == "made up" and previous != event.hash:
            changes["mark"] = secrets.token_hex(32)
        rows(Event).filter(pk=event.pk).update(**changes)
    rows(ChainHead).update(sequence=last, hash=previous)


def renumber(start: int, *, by: int) -> None:
    """Move the sequence of every event from `start` on."""
    order = "sequence" if by < 0 else "-sequence"
    for event in rows(Event).filter(sequence__gte=start).order_by(order):
        rows(Event).filter(pk=event.pk).update(sequence=event.sequence + by)


def remove(found: list[Event]) -> None:
    """Take events away, with all that belongs to them."""
    ids = [event.pk for event in found]
    rows(Fact).filter(event_id__in=ids).delete()
    rows(Payload).filter(event_id__in=ids).delete()
    rows(Event).filter(pk__in=ids).delete()


def write_event(
    sequence: int, *, action: str, subject: str, payload: dict[str, Any], template: Event, mark: str, by: Actor
) -> Event:
    """Insert an event as the application would, but for the mark."""
    body = envelope(actor_name=by.name, summary="forged", payload=payload)
    before = rows(Event).filter(sequence=sequence - 1).first()
    facts = facts_of(payload, summary="forged")
    event = Event(
        sequence=sequence,
        at=template.at,
        action=action,
        actor_id=by.id,
        actor_name=by.name,
        subject=subject,
        summary="forged",
        payload_hash=sha256_hex(body),
        previous_hash=before.hash if before else GENESIS,
        facts_hash=hash_facts(facts),
        key_id=template.key_id,
        mark=mark,
    )
    event.hash = event.expected_hash()
    event.save()
    Payload(event=event, body=body).save()
    Fact.objects.bulk_create(Fact(event=event, kind=kind, value=value) for kind, value in facts)
    return event

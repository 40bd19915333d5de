"""The rows of events to be: what can be made of them before their place in the chain is known, and the rest at their place."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audit.actor import SYSTEM, Actor
from audit.chain.canonical import envelope, sha256_hex, storable
from audit.chain.marks.keys import EventKey
from audit.errors import AuditInvalid
from audit.looking.facts import facts_of, hash_facts
from audit.models import ChainHead, Event, Fact, Payload

BATCH = 500  # rows in a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be recorded: the arguments of `audit.services.record`."""

    action: str
    by: Actor = SYSTEM
    subject: str = ""
    summary: str = ""
    payload: Mapping[str, Any] | None = None
    uid: uuid.UUID | None = None


@dataclass(slots=True, kw_only=True)
class Draft:
    """An event without its place in the chain: `event` lacks sequence, time, hashes and mark, and maybe its primary key."""

    event: Event
    body: str
    facts: tuple[tuple[str, str], ...]


def make_draft(entry: Entry) -> Draft:
    """Raises: AuditInvalid: no action, a field too long, or a payload that is not JSON."""
    for name, value, limit in (("action", entry.action, 60), ("actor_id", entry.by.id, 64), ("subject", entry.subject, 300)):
        if len(value) > limit or "\x00" in value:
            raise AuditInvalid(f"{name} is longer than {limit} characters or holds a NUL.")
    if not entry.action:
        raise AuditInvalid("An event needs an action.")
    actor_name, summary = storable(entry.by.name, max_length=200), storable(entry.summary, max_length=300)
    body = envelope(actor_name=actor_name, summary=summary, payload=entry.payload or {})
    facts = facts_of(entry.payload or {}, summary=summary)
    event = Event(
        uid=entry.uid or uuid.uuid4(),
        action=entry.action,
        actor_id=entry.by.id,
        actor_name=actor_name,
        subject=entry.subject,
        summary=summary,
        payload_hash=sha256_hex(body),
        facts_hash=hash_facts(facts),
    )
    return Draft(event=event, body=body, facts=facts)


def write_contents(drafts: Sequence[Draft]) -> None:
    """Write payloads and search facts of events whose primary keys are known."""
    Payload.objects.bulk_create((Payload(event_id=one.event.pk, body=one.body) for one in drafts), batch_size=BATCH)
    facts = [Fact(event_id=one.event.pk, kind=kind, value=value) for one in drafts for kind, value in one.facts]
    if facts:
        Fact.objects.bulk_create(facts, batch_size=BATCH)


def link_drafts(drafts: Sequence[Draft], *, head: ChainHead, key: EventKey) -> list[Event]:
    """Give the events their places behind the head, whose lock the caller holds, and move the head. Nothing is stored yet."""
    events, at = [draft.event for draft in drafts], timezone.now()
    for event in events:
        event.sequence, event.at, event.previous_hash = head.sequence + 1, at, head.hash
        event.hash = event.expected_hash()
        event.key_id, event.mark = key.id, key.mark(event_hash=event.hash, facts_hash=event.facts_hash)
        head.sequence, head.hash, head.key_id = event.sequence, event.hash, key.id
    return events

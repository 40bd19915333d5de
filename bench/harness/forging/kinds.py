"""Every kind of forgery: each changes the database once, and says which events verification must name."""

import random
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta

from audit.actor import Actor
from audit.chain.canonical import envelope, sha256_hex
from audit.models import ChainHead, Event, Fact, Payload
from bench.harness.forging.rows import Forgery, events, pick, rechain, remove, renumber, rows, write_event

Kind = Callable[[random.Random], frozenset[int]]
TEXTS = ("action", "actor_id", "actor_name", "subject", "summary")
HASHES = ("payload_hash", "previous_hash", "hash", "facts_hash", "mark")


def _named(*sequences: int) -> frozenset[int]:
    return frozenset(sequences)


def _change(event: Event, chance: random.Random) -> None:
    column = chance.choice([*TEXTS, "at", "uid"])
    if column == "at":
        value: object = event.at + timedelta(microseconds=chance.choice([-1, 1, 3_600_000_000]))
    elif column == "uid":
        value = uuid.uuid4()
    else:
        value = f"{getattr(event, column)[:20]}~"
    rows(Event).filter(pk=event.pk).update(**{column: value})


def edit_column(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    _change(event, chance)
    return _named(event.sequence)


def edit_hash(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    rows(Event).filter(pk=event.pk).update(**{chance.choice(HASHES): secrets.token_hex(32)})
    return _named(event.sequence)


def edit_key_id(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    rows(Event).filter(pk=event.pk).update(key_id=chance.choice(["", "deadbeef"]))
    return _named(event.sequence)


def edit_and_rehash(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    rows(Event).filter(pk=event.pk).update(action=f"{event.action}~")
    event.refresh_from_db()
    rows(Event).filter(pk=event.pk).update(hash=event.expected_hash())
    return _named(event.sequence)


def edit_and_rechain(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    rows(Event).filter(pk=event.pk).update(action=f"{event.action}~")
    rechain(event.sequence, marks=chance.choice(["kept", "made up"]))
    return _named(event.sequence)


def delete(chance: random.Random) -> frozenset[int]:
    found = events()
    first = chance.randrange(len(found))
    remove(found[first : first + chance.randint(1, 3)])
    return _named(first + 1)


def delete_and_rechain(chance: random.Random) -> frozenset[int]:
    found = events()
    first, count = chance.randrange(len(found) - 3), chance.randint(1, 3)
    remove(found[first : first + count])
    renumber(first + count + 1, by=-count)
    rechain(first + 1, marks=chance.choice(["kept", "made up"]))
    return _named(first + 1)


def insert(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    renumber(event.sequence, by=1)
    _write(chance, event.sequence, template=event)
    rechain(event.sequence, marks=chance.choice(["kept", "made up"]))
    return _named(event.sequence)


def reorder(chance: random.Random) -> frozenset[int]:
    one, other = sorted(chance.sample(events(), 2), key=lambda event: event.sequence)
    spare = 10**9
    for event, sequence in ((one, spare), (other, one.sequence), (one, other.sequence)):
        rows(Event).filter(pk=event.pk).update(sequence=sequence)
    if chance.random() < 0.5:
        rechain(one.sequence, marks=chance.choice(["kept", "made up"]))
    return _named(one.sequence)


def truncate(chance: random.Random) -> frozenset[int]:
    found = events()
    count = min(chance.choice([1, 1, 2, 3, 10, len(found) // 2]), len(found) - 1)
    remove(found[-count:])
    last = found[-count - 1]
    rows(ChainHead).update(sequence=last.sequence, hash=last.hash, key_id=last.key_id)
    return _named(last.sequence + 1)


def truncate_all(chance: random.Random) -> frozenset[int]:
    remove(events())
    rows(ChainHead).update(sequence=0, hash="0" * 64, key_id=chance.choice(["", "deadbeef"]))
    return _named(1)


def edit_payload(chance: random.Random) -> frozenset[int]:
    event = _with_payload(chance)
    payload = rows(Payload).get(event=event)
    at = chance.randrange(len(payload.body))
    body = payload.body[:at] + ("#" if payload.body[at] != "#" else "+") + payload.body[at + 1 :]
    rows(Payload).filter(pk=payload.pk).update(body=body)
    return _named(event.sequence)


def edit_payload_and_rechain(chance: random.Random) -> frozenset[int]:
    event = _with_payload(chance)
    body = envelope(actor_name=event.actor_name, summary=event.summary, payload={"question": "What was never asked?"})
    rows(Payload).filter(event=event).update(body=body)
    rows(Event).filter(pk=event.pk).update(payload_hash=sha256_hex(body))
    rechain(event.sequence, marks=chance.choice(["kept", "made up"]))
    return _named(event.sequence)


def swap_payloads(chance: random.Random) -> frozenset[int]:
    one, other = chance.sample([event for event in events() if rows(Payload).filter(event=event, erased_at=None).exists()], 2)
    first, second = rows(Payload).get(event=one), rows(Payload).get(event=other)
    rows(Payload).filter(pk=first.pk).update(body=second.body)
    rows(Payload).filter(pk=second.pk).update(body=first.body)
    return _named(one.sequence, other.sequence)


def drop_payload(chance: random.Random) -> frozenset[int]:
    event = pick(chance)
    rows(Payload).filter(event=event).delete()
    return _named(event.sequence)


def append(chance: random.Random) -> frozenset[int]:
    found = events()
    event = _write(chance, found[-1].sequence + 1, template=found[-1])
    rows(ChainHead).update(sequence=event.sequence, hash=event.hash)
    return _named(event.sequence)


def replay(chance: random.Random) -> frozenset[int]:
    """Append an event that was recorded, with everything that belongs to it."""
    found = events()
    event, last = pick(chance, among=found[:-1]), found[-1]
    copy = Event.objects.get(pk=event.pk)
    copy.pk, copy._state.adding, copy.uid, copy.sequence = None, True, uuid.uuid4(), last.sequence + 1
    if chance.random() < 0.5:
        copy.previous_hash = last.hash
        copy.hash = copy.expected_hash()
    copy.save()
    original = rows(Payload).get(event=event)
    Payload(event=copy, body=original.body, erased_at=original.erased_at).save()
    rows(ChainHead).update(sequence=copy.sequence, hash=copy.hash)
    return _named(copy.sequence)


def erase(chance: random.Random) -> frozenset[int]:
    """Empty an event, without a word or with a forged order."""
    event = _with_payload(chance)
    last = events()[-1]
    at = last.at
    if chance.random() < 0.7:
        order = {
            "event": str(event.uid),
            "sequence": event.sequence,
            "payload_hash": event.payload_hash,
            "reason": "asked for",
            "ordered_by": {"id": "1", "name": "kim"},
        }
        forged = write_event(
            last.sequence + 1,
            action="audit.erased",
            subject=f"event:{event.uid}",
            payload=order,
            template=last,
            mark=_mark(chance, last),
            by=Actor(id="1", name="kim"),
        )
        rows(ChainHead).update(sequence=forged.sequence, hash=forged.hash)
        at = forged.at
    rows(Payload).filter(event=event).update(body="", erased_at=at)
    rows(Fact).filter(event=event).delete()
    rows(Event).filter(pk=event.pk).update(actor_name="", summary="")
    return _named(event.sequence, last.sequence + 1)


def redirect_erasure(chance: random.Random) -> frozenset[int]:
    """Have an erasure on record speak of another event, and empty that."""
    erasure, event = rows(Event).filter(action="audit.erased").order_by("sequence")[0], _with_payload(chance)
    rows(Event).filter(pk=erasure.pk).update(subject=f"event:{event.uid}")
    rows(Payload).filter(event=event).update(body="", erased_at=erasure.at)
    rows(Fact).filter(event=event).delete()
    rows(Event).filter(pk=event.pk).update(actor_name="", summary="")
    return _named(erasure.sequence)


def fill_erased(chance: random.Random) -> frozenset[int]:
    """Put content into an erased event, or shift the time of its erasure."""
    payload = chance.choice(list(rows(Payload).exclude(erased_at=None).select_related("event")))
    found = rows(Payload).filter(pk=payload.pk)
    change = chance.randrange(4)
    if change == 0:
        found.update(body=envelope(actor_name="x", summary="y", payload={}))
    elif change == 1:
        found.update(erased_at=payload.erased_at + timedelta(microseconds=1))
    elif change == 2:
        found.update(erased_at=None)
    else:
        Fact(event=payload.event, kind="word", value="made-up").save()
    return _named(payload.event.sequence)


def edit_facts(chance: random.Random) -> frozenset[int]:
    """Change by what an event is found."""
    fact = chance.choice(list(rows(Fact).filter(event__isnull=False).select_related("event")))
    sequence = fact.event.sequence
    change = chance.randrange(4)
    if change == 0:
        rows(Fact).filter(pk=fact.pk).update(value=f"{fact.value[:200]}~")
    elif change == 1:
        rows(Fact).filter(pk=fact.pk).delete()
    elif change == 2:
        Fact(event=fact.event, kind=fact.kind, value=secrets.token_hex(4)).save()
    else:
        other = pick(chance, among=[event for event in events() if event.pk != fact.event_id])
        rows(Fact).filter(pk=fact.pk).update(event=other)
    return _named(sequence)


def orphan_fact(chance: random.Random) -> frozenset[int]:
    Fact(event_id=10**9 + chance.randrange(100), kind="word", value="made-up").save()
    return _named(0)


def edit_head(chance: random.Random) -> frozenset[int]:
    head, last = rows(ChainHead).get(), events()[-1].sequence
    change = chance.randrange(5)
    if change == 0:
        rows(ChainHead).update(sequence=head.sequence + chance.choice([-1, 1, 7]))
    elif change == 1:
        rows(ChainHead).update(hash=secrets.token_hex(32))
    elif change == 2:
        rows(ChainHead).update(key_id=chance.choice(["", "deadbeef"]))
    elif change == 3:
        ChainHead(pk=2, sequence=last, hash=head.hash).save()
    else:
        rows(ChainHead).delete()
    return _named(last - 1, last, last + 1)


KINDS: tuple[Kind, ...] = (
    *(edit_column, edit_hash, edit_key_id, edit_and_rehash, edit_and_rechain, delete, delete_and_rechain, insert, reorder),
    *(truncate, truncate_all, edit_payload, edit_payload_and_rechain, swap_payloads, drop_payload, append, replay),
    *(erase, redirect_erasure, fill_erased, edit_facts, orphan_fact, edit_head),
)


def forge(chance: random.Random, *, kind: Kind | None = None) -> Forgery:
    """Change the database in one way. Returns: which, and what verification must name."""
    kind = kind or chance.choice(KINDS)
    return Forgery(kind=kind.__name__, events=kind(chance))


def _mark(chance: random.Random, template: Event) -> str:
    return chance.choice(["", secrets.token_hex(32), template.mark])


def _write(chance: random.Random, sequence: int, *, template: Event) -> Event:
    return write_event(
        sequence,
        action="question.answered",
        subject="",
        payload={"question": "What was never asked?"},
        template=template,
        mark=_mark(chance, template),
        by=Actor(id="7", name="erin"),
    )


def _with_payload(chance: random.Random) -> Event:
    return pick(chance, among=[event for event in events() if rows(Payload).filter(event=event, erased_at=None).exists()])

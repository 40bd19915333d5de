"""A chain to forge: events of an earlier release, sealed; then those of this one, with an erasure and a change of keys."""

from pathlib import Path

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.chain.canonical import envelope, event_hash, sha256_hex
from audit.chain.witness import note_head
from audit.life.erasure import erase_payload
from audit.life.rotation import rotate_key
from audit.looking.facts import facts_of
from audit.models import ChainHead, Event, Fact, Payload
from audit.services import lock_chain, record, write_checkpoint
from bench.harness.forging.rows import rows

PEOPLE = ("erin", "tao", "olga")
QUESTIONS = ("How many hours of leave do I earn?", "差旅住宿的上限是多少？", "Who approves travel?", "What does parking cost?")


def record_as_before(number: int) -> Event:
    """Append an event as the release before marks did."""
    question, who = QUESTIONS[number % len(QUESTIONS)], number % len(PEOPLE)
    summary = f"{question} ({number})"
    payload = {"question": summary, "model": {"name": "extractive"}}
    with transaction.atomic():
        head: ChainHead = lock_chain()
        body = envelope(actor_name=PEOPLE[who], summary=summary, payload=payload)
        link = {
            "sequence": head.sequence + 1,
            "uid": Event._meta.get_field("uid").get_default(),
            "at": timezone.now(),
            "action": "question.answered",
            "actor_id": str(who),
            "subject": f"turn:{number}",
            "payload_hash": sha256_hex(body),
            "previous_hash": head.hash,
        }
        event = Event(**link, hash=event_hash(**link), actor_name=PEOPLE[who], summary=summary)
        event.save()
        Payload(event=event, body=body).save()
        facts = facts_of(payload, summary=summary)
        Fact.objects.bulk_create(Fact(event=event, kind=kind, value=value) for kind, value in facts)
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
    return event


def build_chain(count: int, *, root: Path) -> Path:
    """Record about `count` events into an empty audit. Returns: the checkpoints kept elsewhere, which lack the last few."""
    old = [record_as_before(number) for number in range(count // 3)]
    for number in range(count // 3):
        name = PEOPLE[number % len(PEOPLE)]
        record(
            "question.answered" if number % 4 else "source.viewed",
            by=Actor(id=str(number % len(PEOPLE)), name=name),
            subject=f"turn:{number}",
            summary=f"{QUESTIONS[number % len(QUESTIONS)]} {number}",
            payload={"question": QUESTIONS[number % len(QUESTIONS)], "model": {"name": "llama"}, "n": number},
        )
    erase_payload(event=old[len(old) // 2], reason="asked for", by=Actor(id="1", name="kim"))
    rotate_key()
    for number in range(count // 3):
        name = f"rules-{number}.pdf"
        record("document.uploaded", by=Actor(id="1", name="kim"), summary=name, payload={"document": name})
    erase_payload(event=rows(Event).get(sequence=count // 2), reason="asked for", by=Actor(id="1", name="kim"))
    write_checkpoint()
    elsewhere = root / "elsewhere.jsonl"
    elsewhere.write_bytes((root / "checkpoints.jsonl").read_bytes())
    last = [record("question.refused", summary=f"Late {number}", payload={"n": number}) for number in range(3)][-1]
    note_head(root, sequence=last.sequence, head_hash=last.hash)
    return elsewhere

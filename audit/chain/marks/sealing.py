"""Marking a chain of before there were marks: every event gets its mark, and an event seals the head.

What was recorded by an earlier release is authenticated by the hash of its last event, which the key's line in the file holds from
before the first mark is set. So a seal that was cut off is made again, and one that somebody provokes by clearing columns marks
nothing but what that hash covers.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection

from audit.chain.canonical import canonical_json
from audit.chain.checkpoints import may_sign, signing_key
from audit.chain.marks.keys import EventKey, add_key, read_keys
from audit.chain.rows import UNREADABLE, Row, read_rows
from audit.errors import AuditInvalid, KeyUnusable
from audit.looking.facts import facts_of, hash_facts
from audit.models import ChainHead, Event, Fact, Payload

logger = logging.getLogger(__name__)
SEALED = "audit.sealed"
BATCH = 500


def key_of_head(head: ChainHead) -> EventKey:
    """Return the key that marks the event after this head, of a chain that needs no seal. The caller holds the head's lock.

    Raises: KeyUnusable.
    """
    keys = read_keys()
    if head.key_id:
        key = keys.get(head.key_id)
        if key is None:
            raise KeyUnusable(
                f"The key {head.key_id} of the audit is not among the installation's: restore the file of keys (docs/security.md)."
            )
        return key
    return list(keys.values())[-1] if keys else add_key(only_first=True)


def needs_seal(head: ChainHead) -> bool:
    return bool(head.sequence) and not head.key_id


def seal_events(head: ChainHead, *, reason: str) -> dict[str, Any]:
    """Mark every event up to the head, and return the payload of the event that seals it. The caller holds the head's lock.

    Args:
        reason: "upgrade", or "restore": from a backup without the keys; the caller has lifted the guards then.
    Raises: KeyUnusable: there are keys already, and they were not made to seal this chain.
    """
    keys = list(read_keys().values())
    if reason == "restore" or not keys:
        key = add_key(sealed_sequence=head.sequence, sealed_hash=head.hash)
    else:
        key = keys[-1]
        known = Event.objects.filter(sequence=key.sealed_sequence).values_list("hash", flat=True).first()
        if len(keys) > 1 or not key.sealed_sequence or (key.sealed_sequence, key.sealed_hash) != (head.sequence, known):
            raise KeyUnusable(
                "The audit has keys, and its events bear no marks: somebody has cleared them, or the file of keys belongs to "
                "another installation. Restore the database from a backup, or the file that belongs to it."
            )
    logger.info("marking %d events of the audit that an earlier release recorded", head.sequence)
    differing = sum(_mark_batch(batch, key) for batch in _batches(read_rows()))
    head.key_id = key.id
    head.save(update_fields=["key_id"])
    seal: dict[str, Any] = {"sequence": head.sequence, "hash": head.hash, "key_id": key.id, "reason": reason}
    root = Path(settings.AUDIT_ROOT)
    signature = signing_key(root).sign(_signed_bytes(seal)).hex() if may_sign(root) else ""
    return {"seal": seal | {"signature": signature}, "facts_rebuilt": differing}


def _signed_bytes(seal: Mapping[str, Any]) -> bytes:
    return canonical_json({"kind": SEALED, **seal}).encode()


def check_seals(keys: Sequence[Ed25519PublicKey]) -> list[int]:
    """Return the sequences of seals that say something else than what stands before them, or that none of these keys has signed.

    A seal without a signature was made by a process that could not read the signing key; its mark alone vouches for it.
    """
    rows = Event.objects.filter(action=SEALED).order_by("sequence").values_list("sequence", "previous_hash", "payload__body")
    return [sequence for sequence, before, body in rows if not _is_sound(body, sequence, before, keys=keys)]


def _is_sound(body: str | None, sequence: int, before: str, *, keys: Sequence[Ed25519PublicKey]) -> bool:
    try:
        seal = dict(json.loads(body or "")["payload"]["seal"])
        signature = bytes.fromhex(seal.pop("signature"))
        if (seal["sequence"], seal["hash"]) != (sequence - 1, before):
            return False
        content = _signed_bytes(seal)
    except (ValueError, TypeError, KeyError, AuditInvalid):
        return False
    return not signature or any(_is_signed(key, signature, content) for key in keys)


def _is_signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _mark_batch(rows: Sequence[Row], key: EventKey) -> int:
    """Mark events, and make their facts anew from what was recorded. Returns: how many events had others."""
    readable = [row.event for row in rows if row.event is not None]
    payloads = {row.event.pk: row.payload for row in rows if row.event is not None and row.payload is not None}
    stored: dict[int, list[tuple[str, str]]] = {event.pk: [] for event in readable}
    for event_id, kind, value in Fact.objects.filter(event__in=readable).values_list("event_id", "kind", "value"):
        stored[event_id].append((kind, value))
    differing: list[Event] = []
    made: list[Fact] = []
    for event in readable:
        facts = _facts_from(event, payloads.get(event.pk))
        event.facts_hash, event.key_id = hash_facts(facts), key.id
        event.mark = key.mark(event_hash=event.hash, facts_hash=event.facts_hash)
        if sorted(facts) != sorted(stored[event.pk]):
            differing.append(event)
            made += (Fact(event=event, kind=kind, value=value) for kind, value in facts)
    if differing:  # before the marks: of a marked event the database gives no fact away
        Fact.objects.filter(event__in=differing).delete()
        Fact.objects.bulk_create(made)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE audit_event SET facts_hash = %s, key_id = %s, mark = %s WHERE id = %s",
            [(event.facts_hash, event.key_id, event.mark, event.pk) for event in readable],
        )
    return len(differing)


def _facts_from(event: Event, payload: Payload | None) -> tuple[tuple[str, str], ...]:
    """Return the facts that an event must have by what was recorded; none where that was erased or cannot be read."""
    if payload is None or payload.erased_at is not None:
        return ()
    try:
        return facts_of(payload.data, summary=event.summary)
    except (*UNREADABLE, AuditInvalid, RecursionError, KeyError):
        return ()


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch

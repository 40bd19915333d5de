"""Receipts that stand alone: one file that anybody can check without this installation (`scripts/verify_receipt.py`).

A bundle holds each event as the chain hashed it, its content to the byte, the path from its hash to the root of the Merkle tree,
the checkpoint that signs this root, proofs that it continues earlier checkpoints, and hashes of the files beside it. Everything in
it is text or whole numbers, so that each language spells it alike; the signature covers all of it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from django.conf import settings

from audit.chain.canonical import canonical_json
from audit.chain.checkpoints import (
    FILE_NAME,
    Checkpoint,
    last_checkpoint,
    may_sign,
    read_checkpoints,
    signing_key,
    verifying_key,
)
from audit.chain.growing import Tree
from audit.errors import AuditInvalid
from audit.models import Event, Payload
from audit.services import write_checkpoint

FORMAT = "attest-receipts/1"
MOST = 100  # receipts in one bundle
MOST_EARLIER = 64  # checkpoints that a bundle proves to be continued
KEY_FILE = "signing_key.pub"


def make_bundle(events: Sequence[Event], *, files: Mapping[str, bytes]) -> bytes:
    """Return the bundle as JSON. `files`: what lies beside it, by name; their hashes are signed with it.

    Raises: AuditInvalid: none or too many events, or the process that signs has not covered one of them yet.
    """
    if not 1 <= len(events) <= MOST:
        raise AuditInvalid(f"A bundle holds 1 to {MOST} receipts.")
    root = Path(settings.AUDIT_ROOT)
    checkpoint = _covering(events, root=root)
    tree = Tree(root=root, size=checkpoint.sequence)
    bodies = dict(Payload.objects.filter(event__in=events).values_list("event_id", "body"))
    content: dict[str, Any] = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "public_key": public_key_text(root),
        "checkpoint": asdict(checkpoint),
        "receipts": [
            {
                "event": hashed_fields(event),
                "hash": event.hash,
                "body": bodies.get(event.pk, ""),
                "inclusion": [node.hex() for node in tree.inclusion(event.sequence)],
            }
            for event in sorted(events, key=lambda event: event.sequence)
        ],
        "consistency": [
            {"sequence": sequence, "path": [node.hex() for node in tree.consistency(sequence)]}
            for sequence in _earlier(checkpoint, root=root)
        ],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    signature = signing_key(root).sign(canonical_json(content).encode()).hex() if may_sign(root) else ""
    return canonical_json(content | {"signature": signature}).encode()


def hashed_fields(event: Event) -> dict[str, str | int]:
    """Return what `hash` covers, spelled as it is hashed."""
    return {
        "sequence": event.sequence,
        "uid": str(event.uid),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": event.action,
        "actor_id": event.actor_id,
        "subject": event.subject,
        "payload_hash": event.payload_hash,
        "previous_hash": event.previous_hash,
    }


def public_key_text(root: Path) -> str:
    """Return the public key as PEM."""
    key = verifying_key(root / KEY_FILE)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _earlier(checkpoint: Checkpoint, *, root: Path) -> list[int]:
    """Return where earlier checkpoints stood, `MOST_EARLIER` at most, first and last among them: somebody may have kept one."""
    found = [
        entry.sequence for entry in read_checkpoints(root / FILE_NAME)[0] if entry.root and entry.sequence < checkpoint.sequence
    ]
    step = max(1, len(found) // (MOST_EARLIER - 1))
    return sorted({*found[::step], *found[-1:]})


def _covering(events: Sequence[Event], *, root: Path) -> Checkpoint:
    checkpoint = write_checkpoint() or last_checkpoint(root)
    newest = max(event.sequence for event in events)
    if checkpoint is None or checkpoint.sequence < newest or not checkpoint.root:
        raise AuditInvalid(f"No signed checkpoint covers event {newest} yet; try again in a minute.")
    return checkpoint

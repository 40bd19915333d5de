"""Seams: where a chain was restored from a backup, so that what was recorded after the backup is not in it.

The event "audit.restored" says at which event the backup ended and which newest checkpoint of the lost events was known, and is
signed with the key of the checkpoints. Without a valid one, checkpoints that the chain does not hold are a cut tail, as ever: who
can write the database alone cannot explain a cut away, and who restores cannot hide one, since every seam is named.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.chain.canonical import canonical_json
from audit.chain.checkpoints import Checkpoint, signing_key

RESTORED = "audit.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """What the payload of "audit.restored" holds as "seam"; `signature` (Ed25519, hexadecimal) covers the other fields."""

    sequence: int  # of the last event that the backup held; 0: it held none
    hash: str  # of that event
    backup: str  # uid of the backup
    backed_up_at: str  # ISO 8601, UTC
    restored_at: str  # ISO 8601, UTC
    known_sequence: int  # of the newest checkpoint that was known of what is lost; 0: none was
    known_hash: str
    known_at: str
    signature: str

    def is_signed_by(self, keys: Sequence[Ed25519PublicKey]) -> bool:
        return any(self._verifies(key) for key in keys)

    def _verifies(self, key: Ed25519PublicKey) -> bool:
        try:
            key.verify(bytes.fromhex(self.signature), _signed_bytes(self))
        except (InvalidSignature, ValueError):
            return False
        return True

    def explains(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint that the chain does not hold was made of events that this restore is known to have lost."""
        if not self.sequence < checkpoint.sequence <= self.known_sequence or checkpoint.at > self.restored_at:
            return False
        return checkpoint.sequence < self.known_sequence or checkpoint.hash == self.known_hash


def sign_seam(
    *, root: Path, sequence: int, last_hash: str, backup: str, backed_up_at: str, known: Checkpoint | None
) -> dict[str, Any]:
    """Return the payload of an "audit.restored" event, signed with the key under `root`.

    Args:
        sequence, last_hash: of the last event that the backup held.
        known: the newest checkpoint of the lost events; None: none is known.
    """
    unsigned = Seam(
        sequence=sequence,
        hash=last_hash,
        backup=backup,
        backed_up_at=backed_up_at,
        restored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        known_sequence=known.sequence if known else 0,
        known_hash=known.hash if known else "",
        known_at=known.at if known else "",
        signature="",
    )
    return {"seam": asdict(unsigned) | {"signature": signing_key(root).sign(_signed_bytes(unsigned)).hex()}}


def parse_seam(payload: object) -> Seam | None:
    """Return the seam that the payload of an event holds; None: it is none."""
    found = payload.get("seam") if isinstance(payload, dict) else None
    if not isinstance(found, dict):
        return None
    try:
        seam = Seam(**found)
    except TypeError:
        return None
    values = asdict(seam)
    numbers = {"sequence", "known_sequence"}
    return seam if all(type(value) is (int if name in numbers else str) for name, value in values.items()) else None


def _signed_bytes(seam: Seam) -> bytes:
    fields = asdict(seam)
    del fields["signature"]
    return canonical_json({"kind": RESTORED, **fields}).encode()

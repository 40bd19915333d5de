"""The bytes that are hashed: one spelling for every value, so that a hash can be recomputed years later.

An event's erasable part (who by name, the summary, the payload) is written into an *envelope*; the chain holds the envelope's
hash. The envelope carries a random salt, so that after an erasure nobody can find out by trying what the hash stood for.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from audit.errors import AuditInvalid

GENESIS = "0" * 64  # the "hash before" of the first event
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical_json(value: object) -> str:
    """Return `value` as JSON: keys sorted, no white space, no NaN, unicode as it is.

    Lone surrogates, which neither UTF-8 nor PostgreSQL can hold, are written as JSON escapes.
    Raises: AuditInvalid: not JSON.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise AuditInvalid(f"The payload is not JSON: {error}") from error
    return text if text.isascii() else LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def storable(text: str, *, max_length: int) -> str:
    """Return `text` on one line, without what a database column refuses, at most `max_length` characters long."""
    line = " ".join(LONE_SURROGATE.sub("\ufffd", text.replace("\x00", "\ufffd")).split())
    return line if len(line) <= max_length else line[: max_length - 1] + "…"


def envelope(*, actor_name: str, summary: str, payload: Mapping[str, Any]) -> str:
    """Return the erasable part of an event as canonical JSON, with a fresh salt of 128 bits."""
    return canonical_json({"actor_name": actor_name, "payload": payload, "salt": secrets.token_hex(16), "summary": summary})


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def event_hash(
    *, sequence: int, uid: UUID, at: datetime, action: str, actor_id: str, subject: str, payload_hash: str, previous_hash: str
) -> str:
    """Return the link: SHA-256 over every field that is never erased, and over the hash before."""
    return sha256_hex(
        canonical_json(
            {
                "action": action,
                "actor_id": actor_id,
                "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
                "payload_hash": payload_hash,
                "previous_hash": previous_hash,
                "sequence": sequence,
                "subject": subject,
                "uid": str(uid),
            }
        )
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a payload")


# One for all: `json.dumps` makes an encoder for each call, which takes longer than the call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_plain)

"""An event as programs outside read it: one line of JSON, whose schema is docs/admin/audit-outputs.md."""

import json
from datetime import UTC
from typing import Any

from audit.chain.canonical import canonical_json
from audit.models import Event

SCHEMA = "attest.audit.event/1"


def line_of(event: Event, *, body: str = "") -> bytes:
    """Return the line of an event. `body`: its payload's, where that is to be sent; "" of an erased one."""
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "sequence": event.sequence,
        "uid": str(event.uid),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": event.action,
        "actor": {"id": event.actor_id, "name": event.actor_name},
        "subject": event.subject,
        "summary": event.summary,
        "payload_hash": event.payload_hash,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
    if body:
        values["payload"] = json.loads(body)["payload"]
    return canonical_json(values).encode()

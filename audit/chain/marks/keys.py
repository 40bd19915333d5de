"""The keys that events are authenticated with: held by the processes that write, in a file beside the database, never in it.

Who has the database alone can compute a hash, and no mark. A key has an id, which stands in each event that it marked. Keys are
added by rotation (`audit.life.rotation`) and never taken out: old events are checked with old keys.
"""

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit.chain.canonical import canonical_json
from audit.errors import KeyUnusable

KEYS_NAME = "event_keys.jsonl"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKey:
    """A line of the file. `sealed_*`: the head of a chain of before there were keys, which was to be marked when this was made."""

    id: str
    secret: bytes = field(repr=False)
    made_at: str  # ISO 8601, UTC
    sealed_sequence: int = 0
    sealed_hash: str = ""

    def as_line(self) -> bytes:
        values = {
            "id": self.id,
            "key": self.secret.hex(),
            "made_at": self.made_at,
            "sealed_sequence": self.sealed_sequence,
            "sealed_hash": self.sealed_hash,
        }
        return canonical_json(values).encode() + b"\n"

    def mark(self, *, event_hash: str, facts_hash: str) -> str:
        """Return what authenticates an event: HMAC-SHA256 over its hash and its facts', 64 hexadecimal digits."""
        return self._mac({"facts_hash": facts_hash, "hash": event_hash, "kind": "attest-event-v1"})

    def endorse(self, *, successor: str, sequence: int) -> str:
        """Return what vouches for the key that takes over with the event `sequence`."""
        return self._mac({"kind": "attest-key-v1", "sequence": sequence, "successor": successor})

    def _mac(self, values: Mapping[str, object]) -> str:
        return hmac.digest(self.secret, canonical_json(values).encode(), "sha256").hex()


def keys_path() -> Path:
    """Return where the keys lie: `ATTEST_AUDIT_KEYS`, else with the rest of the audit outside the database."""
    return Path(settings.AUDIT_KEYS or Path(settings.AUDIT_ROOT) / KEYS_NAME)


def read_keys(path: Path | None = None) -> dict[str, EventKey]:
    """Return the keys by their ids, the newest last; none where there is no file yet. Raises: KeyUnusable."""
    path = path or keys_path()
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be read: {error.strerror}. It holds the keys of the audit's events.") from error
    return parse_keys(raw, place=str(path))


def parse_keys(raw: bytes, *, place: str) -> dict[str, EventKey]:
    """Return the keys of a file's content. A last line without its line break was cut by a crash before the key was used."""
    return dict(_parse_keys(raw, place))


@lru_cache(maxsize=4)  # each event reads the file, which hardly ever changes
def _parse_keys(raw: bytes, place: str) -> Mapping[str, EventKey]:
    found: dict[str, EventKey] = {}
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        try:
            values = json.loads(line)
            key = EventKey(
                id=str(values["id"]),
                secret=bytes.fromhex(values["key"]),
                made_at=str(values["made_at"]),
                sealed_sequence=int(values["sealed_sequence"]),
                sealed_hash=str(values["sealed_hash"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise KeyUnusable(f"Line {number} of {place} is no key. Restore the file from where it is kept.") from error
        if len(key.secret) < KEY_BYTES:
            raise KeyUnusable(f"Line {number} of {place} holds a key of {len(key.secret)} bytes; it needs {KEY_BYTES}.")
        found[key.id] = key
    return found


def add_key(*, sealed_sequence: int = 0, sealed_hash: str = "", only_first: bool = False) -> EventKey:
    """Make a key and append it, on disk when this returns. `only_first`: where another process was faster, its key is returned."""
    path = keys_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    made = EventKey(
        id=secrets.token_hex(4),
        secret=secrets.token_bytes(KEY_BYTES),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sealed_sequence=sealed_sequence,
        sealed_hash=sealed_hash,
    )
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be written: {error.strerror}. The audit needs a place for its keys.") from error
    with os.fdopen(descriptor, "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        raw = stream.read()
        present = parse_keys(raw, place=str(path))
        if only_first and present:
            return list(present.values())[-1]
        stream.truncate(raw.rfind(b"\n") + 1)  # what a crash left of a line
        stream.write(made.as_line())
        stream.flush()
        os.fsync(stream.fileno())
    _sync_folder(path.parent)
    return made


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The last event that was committed, noted beside the database: between two checkpoints a cut tail shows by it.

Written after each commit, in place and without waiting for the disk: a crash may leave it behind the chain, never ahead of it.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

WITNESS_NAME = "head.json"
SIZE = 160  # bytes; written whole each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    sequence: int
    hash: str


def note_head(root: Path, *, sequence: int, head_hash: str) -> None:
    """Note a head under `root`, unless a later one is there. Several processes may do so at once."""
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root / WITNESS_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = _parse(os.pread(descriptor, SIZE, 0))
        if before is None or before.sequence < sequence:
            content = json.dumps({"sequence": sequence, "hash": head_hash}).encode()
            os.pwrite(descriptor, content.ljust(SIZE - 1) + b"\n", 0)
    finally:
        os.close(descriptor)


def read_witness(root: Path) -> Witness | None:
    """Return what was noted under `root`, None where nothing is, or nothing that can be read."""
    try:
        with (root / WITNESS_NAME).open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH)
            return _parse(stream.read(SIZE))
    except OSError:
        return None


def _parse(content: bytes) -> Witness | None:
    try:
        values = json.loads(content)
        return Witness(sequence=int(values["sequence"]), hash=str(values["hash"]))
    except (ValueError, TypeError, KeyError):
        return None

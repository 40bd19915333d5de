"""The part of a restore that lies in ATTEST_HOME/audit: signing key and checkpoints, of which some may be of lost events."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.chain.checkpoints import (
    FILE_NAME,
    KEY_NAME,
    Checkpoint,
    parse_checkpoints,
    read_checkpoints,
    signing_key,
    signing_key_path,
)
from audit.chain.growing import TREE_NAME
from audit.chain.marks.keys import keys_path, parse_keys
from audit.chain.witness import WITNESS_NAME
from audit.errors import CheckpointInvalid, KeyUnusable
from backup.cipher import ALTERED
from backup.errors import AuditForeign, BackupDamaged
from retrieval.local.durable import replace_durably

SUPERSEDED = "superseded-"  # how the names of files begin with checkpoints of events that a restore has lost


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFiles:
    """What a backup holds of the audit's folder. `signing_key` is empty where it was left out."""

    checkpoints: bytes
    public_key: bytes
    signing_key: bytes = field(repr=False)
    event_keys: bytes = field(repr=False, default=b"")  # empty: they were left out, or the backup's release had none


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the audit stands before a restore."""

    kept: tuple[Checkpoint, ...]  # of events that the backup holds
    lost: tuple[Checkpoint, ...]  # of later ones
    is_key_there: bool  # the installation has the backup's signing key by itself

    @property
    def newest_lost(self) -> Checkpoint | None:
        return max(self.lost, key=lambda entry: entry.sequence, default=None)


def find_standing(files: AuditFiles, *, root: Path, last: int, named: Sequence[Path]) -> Standing:
    """Gather every checkpoint that is known: the backup's, those that lie under `root`, and those of files that were named.

    Args:
        last: the last event that the backup holds.
    Raises: AuditForeign: what lies there, or was named, was signed with another key. BackupDamaged: the backup's own were.
    """
    key = _public_key(files.public_key)
    own = sorted([*root.glob(FILE_NAME), *root.glob(f"{SUPERSEDED}*.jsonl")])
    for path in (*own, *named):
        entries = _read(path)
        if any(not entry.is_signed_by(key) for entry in entries):
            where = f"Move {root} away first" if path in own else "Name files of this installation only"
            raise AuditForeign(f"{path} holds checkpoints that were signed with another key than the backup's. {where}.")
    known = {entry for path in (*own, *named) for entry in _read(path)} | set(_parse(files.checkpoints, key))
    ordered = sorted(known, key=lambda entry: (entry.sequence, entry.at))
    public = root / f"{KEY_NAME}.pub"
    is_there = signing_key_path(root).exists() and public.exists() and _public_key(public.read_bytes()) == key
    return Standing(
        kept=tuple(entry for entry in ordered if entry.sequence <= last),
        lost=tuple(entry for entry in ordered if entry.sequence > last),
        is_key_there=is_there,
    )


def place_audit_files(files: AuditFiles, standing: Standing, *, root: Path) -> None:
    """Write key and checkpoints. Those of lost events go into a file of their own: nothing that was signed is thrown away.

    Where the backup has no key and none of its is here, a new one is made, and what the old one signed is kept beside it.
    """
    root.mkdir(parents=True, exist_ok=True)
    kept = b"".join(entry.as_line() for entry in standing.kept)
    if files.signing_key:
        replace_private(signing_key_path(root), files.signing_key)
        replace_durably(root / f"{KEY_NAME}.pub", files.public_key)
    elif not standing.is_key_there:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        replace_durably(root / f"before-{stamp}.jsonl", kept)
        replace_durably(root / f"before-{stamp}.pub", files.public_key)
        (root / f"{KEY_NAME}.pub").unlink(missing_ok=True)
        signing_key_path(root).unlink(missing_ok=True)
        signing_key(root)
        kept = b""
    if standing.lost:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        replace_durably(root / f"{SUPERSEDED}{stamp}.jsonl", b"".join(entry.as_line() for entry in standing.lost))
    replace_durably(root / FILE_NAME, kept)
    _add_event_keys(files.event_keys)
    # Of the database that was there before; both are made again.
    (root / TREE_NAME).unlink(missing_ok=True)
    (root / WITNESS_NAME).unlink(missing_ok=True)


def _add_event_keys(content: bytes) -> None:
    """Put the backup's keys of events before those that are here, so that the newest of here stays the newest."""
    path = keys_path()
    here = path.read_bytes() if path.exists() else b""
    try:
        given = parse_keys(content, place="The backup's file of keys")
    except KeyUnusable as error:
        raise BackupDamaged(ALTERED) from error
    known = parse_keys(here, place=str(path))
    added = b"".join(key.as_line() for key in given.values() if key.id not in known)
    if added:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_private(path, added + here)


def replace_private(path: Path, content: bytes) -> None:
    """Swap the content of a file that its owner alone may read."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def _read(path: Path) -> tuple[Checkpoint, ...]:
    try:
        return read_checkpoints(path)[0]
    except CheckpointInvalid as error:
        raise AuditForeign(str(error)) from error


def _parse(content: bytes, key: Ed25519PublicKey) -> tuple[Checkpoint, ...]:
    entries = parse_checkpoints(content)[0]
    return tuple(entry for entry in entries if entry.is_signed_by(key))


def _public_key(content: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(content)
    except ValueError as error:
        raise BackupDamaged(ALTERED) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BackupDamaged(ALTERED)
    return key

"""Signed checkpoints: "at this time the chain was this long and ended with this hash", in a file outside the database.

Whoever can write the database can recompute a chain, or cut its tail off; a checkpoint that has left the machine shows both.
Copy `checkpoints.jsonl` and `signing_key.pub` elsewhere as often as you like (docs/operations.md).
"""

import fcntl
import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from audit.chain.canonical import canonical_json
from audit.errors import CheckpointInvalid

FILE_NAME = "checkpoints.jsonl"
KEY_NAME = "signing_key"
TAIL_BYTES = 4096  # a line is about 350 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A line of the file. `signature` (Ed25519, hexadecimal) covers the other fields as canonical JSON."""

    sequence: int
    hash: str
    at: str  # ISO 8601, UTC
    signature: str
    root: str = ""  # of the Merkle tree over the hashes of events 1 to `sequence` (audit.chain.tree); "" in older lines

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        try:
            key.verify(bytes.fromhex(self.signature), signed_bytes(self.sequence, self.hash, self.at, self.root))
        except (InvalidSignature, ValueError):
            return False
        return True

    def as_line(self) -> bytes:
        """Return the line of the file."""
        values = asdict(self)
        if not self.root:
            del values["root"]
        return canonical_json(values).encode() + b"\n"


def append_checkpoint(*, root: Path, sequence: int, head_hash: str, tree_root: str = "") -> Checkpoint:
    """Sign the head and append it to the file under `root`, on disk when this returns.

    A second writer waits; one that comes with an older head than the last line leaves the file as it is, and gets that line.
    """
    key = signing_key(root)
    path = root / FILE_NAME
    with path.open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        last = _last_of(stream)
        if last is not None and last.sequence >= sequence:
            return last
        _drop_torn_line(stream)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        signature = key.sign(signed_bytes(sequence, head_hash, at, tree_root)).hex()
        checkpoint = Checkpoint(sequence=sequence, hash=head_hash, at=at, signature=signature, root=tree_root)
        stream.write(checkpoint.as_line())
        stream.flush()
        os.fsync(stream.fileno())
    return checkpoint


def last_checkpoint(root: Path) -> Checkpoint | None:
    """Return the newest whole line of the file under `root`, None where there is none."""
    return last_checkpoint_in(root / FILE_NAME)


def last_checkpoint_in(path: Path) -> Checkpoint | None:
    """Return the newest whole line of a file, None where there is none."""
    if not path.exists():
        return None
    with path.open("rb") as stream:
        return _last_of(stream)


def read_checkpoints(path: Path) -> tuple[tuple[Checkpoint, ...], tuple[int, ...]]:
    """Return the checkpoints of a file, and the numbers (from 1) of the lines that are none.

    A last line without its line break was cut by a crash while it was being written; it counts as not there.
    Raises: CheckpointInvalid: the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CheckpointInvalid(f"{path} cannot be read: {error.strerror or error}") from error
    return parse_checkpoints(raw)


def parse_checkpoints(raw: bytes) -> tuple[tuple[Checkpoint, ...], tuple[int, ...]]:
    """Return the checkpoints of a file's content, and the numbers (from 1) of the lines that are none."""
    found: list[Checkpoint] = []
    damaged: list[int] = []
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        checkpoint = _parse(line)
        if checkpoint is None:
            damaged.append(number)
        else:
            found.append(checkpoint)
    return tuple(found), tuple(damaged)


def signing_key_path(root: Path) -> Path:
    """Return where the private key lies: `ATTEST_AUDIT_SIGNING_KEY`, else under `root`. Its public half is always under `root`."""
    return Path(settings.AUDIT_SIGNING_KEY or root / KEY_NAME)


def may_sign(root: Path) -> bool:
    """Whether this process can read the key, or make it: it may lie where the process that signs alone gets at it."""
    path = signing_key_path(root)
    if path.exists():
        return os.access(path, os.R_OK)
    nearest = _nearest(path.parent)
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _nearest(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def signing_key(root: Path) -> Ed25519PrivateKey:
    """Return the private key, made at first use, readable by its owner alone; its public half lies under `root`."""
    path = signing_key_path(root)
    root.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate()
        private = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _create_once(path, private, mode=0o600)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise CheckpointInvalid(f"{path} holds no Ed25519 key.")
    public_path = root / f"{KEY_NAME}.pub"
    if not public_path.exists():
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        _create_once(public_path, public, mode=0o644)
    return key


def verifying_key(path: Path) -> Ed25519PublicKey:
    """Return the public key in `path`. Raises: CheckpointInvalid: none, or of another kind."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointInvalid(f"{path} holds no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CheckpointInvalid(f"{path} holds no Ed25519 key.")
    return key


def signed_bytes(sequence: int, head_hash: str, at: str, tree_root: str) -> bytes:
    """Return what the signature of a checkpoint covers; without the root of a tree in those of before there was one."""
    values: dict[str, object] = {"at": at, "hash": head_hash, "sequence": sequence}
    return canonical_json(values | {"root": tree_root} if tree_root else values).encode()


def _parse(line: bytes) -> Checkpoint | None:
    try:
        checkpoint = Checkpoint(**json.loads(line))
    except (ValueError, TypeError):
        return None
    texts = (checkpoint.hash, checkpoint.at, checkpoint.signature, checkpoint.root)
    return checkpoint if isinstance(checkpoint.sequence, int) and all(isinstance(text, str) for text in texts) else None


def _last_of(stream: BinaryIO) -> Checkpoint | None:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - TAIL_BYTES))
    for line in reversed(stream.read().split(b"\n")[:-1]):
        checkpoint = _parse(line)
        if checkpoint is not None:
            return checkpoint
    return None


def _drop_torn_line(stream: BinaryIO) -> None:
    """Cut off what follows the last line break: the rest of a line that a crash interrupted."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - TAIL_BYTES)
    stream.seek(start)
    tail = stream.read()
    if tail and not tail.endswith(b"\n"):
        stream.truncate(start + tail.rfind(b"\n") + 1)


def _create_once(path: Path, content: bytes, *, mode: int) -> None:
    """Create the file whole; where another process or thread was first, its content stays."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()

"""Where the originals lie: below MEDIA_ROOT, named by the SHA-256 of their bytes, written whole or not at all."""

import errno
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

PIECE_BYTES = 1 << 20
TEMPORARY = "incoming"  # folder below MEDIA_ROOT: on the same disk, so that a rename is enough
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
MINIMUM_FREE_BYTES = 100 * 1024 * 1024  # kept free for database, index and audit


class StorageFull(Exception):
    """The disk has no room for the file. Nothing was left behind."""


class TooLarge(Exception):
    """The file has more bytes than it may have. Nothing was left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file that was received whole but is not yet kept. `path` is temporary."""

    path: Path
    sha256: str
    size: int  # bytes


def receive(stream: BinaryIO, *, max_bytes: int) -> Incoming:
    """Copy a stream to the storage's disk while hashing it. The caller keeps (`keeping`) or discards the result.

    Raises: StorageFull, TooLarge.
    """
    path = settings.MEDIA_ROOT / TEMPORARY / f"{uuid.uuid4().hex}.part"
    digest, size = hashlib.sha256(), 0
    try:
        incoming_folder()
        if not has_room():
            raise StorageFull
        with path.open("wb") as target:
            while piece := stream.read(PIECE_BYTES):
                size += len(piece)
                if size > max_bytes:
                    raise TooLarge
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if not has_room():  # with this file there is none for its text and its passages
            raise StorageFull
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in FULL:
            raise StorageFull from error
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Incoming(path=path, sha256=digest.hexdigest(), size=size)


def incoming_folder() -> Path:
    """Return the folder for what is not whole yet, made where it is missing."""
    folder = Path(settings.MEDIA_ROOT) / TEMPORARY
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def has_room() -> bool:
    """Whether the disk with the data folder has room for more documents."""
    disk = os.statvfs(settings.ATTEST_HOME)
    return disk.f_bavail * disk.f_frsize >= MINIMUM_FREE_BYTES


def discard(incoming: Incoming) -> None:
    """Remove a received file that is not kept."""
    incoming.path.unlink(missing_ok=True)


@contextmanager
def keeping(incoming: Incoming) -> Iterator[str]:
    """Give a received file its lasting name, for good where the body ends well; the same bytes are kept once.

    Yields: the path below MEDIA_ROOT. Raises: StorageFull. Uploads of the same bytes stand in line until the body has ended, so
    that one that fails takes nothing from another.
    """
    relative = f"{incoming.sha256[:2]}/{incoming.sha256}"
    target = settings.MEDIA_ROOT / relative
    with _full_told():
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        is_new = not target.exists()
        with _full_told():
            incoming.path.replace(target)
            os.fsync(folder)  # the rename itself survives a power cut
        try:
            yield relative
        except BaseException:
            if is_new:
                target.unlink(missing_ok=True)
            raise
    finally:
        os.close(folder)


@contextmanager
def _full_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull from error
        raise


def original_path(storage_path: str) -> Path:
    """Return where the file lies. Raises: ValueError: the path would leave the storage."""
    path = (settings.MEDIA_ROOT / storage_path).resolve()
    if not path.is_relative_to(settings.MEDIA_ROOT.resolve()):
        raise ValueError(f"{storage_path!r} is outside of the storage")
    return path


def remove_stale_uploads(*, older_than_s: float) -> int:
    """Remove what killed uploads left behind. Returns: how many files."""
    removed = 0
    for path in (settings.MEDIA_ROOT / TEMPORARY).glob("*.part"):
        try:
            if time.time() - path.stat().st_mtime > older_than_s:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # its upload has just ended
    return removed

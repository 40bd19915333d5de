"""Storage of originals: below MEDIA_ROOT, named by the SHA-256 of their bytes, written whole or not at all, sealed where there is a
key (`vault.kept`)."""

import errno
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings

from vault.kept import configured_ring, is_kept, keep_stream, remove_kept

PIECE_BYTES = 1 << 20
TEMPORARY = "incoming"  # folder below MEDIA_ROOT: on the same disk, so that a rename is enough
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
UNLOCKED_STALE_S = 6 * 3600
MINIMUM_FREE_BYTES = 100 * 1024 * 1024  # kept free for database, index and audit


class StorageFull(Exception):
    """The disk has no room for the file. Nothing was left behind."""


class TooLarge(Exception):
    """The file has more bytes than it may have. Nothing was left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file that was received whole but is not yet kept. `path` is temporary; it is ours as long as `file` is open."""

    path: Path
    sha256: str
    size: int  # bytes
    file: IO[bytes] = field(repr=False)


class Receiver:
    """Takes the bytes of one file as they arrive: written once, hashed meanwhile. A refusal leaves nothing behind.

    The file is locked while it is open. The system ends the lock with the process, however that ends, so what a killed one leaves
    is known by it (`remove_stale_uploads`).
    """

    def __init__(self, *, max_bytes: int) -> None:
        """Raises: StorageFull."""
        self.max_bytes, self.size, self._digest = max_bytes, 0, hashlib.sha256()
        with _translate_full_disk():
            incoming_folder()
            if not has_room():
                raise StorageFull
            self.path, self._file = _open_locked()

    def write(self, piece: bytes) -> None:
        """Raises: StorageFull, TooLarge."""
        with self._leaving_nothing():
            self.size += len(piece)
            if self.size > self.max_bytes:
                raise TooLarge
            self._digest.update(piece)
            self._file.write(piece)

    def finish(self) -> Incoming:
        """Return the file, on the disk. The caller keeps (`keeping`) or discards it. Raises: StorageFull."""
        with self._leaving_nothing():
            self._file.flush()
            os.fsync(self._file.fileno())
            if not has_room():  # with this file there is none for its text and its passages
                raise StorageFull
        return Incoming(path=self.path, sha256=self._digest.hexdigest(), size=self.size, file=self._file)

    def discard(self) -> None:
        """Remove what came so far."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):  # what could not be written cannot be flushed either
            self._file.close()

    @contextmanager
    def _leaving_nothing(self) -> Iterator[None]:
        try:
            with _translate_full_disk():
                yield
        except BaseException:
            self.discard()
            raise


def receive(stream: IO[bytes], *, max_bytes: int) -> Incoming:
    """Copy a stream to the storage's disk while hashing it. The caller keeps (`keeping`) or discards the result.

    Raises: StorageFull, TooLarge.
    """
    receiver = Receiver(max_bytes=max_bytes)
    try:
        while piece := stream.read(PIECE_BYTES):
            receiver.write(piece)
        return receiver.finish()
    except OSError as error:
        receiver.discard()
        if error.errno in FULL:  # of the disk that is read from as well: an upload that waits in a temporary file
            raise StorageFull from error
        raise
    except BaseException:
        receiver.discard()
        raise


def _open_locked() -> tuple[Path, IO[bytes]]:
    """Make a file for what arrives, and lock it: also against a sweep that saw it in between."""
    while True:
        path = incoming_folder() / f"{uuid.uuid4().hex}.part"
        file = path.open("xb")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()


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
    """Remove a received file that is not kept; nothing is done where it is."""
    incoming.path.unlink(missing_ok=True)
    incoming.file.close()


@contextmanager
def keeping(incoming: Incoming) -> Iterator[str]:
    """Give a received file its lasting name, for good where the body ends well; the same bytes are kept once.

    Yields: the path below MEDIA_ROOT. Raises: StorageFull. Uploads of the same bytes are serialised until the body has ended, so
    that one that fails takes nothing from another.
    """
    relative = f"{incoming.sha256[:2]}/{incoming.sha256}"
    target = settings.MEDIA_ROOT / relative
    with _translate_full_disk():
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        is_new = not is_kept(target)
        with _translate_full_disk():
            if configured_ring().seals:
                with incoming.path.open("rb") as source:
                    keep_stream(source, target, by_way_of=incoming_folder())
                discard(incoming)
            else:
                incoming.path.replace(target)
                incoming.file.close()
            os.fsync(folder)  # the rename itself survives a power cut
        try:
            yield relative
        except BaseException:
            if is_new:
                remove_kept(target)
            raise
    finally:
        os.close(folder)


@contextmanager
def _translate_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull from error
        raise


def remove_original(sha256: str, *, is_wanted: Callable[[], bool]) -> bool:
    """Remove the file of these bytes, unless somebody wants it. Uploads of the same bytes wait meanwhile, as in `keeping`.

    Args: is_wanted: asked when no such upload is under way any more, so that what it has kept is seen.
    Returns: whether there is no such file now.
    """
    target = original_path(f"{sha256[:2]}/{sha256}")
    try:
        folder = os.open(target.parent, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        if is_wanted():
            return False
        remove_kept(target)
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def original_path(storage_path: str) -> Path:
    """Return where the file lies, without the ending of a sealed one. Raises: ValueError: the path would leave the storage."""
    path = (settings.MEDIA_ROOT / storage_path).resolve()
    if not path.is_relative_to(settings.MEDIA_ROOT.resolve()):
        raise ValueError(f"{storage_path!r} is outside of the storage")
    return path


def remove_stale_uploads(*, older_than_s: float) -> int:
    """Remove what killed uploads left behind: what nobody holds open any more, older than that. Returns: how many files.

    On a file system without locks this cannot be known, and only what is older than UNLOCKED_STALE_S goes.
    """
    removed = 0
    for path in (settings.MEDIA_ROOT / TEMPORARY).glob("*.part"):
        try:
            with path.open("r+b") as file:
                age_s = time.time() - os.fstat(file.fileno()).st_mtime
                if age_s >= (older_than_s if _is_free(file) else UNLOCKED_STALE_S):
                    path.unlink()
                    removed += 1
        except (FileNotFoundError, BlockingIOError):
            continue  # its upload has just ended, or goes on
    return removed


def _is_free(file: IO[bytes]) -> bool:
    """True where nobody is writing the file; False where the file system has no locks. Raises: BlockingIOError: somebody is."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True

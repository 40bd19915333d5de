"""Files of the installation that are sealed where there is a key: `NAME` in clear, `NAME.sealed` sealed.

Whoever names a file names it without the ending. Where both are there (a run of rotate_keys was killed), both hold the same.
"""

import io
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings

from vault.files import SealedReader, needs_renewal, plain_size, renew_stream, seal_stream
from vault.keys import KeyRing, read_ring

ENDING = ".sealed"
DESCRIPTORS = "/proc/self/fd/"  # where a process finds what it holds open; a child is handed the descriptor (kb.sandbox.parent)


def configured_ring() -> KeyRing:
    """Return the keys of the setting DATA_KEYS. Raises: KeyRingUnusable."""
    return read_ring(settings.DATA_KEYS)


def sealed_path(path: Path) -> Path:
    return path.with_name(path.name + ENDING)


def is_kept(path: Path) -> bool:
    return path.is_file() or sealed_path(path).is_file()


def size_of(path: Path) -> int:
    """Return the bytes that the file holds, in clear. Raises: FileNotFoundError."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return plain_size(sealed_path(path).stat().st_size)


def open_kept(path: Path) -> IO[bytes]:
    """Return the file's bytes, in clear, as a stream. Raises: FileNotFoundError, Unreadable."""
    with suppress(FileNotFoundError):
        return path.open("rb")
    source = sealed_path(path).open("rb")
    try:
        return io.BufferedReader(SealedReader(source, purpose=_purpose(path), ring=configured_ring()))
    except BaseException:
        source.close()
        raise


@contextmanager
def in_clear(path: Path) -> Iterator[Path]:
    """Yield a path at which this process and its sandboxed children read the file in clear: its own, or of a copy in memory that
    ends with the body.

    Where there is no such file, its own path. Raises: Unreadable.
    """
    if path.is_file() or not sealed_path(path).is_file():
        yield path
        return
    descriptor = os.memfd_create(path.name)
    try:
        with open_kept(path) as source, os.fdopen(os.dup(descriptor), "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield Path(f"{DESCRIPTORS}{descriptor}")
    finally:
        os.close(descriptor)


def keep_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, sealed where there is a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_stream(io.BytesIO(data), path, by_way_of=path.parent)


def keep_stream(source: IO[bytes], path: Path, *, by_way_of: Path) -> None:
    """The same of a stream. `by_way_of`: a folder on the same disk for what is not whole yet, named `*.part`."""
    ring = configured_ring()
    with _whole(sealed_path(path) if ring.seals else path, by_way_of=by_way_of) as target:
        if ring.seals:
            seal_stream(source, target, purpose=_purpose(path), ring=ring)
        else:
            shutil.copyfileobj(source, target, 1 << 20)
    if ring.seals:
        path.unlink(missing_ok=True)


def remove_kept(path: Path) -> None:
    """Twice is once."""
    path.unlink(missing_ok=True)
    sealed_path(path).unlink(missing_ok=True)


def renew_kept(path: Path, *, by_way_of: Path) -> bool:
    """Bring a file under the ring's first key: sealed where it lies in clear, its data key wrapped anew where another key did.

    Returns: whether anything was to be done. Raises: FileNotFoundError; Unreadable; KeyRingUnusable.
    """
    if path.is_file():
        with path.open("rb") as source:
            keep_stream(source, path, by_way_of=by_way_of)
        return True
    ring, sealed = configured_ring(), sealed_path(path)
    with sealed.open("rb") as source:
        if not needs_renewal(source, ring=ring):
            return False
        source.seek(0)
        with _whole(sealed, by_way_of=by_way_of) as target:
            renew_stream(source, target, purpose=_purpose(path), ring=ring)
    return True


@contextmanager
def _whole(path: Path, *, by_way_of: Path) -> Iterator[IO[bytes]]:
    temporary = by_way_of / f"{uuid.uuid4().hex}.part"
    try:
        with temporary.open("xb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself survives a power cut
    finally:
        os.close(folder)


def _purpose(path: Path) -> bytes:
    """What is sealed for one place does not open in another."""
    return f"attest: file {path.parent.name}/{path.name}".encode()

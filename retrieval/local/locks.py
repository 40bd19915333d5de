"""Locks between processes, on files: they are free again when their process dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import IndexLocked

WRITER_LOCK = "writer.lock"  # held for a publish, and for the swap after a merge
MERGE_LOCK = "merge.lock"  # held while large segments are joined
UPKEEP_LOCK = "upkeep.lock"  # held by the one process that maintains the index
LOCK_TIMEOUT_S = 120.0


@contextmanager
def hold(root: Path, name: str) -> Iterator[None]:
    """Hold a lock, after waiting for it. Raises: IndexLocked: another process keeps it for LOCK_TIMEOUT_S."""
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    descriptor = _open(root, name)
    try:
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise IndexLocked(f"Another process has been writing to {root} for {LOCK_TIMEOUT_S:.0f} s.")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)  # releases the lock


@contextmanager
def held(root: Path, name: str) -> Iterator[bool]:
    """Hold a lock if it is free. Gives False where another has it, even in this process."""
    descriptor = _open(root, name)
    try:
        yield _take(descriptor)
    finally:
        os.close(descriptor)


def _open(root: Path, name: str) -> int:
    root.mkdir(parents=True, exist_ok=True)
    return os.open(root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

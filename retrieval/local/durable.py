"""Writing files so that a power cut or kill leaves the old content or the new, never half."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import IO

TEMPORARY = ".tmp"  # suffix of what is not yet published; the writer sweeps it


def sync_folder(folder: Path) -> None:
    """Make renames and links in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_stream(stream: IO[bytes]) -> None:
    """Make durable what was written to an open file."""
    stream.flush()
    os.fsync(stream.fileno())


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and sync it; atomic only for files that nothing refers to yet."""
    with path.open("wb") as stream:
        stream.write(content)
        sync_stream(stream)


def sync_file(path: Path) -> None:
    """Make a file that a library wrote durable."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def replace_durably(path: Path, content: bytes) -> None:
    """Swap the whole content of `path` at once."""
    temporary = path.with_name(path.name + TEMPORARY)
    write_durably(temporary, content)
    temporary.replace(path)
    sync_folder(path.parent)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Remove a file or folder that readers may still have open."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

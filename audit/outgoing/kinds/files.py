"""Lines appended to a file on another path, on the disk when this returns."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from audit.outgoing.errors import OutputUnavailable
from audit.outgoing.values import FilePlace


def send_to_file(place: FilePlace, lines: Sequence[bytes]) -> None:
    """Append the lines. What a crash left of one ends with a line break first. Raises: OutputUnavailable."""
    path = Path(place.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            size = stream.seek(0, os.SEEK_END)
            if size and not _ends_a_line(stream.fileno(), size):
                stream.write(b"\n")
            stream.write(b"".join(line + b"\n" for line in lines))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise OutputUnavailable(f"{path} cannot be written: {error.strerror or error}") from error


def _ends_a_line(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"

"""Checkpoints that were kept elsewhere, brought here: by a path, or by an address."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from audit.errors import CheckpointInvalid

LONGEST = 256 * 1024 * 1024  # bytes; a checkpoint has about 420
TIMEOUT_S = 30.0


@contextmanager
def checkpoint_file(source: str) -> Iterator[Path]:
    """Yield a file with the checkpoints of a path or an http(s) address. Raises: CheckpointInvalid: they cannot be had."""
    if not source.startswith(("http://", "https://")):
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as target:
        try:
            with httpx.stream("GET", source, timeout=TIMEOUT_S) as response:
                response.raise_for_status()
                size = 0
                for part in response.iter_bytes():
                    size += len(part)
                    if size > LONGEST:
                        raise CheckpointInvalid(f"{source} gives more than {LONGEST >> 20} MiB: that is no file of checkpoints.")
                    target.write(part)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CheckpointInvalid(f"{source} cannot be fetched: {error or type(error).__name__}") from error
        target.flush()
        yield Path(target.name)

"""Hostile files are opened in a child process: it may crash, loop or swell, and only it ends.

ChildFault
├── ChildCrashed    it ended by a signal of its own making, or without saying that it was done: the file's fault
├── ChildLimited    it ran out of time, CPU or output; `limit` says of what
└── ChildKilled     something else killed it: may pass
"""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kb.sandbox.complaints import Complaints
from vault.kept import DESCRIPTORS

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
READ_BYTES = 1 << 16
MAX_MESSAGE_BYTES = 256 * 1024 * 1024


class ChildFault(Exception):
    """Root: the child did not finish."""


class ChildCrashed(ChildFault):
    pass


class ChildKilled(ChildFault):
    pass


class ChildLimited(ChildFault):
    def __init__(self, limit: str) -> None:
        super().__init__(f"limit of {limit}")
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use. `idle_s`: the longest silence between two messages; `wall_s`: from start to end;
    `file_bytes`: the largest file it may write, in memory too; `helper_bytes`: memory that a process which it starts may take
    beyond `memory_bytes`, where it asks for it."""

    memory_bytes: int = 1 << 30
    cpu_s: int = 300
    wall_s: float = 3600.0
    idle_s: float = 120.0
    output_bytes: int = 4 << 30
    file_bytes: int = 1 << 20
    helper_bytes: int = 0


def run_child(module: str, request: Mapping[str, Any], *, limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Start `python -m module`, give it the request, yield its messages as (head, body) until it says {"done": true}.

    The child and whatever it started are killed when the iterator ends, is closed or raises; what they wrote to standard error is
    logged then. Raises: ChildFault.
    """
    environment = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH") if name in os.environ}
    environment |= {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"}
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        pass_fds=_descriptors_in(request),
    )
    complaints = Complaints(child.stderr)
    try:
        yield from _messages(child, request, limits)
    finally:
        _end(child)
        complaints.log(module)


def _descriptors_in(request: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the descriptor that the request's path names, where it is a copy in memory (`vault.kept.in_clear`)."""
    path = str(request.get("path", ""))
    return (int(path.removeprefix(DESCRIPTORS)),) if path.startswith(DESCRIPTORS) else ()


def _messages(child: subprocess.Popen[bytes], request: Mapping[str, Any], limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    if child.stdin is None or child.stdout is None:
        raise ValueError("the child needs pipes")
    try:
        child.stdin.write(json.dumps({**request, "limits": asdict(limits)}).encode())
        child.stdin.close()
    except BrokenPipeError as error:
        raise _verdict(child) from error
    reader = _Reader(child.stdout.fileno(), limits)
    while True:
        message = reader.next()
        if message is None:
            raise _verdict(child)
        if message[0].get("done"):
            return
        yield message


class _Reader:
    """Reads whole messages from a pipe within the limits."""

    def __init__(self, descriptor: int, limits: Limits) -> None:
        self.descriptor, self.limits = descriptor, limits
        self.buffer = bytearray()
        self.read = 0
        self.deadline = time.monotonic() + limits.wall_s

    def next(self) -> tuple[dict[str, Any], bytes] | None:
        """Return the next message, None at the end of the stream. Raises: ChildLimited."""
        idle = time.monotonic() + self.limits.idle_s
        while True:
            if len(self.buffer) >= 8:
                head, body = int.from_bytes(self.buffer[:4], "big"), int.from_bytes(self.buffer[4:8], "big")
                if head + body > MAX_MESSAGE_BYTES:
                    raise ChildLimited("output")
                if len(self.buffer) >= 8 + head + body:
                    message = json.loads(bytes(self.buffer[8 : 8 + head])), bytes(self.buffer[8 + head : 8 + head + body])
                    del self.buffer[: 8 + head + body]
                    return message
            left = min(self.deadline, idle) - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise ChildLimited("time")
            data = os.read(self.descriptor, READ_BYTES)
            if not data:
                return None
            self.read += len(data)
            if self.read > self.limits.output_bytes:
                raise ChildLimited("output")
            self.buffer += data


def _verdict(child: subprocess.Popen[bytes]) -> ChildFault:
    """Why the child ended without being done."""
    try:
        code = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return ChildCrashed("closed its output and went on")
    if code == -signal.SIGXCPU:
        return ChildLimited("CPU time")
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        return ChildKilled("killed from outside")
    return ChildCrashed(f"exit status {code}")


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                logger.debug("child %s had closed its input", child.pid)

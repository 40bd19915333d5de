"""The child's side of kb.sandbox.parent: limits itself, then answers one request. Imports the standard library only."""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38


def confine(limits: Mapping[str, int]) -> None:
    """Limit memory, CPU time, file sizes and open files of this process and its children, and take the network away.

    `limits`: memory_bytes, helper_bytes, cpu_s, file_bytes. The network goes with a namespace of its own where the kernel lets us
    make one, else Python's sockets are blocked. The process dies with its parent.
    """
    die_with_parent()
    close_network()
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"] + limits["helper_bytes"]))
    for kind, value in (
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value + 5 if kind == resource.RLIMIT_CPU else value))


def die_with_parent() -> None:
    """Have the system kill this process when the one that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def close_network() -> None:
    """Take the network away from this process and its children."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if library.unshare(CLONE_NEWNET) != 0:
            library.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    socket.socket = _Blocked  # type: ignore[misc,assignment]  # that no code here can open one


class _Blocked:
    def __init__(self, *_: object, **__: object) -> None:
        raise PermissionError("no network here")


def read_request() -> dict[str, Any]:
    """Return the request that the parent wrote to standard input."""
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    return request


class Channel:
    """Messages to the parent: a JSON head and a body of bytes, each with its length before it.

    Takes standard output for itself; what libraries print goes nowhere.
    """

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)

    def send(self, head: Mapping[str, Any], body: bytes = b"", *, flush: bool = True) -> None:
        """Write one message. Raises: BrokenPipeError: the parent has gone."""
        data = json.dumps(head, ensure_ascii=False).encode("utf-8", "replace")
        self._stream.write(len(data).to_bytes(4, "big") + len(body).to_bytes(4, "big") + data + body)
        if flush:
            self._stream.flush()

    def close(self) -> NoReturn:
        """Flush and end the process at once: nothing that a hostile file left behind is torn down."""
        self._stream.flush()
        os._exit(0)

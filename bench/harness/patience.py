"""How long the tests wait for what comes by itself, and how they end what they started."""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import Any

# A wait ends with the event, so a generous limit costs nothing; on an idle machine all of it comes within seconds.
PATIENCE_S = 120.0


@contextlib.contextmanager
def ended_with_the_test(*processes: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill what still runs of these at the end, also after a failure, so that no other test meets it."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.communicate()


def end_server(process: subprocess.Popen[Any], *, grace_s: float = 30.0) -> None:
    """Ask a server to end, and force it where it does not."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

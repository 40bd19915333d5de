"""Named points at which tests kill the process. Nothing happens in production: the variable is not set there."""

import os
import signal
from pathlib import Path

VARIABLE = "ATTEST_CRASH_POINT_FILE"


def crash_point(name: str) -> None:
    """Die by SIGKILL at this point if the file that the variable names asks for it. Whoever removes the file dies: one, once."""
    file = os.environ.get(VARIABLE)
    if not file:
        return
    path = Path(file)
    try:
        if path.read_text() != name:
            return
        path.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

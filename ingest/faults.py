"""Named points at which tests kill the process. Nothing happens in production: the variable is not set there."""

import os
import signal

VARIABLE = "ATTEST_FAULT"


def fault(name: str) -> None:
    """Die by SIGKILL at this point, if a test has asked for it by name."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)

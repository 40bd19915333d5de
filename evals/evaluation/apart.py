"""Running a command in a process with a data folder of its own: settings cannot move once they are read."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

APART = "ATTEST_EVALUATION_APART"  # set in the child: its data folder is its own
_OF_THE_INSTALLATION = ("DATABASE_URL", "CELERY_BROKER_URL", "RETRIEVAL_URL")


def is_apart() -> bool:
    """Tell whether this process has a data folder of its own."""
    return os.environ.get(APART) == str(settings.ATTEST_HOME)


def run_apart(arguments: Sequence[str], *, keep: Path | None) -> int:
    """Run `manage.py` with these arguments apart, in the folder `keep` or a temporary one. Returns: its exit code."""
    with tempfile.TemporaryDirectory(prefix="attest-evaluate-") as passing:
        home = str((keep or Path(passing)).resolve())
        Path(home).mkdir(parents=True, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_INSTALLATION}
        environment |= {"ATTEST_HOME": home, APART: home}
        return subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments], env=environment, check=False
        ).returncode

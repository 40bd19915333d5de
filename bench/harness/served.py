"""A whole installation as a newcomer starts it: `scripts/run` in a data folder of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from bench.harness.patience import PATIENCE_S
from bench.harness.ports import free_port
from bench.harness.tables import place_tables

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 3 * PATIENCE_S  # the first start makes a database, accounts and the demo


class Installation:
    """`scripts/run` until `stop`. Its first output holds address and accounts, as a person reads them."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = free_port()
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")}
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": str(home), "PORT": str(self.port)}
        self.environment = {**inherited, **settings, "PYTHONUNBUFFERED": "1", **environment}
        self.url = f"http://127.0.0.1:{self.port}"
        self.output: list[str] = []
        if "DATABASE_URL" not in environment:
            place_tables(home)
        self.process = subprocess.Popen(
            [str(ROOT / "scripts" / "run")],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            self.output.extend(stream)

    def wait_until_ready(self) -> None:
        """Raises: AssertionError: it ended, or said nothing for too long."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not any("Attest is ready" in line for line in self.output):
            assert self.process.poll() is None, f"scripts/run ended:\n{''.join(self.output)}"
            assert time.monotonic() < deadline, f"scripts/run is not ready:\n{''.join(self.output)}"
            time.sleep(0.05)

    def password(self, username: str) -> str:
        """Return the password that the first start printed."""
        match = re.search(rf"^ +{username} +(\S+) ", "".join(self.output), flags=re.M)
        assert match, f"no account {username} in:\n{''.join(self.output)}"
        return match.group(1)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `manage.py` on this installation's data."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE_S,
        )

    def stop(self) -> int:
        """Press Ctrl-C. Returns: the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=PATIENCE_S)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self._reader.join(timeout=5)

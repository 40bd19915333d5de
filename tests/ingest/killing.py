"""An installation whose processes a test may kill, on SQLite or on a PostgreSQL of its own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from bench.harness.patience import PATIENCE_S, ended_with_the_test
from bench.harness.servers import Postgres

ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 2
DATABASE = "attest_killed"


class Installation:
    """A data folder and a database. What they hold can be kept under a name, and come back for the next test."""

    def __init__(self, folder: Path, *, postgres: Postgres | None):
        self.folder, self.postgres = folder, postgres
        self.home, self.crash_point_file = folder / "home", folder / "crash_point"
        self.outputs = 0
        self.home.mkdir()
        self.environment = {
            **os.environ,
            "ATTEST_HOME": str(self.home),
            "ATTEST_LEASE_S": str(LEASE_S),
            "ATTEST_CRASH_POINT_FILE": str(self.crash_point_file),
            "ATTEST_LOG_LEVEL": "CRITICAL",
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        }
        self.environment.pop("DATABASE_URL", None)
        if postgres:
            self.environment["DATABASE_URL"] = postgres.url_of(DATABASE)
            self._sql(f"CREATE DATABASE {DATABASE}")
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=self.environment, check=True, capture_output=True)
        self.makes = subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.process"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _sql(self, *statements: str) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as database:
            for statement in statements:
                database.execute(statement)

    def keep(self, name: str) -> None:
        """Keep what it holds now."""
        shutil.copytree(self.home, self.folder / name)
        if self.postgres:
            self._sql(f"CREATE DATABASE kept_{name} TEMPLATE {DATABASE}")

    def bring_back(self, name: str) -> None:
        """Hold what was kept under this name, and nothing else. No crash point is armed."""
        self.crash_point_file.unlink(missing_ok=True)
        shutil.rmtree(self.home)
        shutil.copytree(self.folder / name, self.home)
        if self.postgres:
            self._sql(f"DROP DATABASE {DATABASE} WITH (FORCE)", f"CREATE DATABASE {DATABASE} TEMPLATE kept_{name}")

    def remove(self) -> None:
        """End what makes the processes."""
        self.makes.stdin.close()
        self.makes.stdout.close()
        self.makes.stdin = self.makes.stdout = None  # communicate() would flush a closed pipe
        with ended_with_the_test(self.makes):
            self.makes.wait(timeout=PATIENCE_S)

    # --- processes ---

    def _ask(self, **request):
        self.makes.stdin.write(json.dumps(request) + "\n")
        self.makes.stdin.flush()
        return json.loads(self.makes.stdout.readline())

    def start(self, *command: str) -> tuple[int, Path]:
        """Start a process. Returns: its id, and the file that will hold what it returns."""
        self.outputs += 1
        out = self.folder / f"{self.outputs}.json"
        return self._ask(do=command, out=str(out))["pid"], out

    def end_of(self, process: tuple[int, Path]):
        """Wait for a process that must end well. Returns: what it returned."""
        pid, out = process
        code = self._ask(wait=pid)["code"]
        assert code == 0, (code, out.with_suffix(".errors").read_text() if out.with_suffix(".errors").exists() else "")
        return json.loads(out.read_text())

    def run(self, *command: str, crash_point: str = ""):
        """Let a process do the command. With a crash point it must die there; without, end well."""
        if not crash_point:
            return self.end_of(self.start(*command))
        self.crash_point_file.write_text(crash_point)
        pid, _out = self.start(*command)
        assert self._ask(wait=pid)["code"] == -signal.SIGKILL
        return None

    def kill_after(self, delay_s: float, *command: str) -> bool:
        """Start a process and kill it after a while. Returns: whether it was still alive."""
        pid, _out = self.start(*command)
        time.sleep(delay_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self._ask(wait=pid)["code"] == -signal.SIGKILL

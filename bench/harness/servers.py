"""PostgreSQL and Redis of a test's own: they can be ended the hard way and started again."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from bench.harness.patience import PATIENCE_S
from bench.harness.ports import free_port


def find_program(name: str) -> str | None:
    """Return the path of a program; Debian keeps PostgreSQL's out of PATH."""
    return shutil.which(name) or next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


class Postgres:
    """A cluster in a folder of its own that listens on a socket there. Without fsync, unless asked for: a killed server loses
    nothing by that."""

    def __init__(self, *, is_durable: bool = False) -> None:
        self.is_durable = is_durable
        self.pg_ctl = find_program("pg_ctl")
        if self.pg_ctl is None:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="attest-pg-"))  # short: a socket's path has 107 bytes
        self.url = self.url_of("postgres")
        self.as_owner: list[str] = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(self.folder, "postgres")
            self.as_owner = ["runuser", "-u", "postgres", "--"]
        try:
            self._control("initdb", "-o", "-A trust -U attest -E UTF8 --locale=C.UTF-8 --no-sync")
            self.start()
        except BaseException:
            self.remove()
            raise

    def url_of(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://attest@{str(self.folder).replace('/', '%2F')}/{database}"

    def _control(self, action: str, *arguments: str) -> None:
        command = [*self.as_owner, str(self.pg_ctl), action, "-s", "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-k {self.folder} -c listen_addresses='' -c fsync={'on' if self.is_durable else 'off'}"
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def crash(self) -> None:
        """End it at once, as a power cut would: the next start recovers from the log."""
        self._control("stop", "-m", "immediate")

    def remove(self) -> None:
        """Stop it and remove its folder."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """A server that keeps nothing on disk: killed and started again, it is empty."""

    def __init__(self) -> None:
        self.program = find_program("redis-server")
        if self.program is None:
            pytest.skip("Redis is not installed: apt-get install redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        self.process = subprocess.Popen([str(self.program), *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self.process.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.wait()

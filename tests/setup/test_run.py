"""scripts/run as a person meets it: two starts, a sign-in with a printed password, a document read by the worker, Ctrl-C."""

import contextlib
import os
import queue
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Attest is ready: (http://\S+)$")
ACCOUNT = re.compile(r"^  (\w+) +([a-z0-9]{4}(?:-[a-z0-9]{4}){3})  (.+)$")
# On an idle machine with two cores 2 to 3 s; the tests beside this one take their share.
SECOND_START_S = 10.0

pytestmark = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="scripts/run serves from .venv, and these tests run in another environment"
)


class Start:
    """One start of scripts/run."""

    def __init__(self, home: Path, port: int) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
        environment |= {"ATTEST_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", "ATTEST_WORKERS": "1"}
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [ROOT / "scripts/run"], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str | None] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with self.process.stdout as output:
            for line in output:
                self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def wait_for(self, pattern: re.Pattern[str], *, timeout_s: float) -> re.Match[str]:
        """Return the first line that matches."""
        deadline = time.monotonic() + timeout_s
        while (line := self._coming.get(timeout=max(0.01, deadline - time.monotonic()))) is not None:
            self.lines.append(line)
            if found := pattern.match(line):
                return found
        raise AssertionError("it ended before that:\n" + "\n".join(self.lines))

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started: list[Start] = []

    def begin() -> Start:
        started.append(Start(tmp_path / "home", port))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(timeout=20)
            one.process.kill()
            one.process.wait()
        one.reader.join(timeout=10)


def count_processes(home: Path) -> int:
    """How many processes were started with this data folder and still run."""
    wanted = f"ATTEST_HOME={home}".encode()
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            count += wanted in (entry / "environ").read_bytes().split(b"\0")
    return count


def count_indexed(home: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{home / 'attest.sqlite3'}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute("SELECT COUNT(*) FROM kb_documentversion WHERE status = 'indexed'").fetchone()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_two_starts(start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = start()
    priya = first.wait_for(ACCOUNT, timeout_s=120)
    assert priya[1] == "priya"
    assert [first.wait_for(ACCOUNT, timeout_s=5)[1] for _ in range(3)] == ["owen", "grace", "victor"]
    address = first.wait_for(READY, timeout_s=60)[1]

    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/")
        assert page.url.path == "/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        fields = {"login": "priya", "password": priya[2], "csrfmiddlewaretoken": token}
        page = browser.post(str(page.url), data=fields, headers={"Referer": str(page.url)})
        assert (page.status_code, page.url.path) == (200, "/")
        assert "What is the hotel limit in London?" in page.text

    deadline = time.monotonic() + 180
    while not count_indexed(home):
        assert time.monotonic() < deadline, "the worker read nothing"
        time.sleep(0.5)
    assert first.interrupt() == 0
    assert count_processes(home) == 0
    assert priya[2].encode() not in (home / "attest.sqlite3").read_bytes()

    second = start()
    second.wait_for(READY, timeout_s=60)
    assert httpx.get(f"{address}accounts/login/", timeout=30).status_code == 200
    assert time.monotonic() - second.began < SECOND_START_S
    again = start()
    assert again.process.wait(timeout=60) == 1
    assert again.wait_for(re.compile(r"^Cannot listen on 127\.0\.0\.1, port \d+: "), timeout_s=5)
    assert second.interrupt() == 0
    assert not any(ACCOUNT.match(line) for line in second.lines)
    assert count_processes(home) == 0

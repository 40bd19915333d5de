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
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.setup.test_private_files import open_to_others

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Attest is ready: (http://\S+)$")
ACCOUNT = re.compile(r"^  (\w+) +([a-z0-9]{4}(?:-[a-z0-9]{4}){3})  (.+)$")
# Of processors' time, until pages are served: measured .5 s, and 2 s for the first. The clock would measure what else runs here.
SECOND_START_CPU_S = 5.0
PATIENCE_S = 180.0  # with whatever comes; on an idle machine all of it comes within seconds

pytestmark = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="scripts/run serves from .venv, and these tests run in another environment"
)


class Start:
    """One start of scripts/run."""

    def __init__(self, home: Path, port: int) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
        environment |= {"ATTEST_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", "ATTEST_WORKERS": "1"}
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

    def wait_for(self, pattern: re.Pattern[str], *, timeout_s: float = PATIENCE_S) -> re.Match[str]:
        """Return the first line that matches."""
        deadline = time.monotonic() + timeout_s
        while (line := self._coming.get(timeout=max(0.01, deadline - time.monotonic()))) is not None:
            self.lines.append(line)
            if found := pattern.match(line):
                return found
        raise AssertionError("it ended before that:\n" + "\n".join(self.lines))

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


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
                one.process.wait(timeout=60)
            one.process.kill()
            one.process.wait()
        one.reader.join(timeout=10)


def list_processes(home: Path) -> list[Path]:
    """The processes that were started with this data folder and still run."""
    wanted = f"ATTEST_HOME={home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(entry)
    return found


def measure_work(home: Path) -> float:
    """Return the seconds of processors that these processes, and those of their children that have ended, have had."""
    ticks = 0
    for entry in list_processes(home):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, (entry / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_until(is_so: Callable[[], object], *, what: str) -> None:
    """Raises: AssertionError: it did not come, though there was patience."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def count_indexed(home: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{home / 'attest.sqlite3'}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute("SELECT COUNT(*) FROM kb_documentversion WHERE status = 'indexed'").fetchone()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_two_starts(start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = start()
    priya = first.wait_for(ACCOUNT)
    assert priya[1] == "priya"
    assert [first.wait_for(ACCOUNT)[1] for _ in range(3)] == ["owen", "grace", "victor"]
    address = first.wait_for(READY)[1]
    work = measure_work(home)

    with httpx.Client(base_url=address, follow_redirects=True, timeout=PATIENCE_S) as browser:
        page = browser.get("/")
        assert page.url.path == "/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        fields = {"login": "priya", "password": priya[2], "csrfmiddlewaretoken": token}
        page = browser.post(str(page.url), data=fields, headers={"Referer": str(page.url)})
        assert (page.status_code, page.url.path) == (200, "/")
        assert "What is the hotel limit in London?" in page.text

    wait_until(lambda: count_indexed(home), what="the worker read nothing")
    with contextlib.suppress(FileNotFoundError):  # a file that a worker has just renamed
        assert open_to_others(home) == []
    assert first.interrupt() == 0
    wait_until(lambda: not list_processes(home), what="something runs on")
    assert priya[2].encode() not in (home / "attest.sqlite3").read_bytes()

    second = start()
    second.wait_for(READY)
    assert measure_work(home) < min(work, SECOND_START_CPU_S)  # nothing is set up again
    assert httpx.get(f"{address}accounts/login/", timeout=PATIENCE_S).status_code == 200
    again = start()
    assert again.process.wait(timeout=PATIENCE_S) == 1
    assert again.wait_for(re.compile(r"^Cannot listen on 127\.0\.0\.1, port \d+: "))
    assert second.interrupt() == 0
    assert not any(ACCOUNT.match(line) for line in second.lines)
    wait_until(lambda: not list_processes(home), what="something runs on")

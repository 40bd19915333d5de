"""An installation as `scripts/run` serves it, with a person who uses it over HTTP and a witness who reads its database."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import redis

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation

T = TypeVar("T")
ENVIRONMENT = {"ATTEST_DEMO": "0", "ATTEST_WORKERS": "2", "ATTEST_LEASE_S": "6"}  # the lease is 20 s by default
READ_S = 180.0  # some hundred passages, or taking a job over, on a machine that does other things too; bench.kills measures
SLUG = "rules"
LINKED_PASSWORD = "set by whoever had the link"  # noqa: S105 - of an installation that is thrown away


def wait_until(look: Callable[[], T], *, timeout_s: float, what: str) -> T:
    """Return the first truthy value that `look` gives."""
    deadline = time.monotonic() + timeout_s
    while not (value := look()):
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.05)
    return value


def write_book(title: str, *, sections: int = 36) -> str:
    """Return Markdown of about as many passages as sections."""
    rules = (
        f"## Rule {n}\n\n" + f"Rule {n} of {title} says that the form {n} is kept for {n} years. " * 12 for n in range(sections)
    )
    return f"# {title}\n\n" + "\n\n".join(rules)


def started_at(process_id: int) -> tuple[int, int]:
    """Return when a process was started, in ticks since the machine was, and its id. Zeros where it is gone."""
    try:
        return int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[19]), process_id
    except OSError:
        return 0, 0


class Site:
    """One data folder and database, served now; `admin` is signed in and has made one collection."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = ENVIRONMENT | environment
        self.start()
        try:
            self.password = self.installation.password("admin")
            self.admin = self.sign_in("admin", self.password)
            self.post("/library/new/", {"name": "Rules", "slug": SLUG})
        except BaseException:
            self.installation.stop()
            raise

    def start(self) -> None:
        """Serve, and return when pages are answered."""
        self.installation = Installation(self.home, **self.environment)
        try:
            self.installation.wait_until_ready()
        except BaseException:
            self.installation.stop()
            raise

    def end(self) -> None:
        """Press Ctrl-C."""
        self.admin.close()
        code = self.installation.stop()
        assert code == 0, f"exit code {code}; its last lines:\n{''.join(self.installation.output[-60:])}"

    @property
    def output(self) -> str:
        """What it has printed and logged since its last start."""
        return "".join(self.installation.output)

    # --- a person ---

    def sign_in(self, username: str, password: str) -> httpx.Client:
        """Return a browser in which that person has signed in."""
        browser = httpx.Client(follow_redirects=True, timeout=120)
        browser.get(f"{self.installation.url}/accounts/login/")
        page = self.post("/accounts/login/", {"login": username, "password": password}, browser=browser)
        assert page.url.path == "/", page.text
        return browser

    def sign_in_by_link(self, path: str) -> httpx.Client:
        """Return a browser in which somebody has set their password by a one-time link."""
        browser = httpx.Client(follow_redirects=True, timeout=120)
        browser.get(self.installation.url + path)
        page = self.post(path, {"password1": LINKED_PASSWORD, "password2": LINKED_PASSWORD}, browser=browser)
        assert page.url.path == "/", page.text
        return browser

    def try_to_sign_in(self, username: str) -> httpx.Response:
        """Return what a browser is answered that signs in with the right password, whatever it is."""
        fields = {"login": username, "password": self.password}
        with httpx.Client(timeout=120) as browser:
            browser.get(f"{self.installation.url}/accounts/login/")
            headers = {"X-CSRFToken": browser.cookies["csrftoken"]}
            return browser.post(f"{self.installation.url}/accounts/login/", data=fields, headers=headers)

    def get(self, path: str, *, browser: httpx.Client | None = None) -> httpx.Response:
        return (browser or self.admin).get(self.installation.url + path)

    def probe(self, path: str) -> int:
        """Return the status that a machine without a session gets."""
        return httpx.get(self.installation.url + path, timeout=120).status_code

    def post(self, path: str, fields: dict[str, str], *, browser: httpx.Client | None = None, **more: Any) -> httpx.Response:
        browser = browser or self.admin
        headers = {"X-CSRFToken": browser.cookies["csrftoken"], "Accept": "application/json" if more else "text/html"}
        response = browser.post(self.installation.url + path, data=fields, headers=headers, **more)
        assert response.status_code == 200, (response.status_code, response.text)
        return response

    def upload(self, name: str, text: str) -> None:
        """As the page's script does; the file was accepted when this returns."""
        answer = self.send_upload(name, text).json()
        assert answer["accepted"], answer

    def send_upload(self, name: str, text: str) -> httpx.Response:
        """Send a file, whatever becomes of it."""
        headers = {"X-CSRFToken": self.admin.cookies["csrftoken"], "Accept": "application/json"}
        files = {"files": (name, text.encode(), "text/markdown")}
        return self.admin.post(f"{self.installation.url}/library/c/{SLUG}/upload/", files=files, headers=headers)

    def ask(self, question: str) -> dict[str, list[str]]:
        """Ask, and read the stream to its end. Returns: by event, what was sent, in its order."""
        page = self.post("/ask/", {"question": question})
        found = re.search(r'data-stream="([^"]+)"', page.text)
        assert found is not None, page.text
        address = found[1]
        events: dict[str, list[str]] = {}
        with self.admin.stream("GET", self.installation.url + address) as stream:
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            for frame in stream.read().decode().strip().split("\n\n"):
                if event := re.fullmatch(r"event: (\w+)\ndata: (.+)", frame):
                    data = json.loads(event[2])
                    events.setdefault(event[1], []).append(data.get("html") or data["text"])
        return events

    # --- a witness ---

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what the database holds now."""
        if url := self.environment.get("DATABASE_URL"):
            with psycopg.connect(url) as database:
                return database.execute(sql).fetchall()
        with contextlib.closing(sqlite3.connect(f"file:{self.home / 'attest.sqlite3'}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def statuses(self) -> dict[str, str]:
        return dict(self.rows("SELECT d.name, v.status FROM kb_documentversion v JOIN kb_document d ON d.id = v.document_id"))

    def leases(self) -> dict[str, int]:
        """The leases that are held, each with the process id of the worker that holds it."""
        held = self.rows("SELECT leased_by FROM ingest_job WHERE state = 'running' AND leased_by <> ''")
        return {token: int(token.split(":")[1]) for (token,) in held}

    def wait_until_embedding(self) -> dict[str, int]:
        """Return the leases once a document is in the middle of its way."""
        wait_until(lambda: "chunked" in self.statuses().values(), timeout_s=READ_S, what="a document is being embedded")
        return self.leases()

    def wait_until_taken_over(self, leases: dict[str, int]) -> None:
        """Wait until nothing is held under these leases any more."""
        wait_until(lambda: not leases.keys() & self.leases().keys(), timeout_s=READ_S, what=f"leases {leases} are taken over")

    def wait_until_settled(self, *names: str) -> None:
        """Wait until no job is left and these documents answer."""
        wait_until(
            lambda: not self.rows("SELECT 1 FROM ingest_job WHERE state IN ('waiting', 'running')"),
            timeout_s=READ_S,
            what="no jobs",
        )
        assert {name: self.statuses()[name] for name in names} == dict.fromkeys(names, "indexed")

    def assert_whole(self) -> None:
        """The invariants of docs/architecture.md, after whatever happened."""
        counted = self.rows(
            "SELECT v.chunk_count, COUNT(c.id), COUNT(DISTINCT c.ordinal), MIN(c.ordinal), MAX(c.ordinal)"
            " FROM kb_documentversion v JOIN kb_chunk c ON c.version_id = v.id"
            " WHERE v.status = 'indexed' GROUP BY v.id, v.chunk_count"
        )
        assert counted
        for chunk_count, rows, ordinals, first, last in counted:
            assert (rows, ordinals, first, last) == (chunk_count, chunk_count, 0, chunk_count - 1)
        assert self.rows(
            "SELECT COUNT(*) FROM kb_chunk c LEFT JOIN kb_chunkembedding e ON e.chunk_id = c.id WHERE e.chunk_id IS NULL"
        ) == [(0,)]
        recorded = self.rows("SELECT COUNT(*) FROM audit_event WHERE action = 'document.indexed' GROUP BY subject")
        indexed = self.rows("SELECT COUNT(*) FROM kb_documentversion WHERE status = 'indexed' GROUP BY document_id")
        assert sorted(recorded) == sorted(indexed)  # each version once
        assert len(indexed) == len(counted)  # each document answers with one
        for command in ("verify_index", "verify_audit"):
            done = self.installation.manage(command)
            assert done.returncode == 0, done.stdout + done.stderr
        temporary = [path for ending in ("*.part", "*.tmp") for path in self.home.rglob(ending)]
        assert temporary == []

    # --- faults ---

    def find_processes(self, words: bytes) -> list[int]:
        """Return the processes of this installation with these words in their command line; parents before children."""
        wanted, found = f"ATTEST_HOME={self.home}".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if words in (entry / "cmdline").read_bytes() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return sorted(found, key=started_at)  # process ids begin anew at 32,768 on many machines

    def find_readers(self) -> list[int]:
        """Return the child processes that parse a file for one of the workers now."""
        found = []
        for worker in self.leases().values():
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
                found += [
                    int(child) for child in children if b"ingest.stages.parse_child" in Path(f"/proc/{child}/cmdline").read_bytes()
                ]
        return found

    @contextlib.contextmanager
    def workers_held_up(self) -> Iterator[None]:
        """Nobody takes messages meanwhile."""
        main = self.find_processes(b"worker")[0]
        os.kill(main, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(main, signal.SIGCONT)

    def deliver_twice(self) -> int:
        """Put a copy of every message that waits beside it, as brokers do that lost an acknowledgement. Returns: how many."""
        if url := self.environment.get("CELERY_BROKER_URL"):
            with contextlib.closing(redis.Redis.from_url(url)) as server:
                waiting = server.lrange("celery", 0, -1)
                if waiting:
                    server.lpush("celery", *waiting)
                return len(waiting)
        messages = list((self.home / "broker" / "queue").glob("*.msg"))
        for number, message in enumerate(messages):
            shutil.copyfile(message, message.with_name(f"{number}{message.name}"))
        return len(messages)

    def kill_everything(self) -> None:
        """SIGKILL to every process of this installation."""
        wanted = f"ATTEST_HOME={self.home}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
        self.installation.process.wait(timeout=PATIENCE_S)

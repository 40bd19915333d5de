"""A worker that is killed at any point loses nothing and does nothing twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 2


class Installation:
    """A data folder of its own, used by processes of its own."""

    def __init__(self, home: Path):
        self.home = home

    def start(self, *arguments, fault=""):
        environment = {**os.environ, "ATTEST_HOME": str(self.home), "ATTEST_LEASE_S": str(LEASE_S), "DATABASE_URL": ""}
        environment.pop("DATABASE_URL")
        environment |= {"ATTEST_FAULT": fault, "ATTEST_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "tests.ingest.process", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, fault=""):
        process = self.start(*arguments, fault=fault)
        output, errors = process.communicate(timeout=60)
        if fault:
            assert process.returncode == -signal.SIGKILL, (process.returncode, errors)
            return None
        assert process.returncode == 0, errors
        return json.loads(output.splitlines()[-1])

    def recover(self):
        """Wait until the dead worker's lease has run out, then work as the next one."""
        time.sleep(LEASE_S + 0.2)
        return self.run("recover")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    home = tmp_path_factory.mktemp("migrated")
    environment = {**os.environ, "ATTEST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    environment.pop("DATABASE_URL", None)  # each copies the file of this one
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True, capture_output=True)
    return home


def copy_of(home, folder):
    shutil.copytree(home, folder / "home")
    return Installation(folder / "home")


@pytest.fixture
def installation(migrated, tmp_path):
    return copy_of(migrated, tmp_path)


@pytest.fixture(scope="module")
def with_upload(migrated, tmp_path_factory):
    """An installation in which a book waits to be read."""
    folder = tmp_path_factory.mktemp("uploaded")
    waiting = copy_of(migrated, folder)
    waiting.run("upload", str(write_book(folder)), "book.md")
    return waiting.home


@pytest.fixture
def book(tmp_path):
    return write_book(tmp_path)


def write_book(folder):
    path = folder / "book.md"
    sections = (f"## Section {n}\n\n" + f"Rule {n} says that words are counted. " * 60 for n in range(60))
    path.write_text("# A book\n\n" + "\n\n".join(sections))
    return path


def assert_whole(state):
    assert state["jobs"] == ["done"]
    assert state["exact"]
    assert state["chain"]
    assert state["temporary"] == []
    assert state["chunk_ids"] == state["embedded_ids"] == state["live_ids"] == state["index_ids"] != []
    for ordinals in state["ordinals"].values():
        assert ordinals == list(range(len(ordinals)))
    assert len({tuple(page) for page in state["pages"]}) == len(state["pages"])


@pytest.mark.parametrize(
    "fault",
    [
        "before_parse",
        "pages_stored",
        "after_parse",
        "chunks_stored",
        "before_embed",
        "vectors_stored",
        "after_embed",
        "published",
        "after_publish",
    ],
)
def test_a_killed_worker_is_taken_over(with_upload, tmp_path, fault):
    installation = copy_of(with_upload, tmp_path)
    installation.run("work", fault=fault)
    state = installation.recover()

    assert_whole(state)
    assert state["statuses"] == {"book.md v1": "indexed"}
    assert state["events"] == ["document.indexed", "document.uploaded"]
    assert len(state["chunk_ids"]) > 60


def test_a_job_that_gets_on_survives_any_number_of_kills(with_upload, tmp_path):
    installation = copy_of(with_upload, tmp_path)
    for fault in ("pages_stored", "after_parse", "after_chunk", "after_embed", "published", "after_publish"):
        installation.run("work", fault=fault)
        time.sleep(LEASE_S + 0.2)
    state = installation.recover()

    assert_whole(state)
    assert state["statuses"] == {"book.md v1": "indexed"}


def test_a_file_that_kills_every_worker_is_put_aside(with_upload, tmp_path):
    installation = copy_of(with_upload, tmp_path)
    for _ in range(3):
        installation.run("work", fault="before_parse")
        time.sleep(LEASE_S + 0.2)
    state = installation.recover()

    assert (state["statuses"], state["jobs"]) == ({"book.md v1": "failed"}, ["failed"])
    assert (state["chunk_ids"], state["index_ids"], state["pages"]) == ([], [], [])


@pytest.mark.parametrize("fault", ["published", "after_publish", "removed_from_index"])
def test_a_new_version_replaces_the_old_whole_though_its_worker_is_killed(installation, book, fault):
    installation.run("upload", str(book), "book.md")
    installation.run("work")
    book.write_text("# A shorter book\n\nOnly one rule is left.")
    assert installation.run("upload", str(book), "book.md") == "new_version"
    installation.run("work", fault=fault)
    between = installation.run("state")
    state = installation.recover()

    assert between["current"] == {"book.md": 1 if fault == "published" else 2}
    answering = "1" if fault == "published" else "2"
    assert len(between["live_ids"]) == len(between["ordinals"][answering]) > 0  # the one or the other, never a mix
    assert_whole(state)
    assert state["current"] == {"book.md": 2}
    assert len(state["chunk_ids"]) == 1


def test_a_killed_upload_leaves_nothing_that_answers(installation, book):
    installation.run("upload", str(book), "book.md", fault="file_kept")
    assert installation.run("state")["statuses"] == {}

    assert installation.run("upload", str(book), "book.md") == "new"
    installation.run("work")
    assert_whole(installation.run("state"))


def test_a_deletion_ends_though_its_worker_is_killed(installation, book):
    installation.run("upload", str(book), "book.md")
    installation.run("work")
    installation.run("delete", "book.md")
    assert installation.run("state")["live_ids"] == []
    installation.run("work", fault="removed_from_index")
    state = installation.recover()

    assert (state["chunk_ids"], state["index_ids"], state["deleted_pages"]) == ([], [], 0)
    assert state["jobs"] == ["done"]
    assert state["events"][0] == "document.deleted"


def test_two_workers_at_once_do_nothing_twice(installation, book):
    for number in range(6):
        other = book.with_name(f"book{number}.md")
        other.write_text(book.read_text() + f"\n\nCopy {number}.")
        installation.run("upload", str(other), other.name)
    workers = [installation.start("work") for _ in range(3)]
    outputs = [worker.communicate(timeout=120) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], outputs
    state = installation.run("state")

    # The three fake indexes overwrite each other's file; the database is what they share.
    assert set(state["statuses"].values()) == {"indexed"}
    assert state["events"] == ["document.indexed"] * 6 + ["document.uploaded"] * 6
    assert sum(int(output.splitlines()[-1]) for output, _ in outputs) == 6
    assert state["chunk_ids"] == state["embedded_ids"] == state["live_ids"]

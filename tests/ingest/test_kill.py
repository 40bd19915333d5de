"""A worker that is killed at any point loses nothing and does nothing twice, on SQLite and on PostgreSQL."""

import random
import time

import pytest

from bench.harness.servers import Postgres
from tests.ingest.killing import LEASE_S, Installation


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept(request, tmp_path_factory):
    """An installation that has kept two states: nothing but its tables, and a book that waits to be read."""
    postgres = Postgres() if request.param == "postgres" else None
    folder = tmp_path_factory.mktemp(f"kill-{request.param}")
    installation = Installation(folder, postgres=postgres)
    installation.keep("empty")
    installation.run("upload", str(write_book(folder)), "book.md")
    installation.keep("uploaded")
    yield installation
    installation.remove()
    if postgres:
        postgres.remove()


@pytest.fixture
def installation(kept):
    kept.bring_back("empty")
    return kept


@pytest.fixture
def with_upload(kept):
    kept.bring_back("uploaded")
    return kept


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
    "crash_point",
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
def test_a_killed_worker_is_taken_over(with_upload, crash_point):
    with_upload.run("work", crash_point=crash_point)
    state = with_upload.run("recover")

    assert_whole(state)
    assert state["statuses"] == {"book.md v1": "indexed"}
    assert state["events"] == ["document.indexed", "document.uploaded"]
    assert len(state["chunk_ids"]) > 60


def test_a_dead_worker_elsewhere_loses_its_job_when_its_lease_runs_out(with_upload):
    with_upload.run("work", crash_point="pages_stored")
    assert with_upload.run("work") == 0
    time.sleep(LEASE_S + 0.2)

    assert with_upload.run("work") == 1
    assert_whole(with_upload.run("state"))


def test_a_worker_killed_at_any_moment_is_taken_over(with_upload):
    began = time.monotonic()
    with_upload.run("work")
    duration_s = time.monotonic() - began
    chance = random.Random()
    killed = 0
    for _ in range(10):
        with_upload.bring_back("uploaded")
        delay_s = chance.uniform(0, duration_s)
        print(f"killed after {delay_s:.3f} s of {duration_s:.3f}")
        killed += with_upload.kill_after(delay_s, "work")
        state = with_upload.run("recover")

        assert_whole(state)
        assert state["statuses"] == {"book.md v1": "indexed"}
        assert state["events"] == ["document.indexed", "document.uploaded"]
    assert killed


def test_a_job_that_gets_on_survives_any_number_of_kills(with_upload):
    for crash_point in ("pages_stored", "after_parse", "after_chunk", "after_embed", "published", "after_publish"):
        with_upload.run("work", crash_point=crash_point)
        with_upload.run("free")
    state = with_upload.run("recover")

    assert_whole(state)
    assert state["statuses"] == {"book.md v1": "indexed"}


def test_a_file_that_kills_every_worker_is_put_aside(with_upload):
    for _ in range(3):
        with_upload.run("work", crash_point="before_parse")
        with_upload.run("free")
    state = with_upload.run("recover")

    assert (state["statuses"], state["jobs"]) == ({"book.md v1": "failed"}, ["failed"])
    assert (state["chunk_ids"], state["index_ids"], state["pages"]) == ([], [], [])


@pytest.mark.parametrize("crash_point", ["published", "after_publish", "removed_from_index"])
def test_a_new_version_replaces_the_old_whole_though_its_worker_is_killed(installation, book, crash_point):
    installation.run("upload", str(book), "book.md")
    installation.run("work")
    book.write_text("# A shorter book\n\nOnly one rule is left.")
    assert installation.run("upload", str(book), "book.md") == "new_version"
    installation.run("work", crash_point=crash_point)
    between = installation.run("state")
    state = installation.run("recover")

    assert between["current"] == {"book.md": 1 if crash_point == "published" else 2}
    answering = "1" if crash_point == "published" else "2"
    assert len(between["live_ids"]) == len(between["ordinals"][answering]) > 0  # the one or the other, never a mix
    assert_whole(state)
    assert state["current"] == {"book.md": 2}
    assert len(state["chunk_ids"]) == 1


def test_a_killed_upload_leaves_nothing_that_answers(installation, book):
    installation.run("upload", str(book), "book.md", crash_point="file_kept")
    assert installation.run("state")["statuses"] == {}

    assert installation.run("upload", str(book), "book.md") == "new"
    installation.run("work")
    assert_whole(installation.run("state"))


def test_a_deletion_ends_though_its_worker_is_killed(installation, book):
    installation.run("upload", str(book), "book.md")
    installation.run("work")
    installation.run("delete", "book.md")
    assert installation.run("state")["live_ids"] == []
    installation.run("work", crash_point="removed_from_index")
    state = installation.run("recover")

    assert (state["chunk_ids"], state["index_ids"], state["deleted_pages"]) == ([], [], 0)
    assert state["jobs"] == ["done"]
    assert state["events"][0] == "document.deleted"


def test_two_workers_at_once_do_nothing_twice(installation, book):
    for number in range(6):
        other = book.with_name(f"book{number}.md")
        other.write_text(book.read_text() + f"\n\nCopy {number}.")
        installation.run("upload", str(other), other.name)
    workers = [installation.start("work") for _ in range(3)]
    done = [installation.end_of(worker) for worker in workers]
    state = installation.run("state")

    assert_whole(state)
    assert set(state["statuses"].values()) == {"indexed"}
    assert state["events"] == ["document.indexed"] * 6 + ["document.uploaded"] * 6
    assert sum(done) == 6


def test_a_full_disk_is_waited_out_however_long_it_is_full(with_upload):
    for _ in range(5):
        assert with_upload.run("work_without_room") == 1
        assert with_upload.run("state")["waits"] == [["disk_full", 0]]
        with_upload.run("make_due")
    with_upload.run("work")

    state = with_upload.run("state")
    assert_whole(state)
    assert state["events"] == ["document.indexed", "document.uploaded"]


def test_a_database_that_is_lost_for_a_while_is_waited_out_by_the_worker(with_upload):
    assert with_upload.run("work_cut_off") == 1
    assert with_upload.run("state")["waits"] == [["database", 0]]
    with_upload.run("make_due")
    with_upload.run("work")

    state = with_upload.run("state")
    assert_whole(state)
    assert state["events"] == ["document.indexed", "document.uploaded"]

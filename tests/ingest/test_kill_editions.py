"""Building the index anew, moving and deleting survive `kill -9` at each point, on SQLite and on PostgreSQL."""

import pytest

from bench.harness.servers import Postgres
from tests.ingest.killing import Installation

WORDS = "A rule says that words are counted. "


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept(request, tmp_path_factory):
    """An installation that has kept two states: three books in edition 1, and the same with edition 2 to be built."""
    postgres = Postgres() if request.param == "postgres" else None
    folder = tmp_path_factory.mktemp(f"editions-{request.param}")
    installation = Installation(folder, postgres=postgres)
    for name in ("a.md", "b.md", "c.md"):
        installation.run("upload", write_book(folder / name, sections=60 if name == "b.md" else 1), name)
    installation.run("work")
    installation.keep("read")
    installation.run("start")
    installation.keep("started")
    yield installation
    installation.remove()
    if postgres:
        postgres.remove()


@pytest.fixture
def library(kept):
    kept.bring_back("read")
    return kept


@pytest.fixture
def started(kept):
    kept.bring_back("started")
    return kept


def write_book(path, *, sections=1):
    path.write_text(f"# Book {path.name}\n\n" + "\n\n".join(f"## Section {n}\n\n{WORDS * 60}" for n in range(sections)))
    return str(path)


def assert_serves(state, number):
    """This edition answers, is whole, and its index holds exactly its chunks."""
    assert state["editions"][str(number)] == "serving"
    assert list(state["editions"].values()).count("serving") == 1
    assert state["served_ids"] == state["chunks"][str(number)] != []
    assert state["embedded_ids"] == state["chunk_ids"]
    assert state["chain"]


@pytest.mark.parametrize(
    "crash_point",
    ["chunks_stored", "rebuild_chunk", "vectors_stored", "rebuild_embed", "published", "rebuild_publish", "before_swap"],
)
def test_an_edition_whose_worker_is_killed_is_built_all_the_same(started, crash_point):
    before = started.run("state")
    started.run("work", crash_point=crash_point)
    between = started.run("state")
    assert between["editions"] == {"1": "serving", "2": "building"}
    assert between["served_ids"] == before["served_ids"]
    state = started.run("recover")

    assert_serves(state, 2)
    assert len(state["chunks"]["2"]) == len(before["chunks"]["1"])
    assert state["events"].count("index.swapped") == 1
    assert state["jobs"] == ["done"]


def test_a_worker_killed_right_after_the_swap_leaves_it_done(started):
    started.run("work", crash_point="after_swap")
    assert_serves(started.run("state"), 2)
    assert started.run("recover")["events"].count("index.swapped") == 1


@pytest.mark.parametrize("crash_point", ["clearing", "index_cleared"])
def test_what_was_replaced_is_cleared_away_though_the_sweep_is_killed(started, crash_point):
    started.run("work")
    started.run("clear", crash_point=crash_point)
    assert_serves(started.run("state"), 2)
    started.run("clear")
    state = started.run("state")
    assert_serves(state, 2)
    assert state["chunks"]["1"] == []
    assert state["chunk_ids"] == state["served_ids"]


def test_a_pause_outlives_processes_and_a_kill(started):
    started.run("work", crash_point="rebuild_chunk")
    started.run("pause")
    started.run("free")
    paused = started.run("state")
    assert started.run("work") == 0
    assert started.run("state")["chunks"] == paused["chunks"]

    started.run("resume")
    assert_serves(started.run("recover"), 2)


def test_a_cancelled_edition_leaves_the_old_one_as_it_was(started):
    before = started.run("state")
    started.run("work", crash_point="rebuild_embed")
    started.run("cancel")
    state = started.run("recover")
    assert state["editions"] == {"1": "serving", "2": "cancelled"}
    started.run("clear")
    state = started.run("state")
    assert state["chunk_ids"] == before["chunk_ids"] == state["served_ids"]


def test_whoever_asks_during_the_swap_sees_a_whole_edition(started):
    watcher = started.start("watch")
    workers = [started.start("work") for _ in range(2)]
    for worker in workers:
        started.end_of(worker)
    seen = started.end_of(watcher)
    state = started.run("recover")
    assert_serves(state, 2)
    assert len(seen) == 1  # the same passages in both
    assert len(seen[0]) == len(state["chunks"]["2"])


def test_an_upload_while_an_edition_is_built_is_in_both(started, tmp_path):
    started.run("work", crash_point="rebuild_chunk")
    started.run("upload", write_book(tmp_path / "late.md"), "late.md")
    state = started.run("recover")
    assert_serves(state, 2)
    assert state["statuses"]["late.md v1"] == "indexed"
    assert len(state["chunks"]["2"]) == len(state["chunks"]["1"])


@pytest.mark.parametrize("crash_point", ["before_move", "after_move"])
def test_a_killed_move_has_happened_or_not(library, crash_point):
    library.run("move", "a.md", "other", crash_point=crash_point)
    state = library.run("state")
    slug, _collection, moved_from = state["collections"]["a.md"]
    assert (slug, moved_from is not None) == (("books", False) if crash_point == "before_move" else ("other", True))
    assert state["events"].count("document.moved") == (crash_point == "after_move")


@pytest.mark.parametrize("crash_point", ["move_published"])
def test_the_index_follows_a_move_though_its_worker_is_killed(library, crash_point):
    library.run("move", "b.md", "other")
    library.run("work", crash_point=crash_point)
    state = library.run("recover")
    assert_serves(state, 1)
    slug, collection, moved_from = state["collections"]["b.md"]
    assert (slug, moved_from) == ("other", None)
    assert collection in state["served_in"]
    assert state["jobs"] == ["done"]


@pytest.mark.parametrize("crash_point", ["before_collection_deleted", "after_collection_deleted"])
def test_a_killed_deletion_of_a_collection_has_happened_or_not(library, crash_point):
    library.run("remove_collection", "books", crash_point=crash_point)
    has_happened = crash_point == "after_collection_deleted"
    assert (library.run("state")["live_ids"] == []) == has_happened
    if has_happened:
        library.run("work", crash_point="removed_from_index")
        state = library.run("recover")
        assert (state["chunk_ids"], state["served_ids"], state["deleted_pages"]) == ([], [], 0)
        assert state["jobs"] == ["done"]

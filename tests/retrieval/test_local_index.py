"""The local index keeps its promises: whole or not at all, twice is once, filters inside, tombstones, merging."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.harness.patience import PATIENCE_S, ended_with_the_test
from language.analyzer import get_analyzer
from retrieval.errors import IndexDamaged
from retrieval.local import manifest as manifests
from retrieval.local.writer import LocalIndexWriter
from retrieval.types import Chunk, Embedding, IndexEntry, Scope
from tests.retrieval.builders import DIMENSION, EVERYTHING, WordEncoder, make_entry, make_reader, make_writer

REPOSITORY = Path(__file__).parents[2]
STEPS = ("segment written", "before swap", "after swap")
CHILD = """
import os, signal, sys
from pathlib import Path
from language.analyzer import get_analyzer
from retrieval.local.writer import LocalIndexWriter
from tests.retrieval.builders import DIMENSION, make_entry

def reached(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

writer = LocalIndexWriter(Path(sys.argv[1]), dimension=lambda: DIMENSION, analyzer=get_analyzer(), reached=reached)
writer.publish([make_entry(100 + n, f"zebra crossing {n}", version=2) for n in range(20)], remove_versions=[1])
"""


def found(root: Path, query: str, scope: Scope = EVERYTHING) -> tuple[set[int], set[int]]:
    snapshot = make_reader(root).snapshot()
    vector = WordEncoder().embed_query(query).dense
    return (
        {hit.chunk_id for hit in snapshot.search_keyword(query, scope=scope, limit=100)},
        {hit.chunk_id for hit in snapshot.search_dense(vector, scope=scope, limit=100)},
    )


def test_an_unpublished_index_finds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, "anything") == (set(), set())
    assert make_reader(tmp_path).snapshot().generation == 0


def test_a_published_chunk_is_found_by_both_legs(tmp_path: Path) -> None:
    assert make_writer(tmp_path).publish([make_entry(7, "annual leave accrues"), make_entry(8, "parking permits")]) == 1
    keyword, dense = found(tmp_path, "leave")
    assert keyword == {7}
    assert dense == {7, 8}


def test_publishing_twice_is_publishing_once(tmp_path: Path) -> None:
    entries = [make_entry(number, f"text {number}") for number in range(1, 6)]
    writer = make_writer(tmp_path)
    writer.publish(entries)
    writer.publish(entries)
    ids = frozenset(range(1, 6))
    assert writer.chunk_ids() == (ids, ids)
    hits = make_reader(tmp_path).snapshot().search_keyword("text", scope=EVERYTHING, limit=100)
    assert sorted(hit.chunk_id for hit in hits) == sorted(ids)


def test_an_open_reader_sees_the_next_generation(tmp_path: Path) -> None:
    writer, reader = make_writer(tmp_path), make_reader(tmp_path)
    assert reader.snapshot().generation == 0
    writer.publish([make_entry(1, "first")])
    before = reader.snapshot()
    writer.publish([make_entry(2, "second")])
    after = reader.snapshot()
    assert (before.generation, after.generation) == (1, 2)
    assert before.chunk_ids()[0] == {1}  # a query under way keeps the generation it began with
    assert after.chunk_ids() == ({1, 2}, {1, 2})


def test_a_new_version_replaces_the_old_in_one_swap(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(1, "old rule", version=1), make_entry(2, "other", version=9)])
    writer.publish([make_entry(3, "new rule", version=2)], remove_versions=[1])
    assert writer.chunk_ids() == ({2, 3}, {2, 3})
    assert found(tmp_path, "rule")[0] == {3}


def test_removing_the_last_version_leaves_an_empty_index(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(1, "only")])
    writer.publish([], remove_versions=[1])
    assert writer.chunk_ids() == (frozenset(), frozenset())
    assert found(tmp_path, "only") == (set(), set())


@pytest.mark.parametrize("share", [1, 2, 10])
def test_scope_filters_both_legs(tmp_path: Path, share: int) -> None:
    """`share`: one permitted chunk in so many. All need no mask, half are masked inside FAISS, a tenth is gathered."""
    entries = [make_entry(n, f"shared word {n}", collection=1 + (n % share > 0), document=n) for n in range(1, 61)]
    make_writer(tmp_path).publish(entries)
    permitted = {n for n in range(1, 61) if n % share == 0}
    assert found(tmp_path, "shared word", Scope(collection_ids=frozenset({1}))) == (permitted, permitted)
    only = Scope(collection_ids=frozenset({1}), document_ids=frozenset({10, 11, 20}))
    assert found(tmp_path, "shared word", only) == (permitted & {10, 11, 20},) * 2
    assert found(tmp_path, "shared word", Scope(collection_ids=frozenset())) == (set(), set())
    assert found(tmp_path, "shared word", Scope(collection_ids=frozenset({1}), document_ids=frozenset())) == (set(), set())


def test_what_was_removed_is_found_in_no_scope(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(n, f"shared word {n}", collection=1 + n % 2, version=n % 4, document=n) for n in range(60)])
    writer.publish([], remove_versions=[0])
    even, odd = {n for n in range(60) if n % 4 == 2}, set(range(1, 60, 2))
    assert found(tmp_path, "shared word", Scope(collection_ids=frozenset({1}))) == (even, even)
    assert found(tmp_path, "shared word", Scope(collection_ids=frozenset({2}))) == (odd, odd)
    assert found(tmp_path, "shared word") == (even | odd, even | odd)
    only = Scope(collection_ids=frozenset({1}), document_ids=frozenset({4, 6}))
    assert found(tmp_path, "shared word", only) == ({6}, {6})


def test_a_scope_is_scored_as_if_it_were_all_there_is(tmp_path: Path) -> None:
    entries = [make_entry(n, f"leave days {n}", collection=n) for n in (1, 2, 3)]
    make_writer(tmp_path / "all").publish(entries)
    make_writer(tmp_path / "two").publish(entries[1:2])
    narrow = make_reader(tmp_path / "all").snapshot().search_keyword("leave 2", scope=Scope(collection_ids=frozenset({2})), limit=9)
    assert narrow == make_reader(tmp_path / "two").snapshot().search_keyword("leave 2", scope=EVERYTHING, limit=9)
    assert len(narrow) == 1


def test_many_small_publishes_merge_and_lose_nothing(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    for number in range(1, 81):
        writer.publish([make_entry(number, f"word{number} common", version=100 + number)], remove_versions=[90 + number])
    ids = frozenset(range(71, 81))
    assert writer.chunk_ids() == (ids, ids)
    published = manifests.load_manifest(tmp_path)
    assert len(published.segments) < 20
    for number in ids:
        keyword, dense = found(tmp_path, f"word{number}")
        assert keyword == {number}
        assert dense == ids
    snapshot = make_reader(tmp_path).snapshot()
    for number in ids:
        expected = make_entry(number, f"word{number} common").embedding.tokens
        assert bytes(snapshot.tokens([number])[0]) == expected


def test_only_two_generations_stay_on_disk(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    for number in range(1, 6):
        writer.publish([make_entry(number, "text", version=number)])
    names = {path.name for path in tmp_path.iterdir()}
    expected = manifests.load_manifest(tmp_path).names() | manifests.load_manifest(tmp_path, manifests.PREVIOUS).names()
    assert names == expected | {manifests.NAME, manifests.PREVIOUS, "writer.lock"}


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_the_old_generation_or_the_new(tmp_path: Path, step: str) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(number, "antelope", version=1) for number in range(1, 6)])
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), step], cwd=Path(__file__).parents[2], timeout=PATIENCE_S, check=False
    )
    assert child.returncode == -signal.SIGKILL
    old, new = frozenset(range(1, 6)), frozenset(range(100, 120))
    expected = new if step == "after swap" else old
    reader = make_reader(tmp_path)
    assert reader.snapshot().chunk_ids() == (expected, expected)
    reader.check()
    writer.publish([make_entry(500, "after the crash", version=3)])
    assert writer.chunk_ids() == (expected | {500}, expected | {500})
    assert not list(tmp_path.rglob("*.tmp"))
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} <= (
        manifests.load_manifest(tmp_path).names() | manifests.load_manifest(tmp_path, manifests.PREVIOUS).names()
    )


def test_readers_never_see_half_a_swap(tmp_path: Path) -> None:
    """Each publish replaces all of ten chunks; a reader must see ten of one version in both legs, at any moment."""
    writer, reader = make_writer(tmp_path), make_reader(tmp_path)
    writer.publish([make_entry(10 + n, f"horse {n}", version=1) for n in range(10)])
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            keyword, dense = reader.snapshot().chunk_ids()
            if keyword != dense or len(keyword) != 10 or len({number // 10 for number in keyword}) != 1:
                failures.append(f"{sorted(keyword)} {sorted(dense)}")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(2, 22):
        writer.publish(
            [make_entry(10 * version + n, f"horse {n}", version=version) for n in range(10)], remove_versions=[version - 1]
        )
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_writers_in_two_processes_take_turns(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.retrieval.builders import make_entry, make_writer
first = int(sys.argv[2])
for number in range(first, first + 10):
    make_writer(Path(sys.argv[1])).publish([make_entry(number, f"text {number}", version=number)])
"""
    children = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(first)], cwd=REPOSITORY) for first in (100, 200)]
    with ended_with_the_test(*children):
        assert [child.wait(timeout=PATIENCE_S) for child in children] == [0, 0]
    ids = frozenset([*range(100, 110), *range(200, 210)])
    assert make_writer(tmp_path).chunk_ids() == (ids, ids)


def test_damage_is_noticed_and_a_rebuild_mends_it(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    entries = [make_entry(number, f"text {number}") for number in range(1, 6)]
    writer.publish(entries)
    segment = manifests.load_manifest(tmp_path).segments[0]
    path = tmp_path / segment.name / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="checksum"):
        make_reader(tmp_path).snapshot()
    writer.rebuild([entries[:3], entries[3:]])
    ids = frozenset(range(1, 6))
    assert make_reader(tmp_path).snapshot().chunk_ids() == (ids, ids)


def test_a_rebuild_mends_a_damaged_manifest(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(1, "text")])
    (tmp_path / manifests.NAME).write_text("{")
    with pytest.raises(IndexDamaged):
        make_reader(tmp_path).snapshot()
    writer.rebuild([[make_entry(2, "text")]])
    assert writer.chunk_ids() == ({2}, {2})
    assert json.loads((tmp_path / manifests.NAME).read_text())["format"] == manifests.FORMAT


def test_dense_scores_equal_exact_inner_products(tmp_path: Path) -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
    entries = [make_entry(number, " ".join(words[: number % 6 + 1])) for number in range(1, 40)]
    for start in range(0, 39, 5):
        make_writer(tmp_path).publish(entries[start : start + 5])
    query = WordEncoder().embed_query("gamma delta").dense
    hits = make_reader(tmp_path).snapshot().search_dense(query, scope=EVERYTHING, limit=39)
    vectors = {entry.chunk.id: np.frombuffer(entry.embedding.dense, dtype="<f4") for entry in entries}
    exact = {chunk_id: float(vector @ np.frombuffer(query, dtype="<f4")) for chunk_id, vector in vectors.items()}
    assert [hit.score for hit in hits] == pytest.approx(sorted(exact.values(), reverse=True), abs=1e-5)
    assert all(hit.score == pytest.approx(exact[hit.chunk_id], abs=1e-5) for hit in hits)


def test_the_writer_keeps_open_only_the_published_segments(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(1, 31):
        writer.publish([make_entry(number, "text", version=number)])
    segments = len(manifests.load_manifest(tmp_path).segments)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3 * segments + 3


def test_a_file_name_is_found_by_what_it_says_beyond_the_title(tmp_path: Path) -> None:
    entry = make_entry(1, "Net sales rose.", title="Annual report of the 3M Company")
    named = replace(entry, chunk=replace(entry.chunk, name="3M_2022_10K.pdf"))
    make_writer(tmp_path).publish([named, make_entry(2, "Net sales rose.", title="Annual report of the 3M Company")])
    search = make_reader(tmp_path).snapshot().search_keyword
    assert [hit.chunk_id for hit in search("sales in FY2022", scope=EVERYTHING, limit=10)] == [1, 2]
    assert [hit.chunk_id for hit in search("2022", scope=EVERYTHING, limit=10)] == [1]
    assert search("pdf", scope=EVERYTHING, limit=10) == ()


def make_crowd(count: int, *, first: int = 1) -> list[IndexEntry]:
    """Return entries around a few centres, so that neighbours are near and yet differ."""
    random = np.random.default_rng(first)
    centres = random.normal(size=(12, DIMENSION))
    entries = []
    for number in range(first, first + count):
        vector = centres[number % 12] + 0.4 * random.normal(size=DIMENSION)
        dense = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
        chunk = Chunk(
            id=number,
            collection_id=1 + (number % 10 > 0),
            document_id=number // 10,
            version_id=number,
            title="",
            text=f"crowd {number}",
        )
        entries.append(IndexEntry(chunk=chunk, embedding=Embedding(dense=dense, tokens=b"\x01" * 8)))
    return entries


def exact(entries: Sequence[IndexEntry], query: bytes, limit: int) -> list[int]:
    vectors = np.stack([np.frombuffer(entry.embedding.dense, dtype="<f4") for entry in entries])
    order = np.argsort(-(vectors @ np.frombuffer(query, dtype="<f4")), kind="stable")[:limit]
    return [entries[position].chunk.id for position in order]


QUERIES = [entry.embedding.dense for entry in make_crowd(20, first=10_000)]


@pytest.fixture
def coded(tmp_path: Path) -> tuple[LocalIndexWriter, list[IndexEntry]]:
    """An index of two segments with codes, of a collection each."""
    entries = make_crowd(3000)
    writer = make_coded_writer(tmp_path)
    writer.rebuild([entries[start : start + 500] for start in range(0, 3000, 500)])
    segments = manifests.load_manifest(tmp_path).segments
    assert [part.collections for part in segments] == [{1: 300}, {2: 2700}]
    assert all("codes.faiss" in part.files for part in segments)
    return writer, entries


def make_coded_writer(root: Path, reached: Callable[[str], None] = lambda step: None) -> LocalIndexWriter:
    return LocalIndexWriter(root, dimension=lambda: DIMENSION, analyzer=get_analyzer(), reached=reached, coded_rows=200)


def recall(root: Path, entries: Sequence[IndexEntry], scope: Scope) -> float:
    """Of the 50 nearest, the share that is found; scores must be exact."""
    snapshot = make_reader(root).snapshot()
    vectors = {entry.chunk.id: np.frombuffer(entry.embedding.dense, dtype="<f4") for entry in entries}
    met = 0
    for query in QUERIES:
        hits = snapshot.search_dense(query, scope=scope, limit=50)
        assert {hit.chunk_id for hit in hits} <= set(vectors)
        assert [hit.score for hit in hits] == pytest.approx(
            [float(vectors[hit.chunk_id] @ np.frombuffer(query, dtype="<f4")) for hit in hits], abs=1e-5
        )
        met += len({hit.chunk_id for hit in hits} & set(exact(entries, query, 50)))
    return met / (50 * len(QUERIES))


def test_codes_find_what_exact_search_finds(tmp_path: Path, coded: tuple[LocalIndexWriter, list[IndexEntry]]) -> None:
    writer, entries = coded
    assert recall(tmp_path, entries, EVERYTHING) >= 0.98
    writer.publish([], remove_versions=range(1, 1000))  # tombstones in a segment that is searched by codes
    assert recall(tmp_path, entries[999:], EVERYTHING) >= 0.98


def test_a_narrow_scope_equals_exact_search(tmp_path: Path, coded: tuple[LocalIndexWriter, list[IndexEntry]]) -> None:
    _, entries = coded
    permitted = [entry for entry in entries if entry.chunk.collection_id == 1]
    assert len(permitted) == 300
    assert recall(tmp_path, permitted, Scope(collection_ids=frozenset({1}))) == 1.0
    some = frozenset(range(5, 60))
    both = [entry for entry in permitted if entry.chunk.document_id in some]
    assert recall(tmp_path, both, Scope(collection_ids=frozenset({1}), document_ids=some)) == pytest.approx(len(both) / 50, abs=0.2)


def test_many_listed_rows_are_filtered_inside_the_codes(
    tmp_path: Path, coded: tuple[LocalIndexWriter, list[IndexEntry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.local.permitted.LISTED_ROWS", 100)
    _, entries = coded
    for collection in (1, 2):
        permitted = [entry for entry in entries if entry.chunk.collection_id == collection]
        assert recall(tmp_path, permitted, Scope(collection_ids=frozenset({collection}))) >= 0.98


def test_tending_joins_what_publishes_left(tmp_path: Path) -> None:
    writer = make_coded_writer(tmp_path)
    entries = make_crowd(8 * 600)
    for start in range(0, len(entries), 600):
        writer.publish(entries[start : start + 600])
    assert len(manifests.load_manifest(tmp_path).segments) == 8  # too large to be joined while a document waits
    assert writer.needs_maintenance
    assert writer.maintain()
    segments = manifests.load_manifest(tmp_path).segments
    assert [part.collections for part in segments] == [{1: 480}, {2: 4320}]
    assert all("codes.faiss" in part.files for part in segments)
    assert not writer.needs_maintenance
    assert not writer.maintain()
    assert recall(tmp_path, entries, EVERYTHING) >= 0.98
    make_reader(tmp_path).check()


def test_what_dies_while_segments_are_joined_stays_dead(tmp_path: Path) -> None:
    entries = make_crowd(8 * 600)
    again = replace(entries[0], chunk=replace(entries[0].chunk, text="said anew"))

    def meanwhile(step: str) -> None:
        if step == "segments joined":
            assert not writer.maintain()  # one at a time
            make_coded_writer(tmp_path).publish([again], remove_versions=range(601, 1301))

    writer = make_coded_writer(tmp_path, meanwhile)
    for start in range(0, len(entries), 600):
        writer.publish(entries[start : start + 600])
    assert writer.maintain()
    alive = frozenset(range(1, 4801)) - frozenset(range(601, 1301))
    assert writer.chunk_ids() == (alive, alive)
    published = manifests.load_manifest(tmp_path)
    assert [part.collections for part in published.segments] == [
        {2: 1},
        {1: 410},
        {2: 3689},
    ]  # what came meanwhile, and what was made
    assert sum(part.rows - part.dead_rows for part in published.segments) == len(alive)
    hits = make_reader(tmp_path).snapshot().search_keyword("anew", scope=EVERYTHING, limit=10)
    assert [hit.chunk_id for hit in hits] == [1]


TENDING_CHILD = """
import os, signal, sys
from pathlib import Path
from tests.retrieval.test_local_index import make_coded_writer

def reached(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

make_coded_writer(Path(sys.argv[1]), reached).maintain()
"""


@pytest.mark.parametrize("step", ["segments joined", "before swap", "after swap"])
def test_a_kill_while_tending_loses_nothing(tmp_path: Path, step: str) -> None:
    writer = make_coded_writer(tmp_path)
    for start in range(1, 8 * 520, 520):
        writer.publish(make_crowd(520, first=start))
    child = subprocess.run(
        [sys.executable, "-c", TENDING_CHILD, str(tmp_path), step], cwd=REPOSITORY, timeout=PATIENCE_S, check=False
    )
    assert child.returncode == -signal.SIGKILL
    ids = frozenset(range(1, 8 * 520 + 1))
    reader = make_reader(tmp_path)
    assert reader.snapshot().chunk_ids() == (ids, ids)
    reader.check()
    writer.publish(make_crowd(1, first=9000))
    assert not list(tmp_path.glob("joining-*"))
    while writer.maintain():
        pass
    assert writer.chunk_ids() == (ids | {9000}, ids | {9000})


def test_readers_go_on_while_segments_are_joined(tmp_path: Path) -> None:
    writer, reader = make_coded_writer(tmp_path), make_reader(tmp_path)
    entries = make_crowd(8 * 520)
    for start in range(0, len(entries), 520):
        writer.publish(entries[start : start + 520])
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            hits = reader.snapshot().search_dense(QUERIES[0], scope=EVERYTHING, limit=20)
            if [hit.chunk_id for hit in hits][:5] != exact(entries, QUERIES[0], 5):
                failures.append(str(hits))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert writer.maintain()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


def damage(root: Path) -> None:
    """Turn a byte of the published vectors."""
    path = root / manifests.load_manifest(root).segments[-1].name / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.unlink()  # another file in its place: what readers have mapped stays as it was
    path.write_bytes(content)


def test_a_reader_goes_on_with_what_it_has_open(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer, reader = make_writer(tmp_path), make_reader(tmp_path)
    entries = [make_entry(number, f"text {number}") for number in range(1, 4)]
    writer.publish(entries[:2])
    assert reader.snapshot().generation == 1
    writer.publish(entries[2:])
    damage(tmp_path)
    for _ in range(3):
        assert reader.snapshot().chunk_ids() == ({1, 2}, {1, 2})
    assert reader.is_damaged
    assert [record.levelname for record in caplog.records] == ["ERROR"]  # once, not for each question
    assert "checksum" in caplog.text
    writer.rebuild([entries])
    assert not reader.is_damaged
    assert reader.snapshot().chunk_ids() == ({1, 2, 3}, {1, 2, 3})


def test_a_new_reader_opens_the_generation_before(tmp_path: Path) -> None:
    writer = make_writer(tmp_path)
    writer.publish([make_entry(1, "text")])
    writer.publish([make_entry(2, "text")])
    damage(tmp_path)
    reader = make_reader(tmp_path)
    assert reader.snapshot().chunk_ids() == ({1}, {1})
    assert reader.is_damaged


def test_who_may_see_all_finds_what_a_filter_lets_pass(tmp_path: Path) -> None:
    """Where nothing is forbidden no row is looked at for that; the ranking is the same."""
    words = ["leave", "annual", "sick", "travel", "budget"]
    entries = [
        make_entry(n, " ".join(words[: 1 + n % 5] * (1 + n % 3)), collection=1 + n % 2, version=n, title=words[n % 5])
        for n in range(1, 301)
    ]
    writer = make_writer(tmp_path)
    writer.publish(entries)
    wide, both, one = (Scope(collection_ids=frozenset(ids)) for ids in (range(10), (1, 2), (1,)))
    every_document = Scope(collection_ids=frozenset((1, 2)), document_ids=frozenset({1}))
    snapshot = make_reader(tmp_path).snapshot()
    for query in ("annual leave", "sick budget travel", "leave"):
        filtered = snapshot.search_keyword(query, scope=every_document, limit=50)
        assert snapshot.search_keyword(query, scope=wide, limit=50) == filtered
        assert snapshot.search_keyword(query, scope=both, limit=50) == filtered
        assert all(hit.chunk_id % 2 == 0 for hit in snapshot.search_keyword(query, scope=one, limit=300))
    writer.publish([make_entry(999, "annual leave", collection=7)])  # from now on (1, 2) is not all
    found = make_reader(tmp_path).snapshot().search_keyword("annual leave", scope=both, limit=400)
    assert len(found) == 300
    assert 999 not in {hit.chunk_id for hit in found}

"""What a reader may not read changes nothing of what they find: no hit, no order, no bit of a score; on every backend."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from language.analyzer import get_analyzer
from retrieval.local import manifest as manifests
from retrieval.local.writer import LocalIndexWriter
from retrieval.search import search
from retrieval.types import Hit, IndexEntry, Scope, SearchConfig
from tests.retrieval.backends import BACKENDS, Backend
from tests.retrieval.builders import DIMENSION, PROJECTION, WordEncoder, make_entry, make_reader

SIZES = (20, 200, 1500)  # passages of a forbidden corpus beside OWN of the reader's
OWN = 90
FORBIDDEN = 7
SCOPES = (
    Scope(collection_ids=frozenset({1, 2})),
    Scope(collection_ids=frozenset({2})),
    Scope(collection_ids=frozenset({1, 2}), document_ids=frozenset(range(3, 9))),
    Scope(collection_ids=frozenset({1}), moved_ids=frozenset({4, 5})),
    Scope(collection_ids=frozenset({1, 2}), hidden=b"".join(document.to_bytes(8, "little") for document in range(3, 9))),
)
WORDS = [
    *("annual", "leave", "accrues", "parking", "permits", "canteen", "travel", "budget", "overtime", "pension", "holiday"),
    *("notice", "probation", "salary", "badge", "laptop", "vpn", "expense", "receipt", "invoice", "contract", "supplier"),
    *("audit", "policy", "manager", "approval", "form", "deadline", "quarter", "office", "remote", "visitor", "safety"),
]
QUESTIONS = (
    "annual leave",
    "how much annual leave accrues in the probation",
    "parking permits for visitor",
    "travel budget of team 12",
    "overtime salary",
    "pension notice deadline",
    "holiday form approval manager",
    "laptop vpn remote",
    "expense receipt",
    "invoice 2023-07 supplier contract",
    "audit policy quarter",
    "badge office safety",
    "年假",
    "加班工资 manager",
    "what is the deadline of form ABC-7",
    "leave",
    "rule 7",
    "rule 31 budget",
    "canteen safety policy approval budget travel",
    "wombat",
)
ALSO = (("leave", "holiday", "年假"), ("vpn", "remote office"))


def make_corpus(count: int, *, first: int, collections: Sequence[int], seed: int) -> list[IndexEntry]:
    """Return passages of common and rare words; the seed decides which are which, so that two corpora differ in what is rare."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(WORDS))
    shares = 1 / (1 + np.arange(len(WORDS)))
    entries = []
    for number in range(first, first + count):
        words = [WORDS[order[place]] for place in random.choice(len(WORDS), int(random.integers(4, 30)), p=shares / shares.sum())]
        text = (
            f"{' '.join(words)} rule {number % 40} {'年假规定' if number % 9 == 0 else ''}{'加班工资' if number % 7 == 0 else ''}"
        )
        entries.append(
            make_entry(
                number,
                text,
                version=number // 5,
                document=number // 10,
                collection=collections[number % len(collections)],
                title=WORDS[number % len(WORDS)],
            )
        )
    return entries


def ask_all(index: Any, hidden: bytes = b"") -> list[tuple[Hit, ...]]:
    """Return what every question finds in every scope, with `hidden` besides what it hides itself, by the whole flow."""
    config = SearchConfig(limit=30, candidates=40, also=ALSO)
    return [
        search(
            question,
            scope=replace(scope, hidden=scope.hidden + hidden),
            config=config,
            index=index,
            embedder=WordEncoder(),
            projection=PROJECTION,
        ).hits
        for scope in SCOPES
        for question in QUESTIONS
    ]


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    yield from BACKENDS[request.param](tmp_path)


def test_a_forbidden_corpus_beside_it_changes_no_bit(backend: Backend) -> None:
    """20 questions in 4 scopes, beside three sizes of what may not be read, which came before, between and after, in part to go."""
    own = make_corpus(OWN, first=1, collections=(1, 2), seed=1)
    backend.writer.rebuild([own])
    alone = ask_all(backend.index.snapshot())
    assert sum(bool(hits) for hits in alone) >= len(alone) * 3 // 4
    for size in SIZES:
        others = make_corpus(size, first=1000, collections=(FORBIDDEN, 8, 9), seed=2)
        backend.writer.rebuild([others[: size // 3]])
        backend.writer.publish(own[: OWN // 2])
        backend.writer.publish(others[size // 3 : size // 2])
        backend.writer.publish(own[OWN // 2 :])
        backend.writer.publish(others[size // 2 :], remove_versions=range(200, 200 + size // 50))
        assert ask_all(backend.index.snapshot()) == alone, f"beside {size} forbidden passages"


def test_narrowed_documents_of_the_same_collections_change_no_bit(backend: Backend) -> None:
    own = make_corpus(OWN, first=1, collections=(1, 2), seed=1)
    backend.writer.rebuild([own])
    alone = ask_all(backend.index.snapshot())
    others = make_corpus(SIZES[1], first=1000, collections=(1, 2), seed=2)
    backend.writer.publish(others)
    hidden = np.unique([entry.chunk.document_id for entry in others]).astype("<u8").tobytes()
    assert ask_all(backend.index.snapshot(), hidden) == alone


def test_a_word_is_as_rare_as_the_reader_sees_it(backend: Backend) -> None:
    """Many passages of others hold a word: for those who may read them it weighs little, for others it stays as rare as it was."""
    own = [make_entry(number, "canteen opens" if number == 1 else f"parking rule {number}") for number in range(1, 21)]
    backend.writer.rebuild([own])
    scope, all_scope = Scope(collection_ids=frozenset({1})), Scope(collection_ids=frozenset({1, FORBIDDEN}))
    (before,) = backend.index.snapshot().search_keyword("canteen", scope=scope, limit=5)
    others = [make_entry(number, f"canteen menu {number}", collection=FORBIDDEN, version=9) for number in range(100, 160)]
    backend.writer.publish(others)
    assert backend.index.snapshot().search_keyword("canteen", scope=scope, limit=5) == (before,)
    seen = {hit.chunk_id: hit.score for hit in backend.index.snapshot().search_keyword("canteen", scope=all_scope, limit=100)}
    assert len(seen) == 61
    assert seen[1] < before.score / 2
    backend.writer.publish([], remove_versions=[9])
    assert backend.index.snapshot().search_keyword("canteen", scope=all_scope, limit=5) == (before,)


@pytest.mark.parametrize("together", [10, 20], ids=["joined", "in segments of their own"])
def test_what_ties_at_the_last_place_is_cut_by_id_wherever_it_lies(backend: Backend, together: int) -> None:
    """Forty passages say the same: the same ten are found whatever lies between them. Eight small segments are joined, four not."""
    own = [make_entry(number, "annual leave accrues", version=number) for number in range(1, 41)]
    query = WordEncoder().embed_query("annual leave").dense
    scope = Scope(collection_ids=frozenset({1}))
    for order in (own, own[::-1]):
        backend.writer.rebuild([])
        for start in range(0, 40, together):
            backend.writer.publish(order[start : start + together])
            backend.writer.publish(make_corpus(15, first=1000 + 15 * start, collections=(FORBIDDEN,), seed=start))
        snapshot = backend.index.snapshot()
        by_words = snapshot.search_keyword("annual leave", scope=scope, limit=10)
        by_meaning = snapshot.search_dense(query, scope=scope, limit=10)
        assert [hit.chunk_id for hit in by_words] == [hit.chunk_id for hit in by_meaning] == list(range(1, 11))


CODED_ROWS = 300


def coded_writer(root: Path) -> LocalIndexWriter:
    return LocalIndexWriter(root, dimension=lambda: DIMENSION, analyzer=get_analyzer(), coded_rows=CODED_ROWS)


def settle(writer: LocalIndexWriter) -> None:
    while writer.maintain():
        pass


def coded_of(root: Path) -> list[dict[int, int]]:
    return sorted((part.collections for part in manifests.load_manifest(root).segments if "codes.faiss" in part.files), key=repr)


@pytest.mark.parametrize("size", [250, 900])
def test_codes_are_made_of_one_collection_and_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Whether a search is exact follows from the reader's own collections, whatever lies beside them and however it came."""
    monkeypatch.setattr("retrieval.local.permitted.LISTED_ROWS", 100)  # else so few rows are searched one by one
    own = make_corpus(CODED_ROWS + 50, first=1, collections=(1,), seed=1) + make_corpus(80, first=900, collections=(2,), seed=3)
    others = make_corpus(size, first=5000, collections=(FORBIDDEN,), seed=2)
    alone, beside = coded_writer(tmp_path / "alone"), coded_writer(tmp_path / "beside")
    for folder in ("alone", "beside"):
        (tmp_path / folder).mkdir()
    alone.rebuild([own])
    settle(alone)
    beside.publish(others[:100])
    for start in range(0, len(own), 60):
        beside.publish(own[start : start + 60])
        beside.publish(others[100 + start : 160 + start])
    settle(beside)
    beside.publish(others[560:])
    settle(beside)
    assert coded_of(tmp_path / "alone") == [{1: CODED_ROWS + 50}]
    coded = coded_of(tmp_path / "beside")
    assert coded[0] == {1: CODED_ROWS + 50}
    assert all(part.keys() == {FORBIDDEN} for part in coded[1:])
    assert bool(coded[1:]) == (size >= CODED_ROWS)
    assert ask_all(make_reader(tmp_path / "beside").snapshot()) == ask_all(make_reader(tmp_path / "alone").snapshot())


def test_scores_are_the_same_however_segments_lie(tmp_path: Path) -> None:
    """One segment, or many with dead rows in them."""
    own = make_corpus(OWN, first=1, collections=(1, 2), seed=1)
    whole, parts = coded_writer(tmp_path / "whole"), coded_writer(tmp_path / "parts")
    for folder in ("whole", "parts"):
        (tmp_path / folder).mkdir()
    whole.rebuild([own])
    stale = [replace(entry, chunk=replace(entry.chunk, text="stale leave", version_id=9999)) for entry in own]
    for start in range(0, OWN, 9):
        parts.publish(stale[start : start + 9])
    for start in range(0, OWN, 13):
        parts.publish(own[start : start + 13])
    assert len(manifests.load_manifest(tmp_path / "parts").segments) > 2
    assert ask_all(make_reader(tmp_path / "parts").snapshot()) == ask_all(make_reader(tmp_path / "whole").snapshot())

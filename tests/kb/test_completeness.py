"""An index that lacks what the database has for it is noticed, reported, and mended by itself, wherever it lies."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from milvus_lite.server_manager import server_manager_instance

from accounts.models import User
from kb.index.completeness import COMPARE_EVERY_S, REBUILD_AGAIN_S, SETTLED_S, compare, find_shortage, is_rebuild_due, kept_shortage
from kb.index.engine import Engine
from kb.index.search import search_passages
from kb.index.upkeep import is_upkeep_due, maintain_index
from kb.models import Chunk, Collection, IndexState
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
RULES = [f"Rule {number}: employees in hall {number} earn {number} days of leave." for number in range(1, 8)]


@pytest.fixture(params=["local", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = "local" if request.param == "local" else f"milvus-lite://{tmp_path}/index.db"
    yield Engine(embedder="bundled-english", root=tmp_path / "index", url=url)
    server_manager_instance.release_server(f"{tmp_path}/index.db")


def empty(engine: Engine, tmp_path: Path) -> None:
    """Take the index away, as a restore without it does."""
    shutil.rmtree(tmp_path / "index", ignore_errors=True)
    if hasattr(engine.writer, "remove"):
        engine.writer.remove()


def tend_later(engine: Engine) -> bool:
    """Tend as the sweep does, once a shortage has lasted longer than a publish takes."""
    IndexState.objects.update(short_since=timezone.now() - timedelta(seconds=SETTLED_S + 1))
    return is_upkeep_due(engine=engine) and maintain_index(engine=engine)


def test_a_whole_index_lacks_nothing(engine: Engine, collection: Collection, employee: User) -> None:
    index_document(engine, collection, "rules.md", RULES)
    assert engine.count() == 7
    state = compare(engine=engine)
    assert (state.present, state.wanted, state.short_since) == (7, 7, None)
    assert not is_upkeep_due(engine=engine)
    assert find_shortage(engine=engine, user=employee) is None


def test_an_empty_index_is_noticed_at_once_and_mended(
    engine: Engine, collection: Collection, employee: User, outsider: User, tmp_path: Path
) -> None:
    index_document(engine, collection, "rules.md", RULES)
    empty(engine, tmp_path)
    assert engine.count() == 0
    shortage = find_shortage(engine=engine, user=employee)  # nobody has compared yet
    assert (shortage.done, shortage.wanted) == (0, 7)
    assert find_shortage(engine=engine, user=outsider) is None  # who may read nothing misses nothing, and sees no number
    assert not is_upkeep_due(engine=engine)  # noticed just now: a publish may be under way
    assert tend_later(engine)
    assert find_shortage(engine=engine, user=employee) is None
    assert kept_shortage(user=employee) is None
    assert engine.count() == 7
    assert "hall 5" in search_passages("leave in hall 5", user=employee, engine=engine).passages[0].chunk.text
    assert not is_upkeep_due(engine=engine)


def test_a_document_that_is_missing_is_mended(engine: Engine, collection: Collection, employee: User) -> None:
    index_document(engine, collection, "rules.md", RULES)
    lost = index_document(engine, collection, "lost.md", ["Wombats earn 9 hours of burrow leave."])
    engine.writer.publish([], remove_versions=[lost.current_version_id])
    shortage = find_shortage(engine=engine, user=employee)  # nobody has compared yet: the first question already learns it
    assert (shortage.done, shortage.wanted) == (7, 8)
    state = compare(engine=engine)
    assert (state.present, state.wanted) == (7, 8)
    assert tend_later(engine)
    assert search_passages("burrow leave", user=employee, engine=engine).passages[0].chunk.version.document == lost
    assert find_shortage(engine=engine, user=employee) is None


def test_what_is_missing_of_other_collections_is_counted_for_their_readers_alone(
    engine: Engine, collection: Collection, employee: User, knowledge_admin: User, tmp_path: Path
) -> None:
    index_document(engine, collection, "rules.md", RULES)
    index_document(engine, Collection.objects.create(name="Board", slug="board"), "board.md", RULES[:3])
    empty(engine, tmp_path)
    assert find_shortage(engine=engine, user=employee).wanted == 7
    assert find_shortage(engine=engine, user=knowledge_admin).wanted == 10


def test_a_shortage_that_passes_is_no_reason_to_rebuild(engine: Engine, collection: Collection) -> None:
    document = index_document(engine, collection, "rules.md", RULES)
    now = timezone.now()
    engine.writer.publish([], remove_versions=[document.current_version_id])
    assert not is_rebuild_due(engine=engine, now=now)
    Chunk.objects.all().delete()  # the transaction that follows a publish
    assert not is_rebuild_due(engine=engine, now=now + timedelta(seconds=SETTLED_S + 1))
    assert IndexState.objects.get().short_since is None


def test_it_compares_now_and_then_and_does_not_rebuild_again_and_again(
    engine: Engine, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_document(engine, collection, "rules.md", RULES)
    now = timezone.now()
    assert not is_rebuild_due(engine=engine, now=now)
    counts = []
    monkeypatch.setattr(Engine, "count", lambda self: counts.append(1) or 3)
    assert not is_rebuild_due(engine=engine, now=now + timedelta(seconds=COMPARE_EVERY_S - 1))
    assert counts == []
    assert not is_rebuild_due(engine=engine, now=now + timedelta(seconds=COMPARE_EVERY_S + 1))
    assert is_rebuild_due(engine=engine, now=now + timedelta(seconds=COMPARE_EVERY_S + SETTLED_S + 2))
    assert tend_later(engine)
    assert not tend_later(engine)  # the count is still 3
    assert is_rebuild_due(engine=engine, now=timezone.now() + timedelta(seconds=REBUILD_AGAIN_S + 1))


def test_one_process_at_a_time_fills_an_index_on_a_server(engine: Engine, collection: Collection, tmp_path: Path) -> None:
    if engine.writer.__class__.__name__ == "LocalIndexWriter":
        pytest.skip("a lock of the file system orders these: tests/kb/test_upkeep.py")
    index_document(engine, collection, "rules.md", RULES)
    empty(engine, tmp_path)
    compare(engine=engine)
    IndexState.objects.update(claimed_until=timezone.now() + timedelta(seconds=60))
    assert not tend_later(engine)
    IndexState.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert tend_later(engine)
    assert IndexState.objects.get().claimed_until is None

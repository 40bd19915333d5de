"""Another index is filled from the database: online, resumable, verified."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from milvus_lite.server_manager import server_manager_instance

from accounts.models import User
from kb.index.editions import serving_edition
from kb.index.engine import Engine, engine_at, get_engine
from kb.index.migration import migrate_index
from kb.index.search import search_passages
from kb.models import Chunk, Collection
from retrieval.types import IndexEntry
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
RULES = [f"Rule {number}: employees in hall {number} earn {number} days of leave." for number in range(1, 8)]


class CutOff(Exception):
    pass


@pytest.fixture
def engine(settings: object, tmp_path: Path) -> Engine:
    settings.INDEX_ROOT = tmp_path / "index"
    return get_engine()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    yield f"milvus-lite://{tmp_path}/index.db"
    server_manager_instance.release_server(f"{tmp_path}/index.db")


def run(address: str) -> str:
    out = StringIO()
    call_command("migrate_index", address, stdout=out)
    return out.getvalue()


def test_the_command_fills_the_other_index_and_the_same_passages_are_found_there(
    engine: Engine, address: str, settings: object, collection: Collection, employee: User, outsider: User
) -> None:
    index_document(engine, collection, "rules.md", RULES)
    index_document(engine, collection, "年假.md", ["年假规定：员工满十年有 10 天年假。"])
    assert "The index is whole: 8 chunks, 8 sent, 0 removed, 8 looked for" in run(address)
    assert "0 sent" in run(address)
    settings.RETRIEVAL_URL = address
    for question in ("How much leave is earned in hall 5?", "年假有几天？"):
        here, there = (search_passages(question, user=employee, engine=one) for one in (engine, get_engine()))
        assert here.passages[0].chunk == there.passages[0].chunk
    assert search_passages("leave in hall 5", user=outsider, engine=get_engine()).passages == ()
    verified = StringIO()
    call_command("verify_index", stdout=verified)
    assert "The index is whole." in verified.getvalue()


def test_what_was_cut_off_goes_on_where_it_stopped_and_catches_up(engine: Engine, address: str, collection: Collection) -> None:
    rules = index_document(engine, collection, "rules.md", RULES)
    target = engine_at(address, edition=serving_edition())
    publish, sent = target.writer.publish, 0

    def publish_some(entries: list[IndexEntry]) -> int:
        nonlocal sent
        sent += 1
        if sent > 1:
            raise CutOff
        return publish(entries[:3])

    target.writer.publish = publish_some  # type: ignore[assignment]  # the writer dies in the middle
    with pytest.raises(CutOff):
        migrate_index(engine=engine, writer=target.writer, snapshot=target.snapshot)
    assert len(target.writer.chunk_ids()[0]) == 3
    target.writer.publish = publish
    index_document(engine, collection, "rules.md", ["Rule 9: hall 9 is closed."], document=rules)  # all of it is new now
    done = migrate_index(engine=engine, writer=target.writer, snapshot=target.snapshot)
    assert (done.sent, done.removed, done.chunks, done.is_whole) == (1, 3, 1, True)


def test_a_chunk_that_search_does_not_find_is_reported(engine: Engine, address: str, collection: Collection) -> None:
    index_document(engine, collection, "rules.md", RULES)
    target = engine_at(address, edition=serving_edition())
    migrate_index(engine=engine, writer=target.writer, snapshot=target.snapshot)
    elsewhere = engine.snapshot()  # of an index that is emptied
    engine.writer.publish([], remove_versions=set(Chunk.objects.values_list("version_id", flat=True)))
    done = migrate_index(engine=engine, writer=target.writer, snapshot=engine.snapshot)
    assert len(done.lost) == done.sampled == len(RULES)
    assert not done.is_whole
    assert elsewhere.generation != engine.generation


@pytest.mark.parametrize("address", ["redis://127.0.0.1", "milvus-lite://x", "milvus://", "milvus://h:port"])
def test_a_wrong_address_is_refused_with_a_sentence(engine: Engine, address: str) -> None:
    with pytest.raises(CommandError, match=r"address of Milvus|Write milvus-lite"):
        run(address)


def test_a_server_that_is_unavailable_leaves_everything_as_it_is(engine: Engine, collection: Collection) -> None:
    index_document(engine, collection, "rules.md", RULES)
    with pytest.raises(CommandError, match=r"Milvus at http://127\.0\.0\.1:1.*run the command again"):
        run("milvus://127.0.0.1:1")
    assert len(engine.writer.chunk_ids()[0]) == len(RULES)

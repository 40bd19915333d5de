"""Moving a document: never in both collections, never in neither, and gone for the old readers at once."""

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from audit.models import Event
from ingest.documents.deletion import delete_document
from ingest.documents.moving import move_document
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.index.engine import Engine
from kb.index.search import scope_for, search_passages
from kb.models import Collection, Document
from retrieval.types import Scope
from sources.models import SqlRow, SqlSource
from tests.ingest.engine import FakeEngine
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
TEXT = b"# Leave\n\nYou earn six hours of annual leave per pay period.\n"
QUESTION = "How much annual leave do I earn?"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def board() -> Collection:
    """A collection with another reader: `bea`."""
    collection = Collection.objects.create(name="Board", slug="board")
    group = Group.objects.create(name="Board")
    collection.groups.add(group)
    User.objects.create_user(username="bea").groups.add(group)
    return collection


@pytest.fixture
def bea(board) -> User:
    return User.objects.get(username="bea")


@pytest.fixture
def real(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path / "index")


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def uploaded(collection, knowledge_admin, engine) -> Document:
    version = accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin).version
    run_due_jobs(engine=lambda: engine)
    return version.document


def found_by(user, engine, **options):
    return [passage.chunk.text for passage in search_passages(QUESTION, user=user, engine=engine, **options).passages]


def test_readers_change_at_once_though_the_index_has_not_followed(real, collection, board, employee, bea, knowledge_admin):
    text = "You earn six hours of annual leave."
    document = index_document(real, collection, "leave.md", [text])
    index_document(real, board, "minutes.md", ["The board met on Monday."])
    assert (found_by(employee, real), text in found_by(bea, real)) == ([text], False)

    move_document(document, to=board, user=knowledge_admin)
    assert Job.objects.get().kind == Job.Kind.MOVE  # nobody has done it yet
    assert found_by(employee, real) == []
    assert found_by(knowledge_admin, real, collection=collection) == []
    assert found_by(bea, real)[0] == text
    assert found_by(knowledge_admin, real, collection=board)[0] == text

    assert run_due_jobs(engine=lambda: real) == 1
    assert scope_for(bea).moved_ids == frozenset()
    assert found_by(employee, real) == []
    assert found_by(bea, real)[0] == text
    old_scope = Scope(collection_ids=frozenset({collection.pk}))
    assert real.search(QUESTION, scope=old_scope).hits == ()  # the index itself has followed


def test_readers_change_at_once_though_the_document_is_still_being_read(real, collection, board, employee, bea, knowledge_admin):
    text = "You earn six hours of annual leave."
    document = index_document(real, collection, "leave.md", [text])
    document.versions.update(status="parsed", early_chunks=1)
    Document.objects.update(current_version=None)
    assert (found_by(employee, real), found_by(bea, real)) == ([text], [])

    move_document(document, to=board, user=knowledge_admin)
    assert not Job.objects.exists()  # the one that reads it publishes all of it anew
    assert (found_by(employee, real), found_by(bea, real)) == ([], [text])


def test_a_moved_document_comes_back_whole(real, collection, board, employee, knowledge_admin):
    document = index_document(real, collection, "leave.md", ["You earn six hours of annual leave."])
    moved = move_document(document, to=board, user=knowledge_admin)
    move_document(moved, to=collection, user=knowledge_admin)
    assert len(found_by(employee, real)) == 1
    run_due_jobs(engine=lambda: real)
    assert len(found_by(employee, real)) == 1
    assert Document.objects.get().moved_from is None


def test_a_move_is_in_the_audit(uploaded, board, knowledge_admin):
    move_document(uploaded, to=board, user=knowledge_admin)
    event = Event.objects.get(action="document.moved")
    assert (event.actor_name, event.subject) == ("kim", f"document:{uploaded.uid}")


def test_what_cannot_be_moved_says_why(uploaded, collection, board, knowledge_admin):
    with pytest.raises(UploadRefused, match="same_collection"):
        move_document(uploaded, to=collection, user=knowledge_admin)
    Document.objects.create(collection=board, name="leave.md", title="Leave")
    with pytest.raises(UploadRefused) as refused:
        move_document(uploaded, to=board, user=knowledge_admin)
    assert refused.value.message.startswith("The target collection already has a document with this name.")
    delete_document(uploaded, user=knowledge_admin)
    with pytest.raises(UploadRefused, match="gone"):
        move_document(uploaded, to=board, user=knowledge_admin)
    assert not Event.objects.filter(action="document.moved").exists()


def test_a_row_of_a_sql_source_stays_with_its_source(uploaded, collection, board, knowledge_admin):
    source = SqlSource.objects.create(
        collection=collection, name="Shop", query="SELECT 1", key_column="id", title_template="{id}", dsn_variable="SHOP"
    )
    SqlRow.objects.create(source=source, key="1", sha256="a" * 64, document=uploaded)
    with pytest.raises(UploadRefused, match="row_of_source"):
        move_document(uploaded, to=board, user=knowledge_admin)


def test_a_document_moved_while_it_is_published_ends_in_the_new_collection(collection, board, knowledge_admin, engine):
    published = []
    publish = engine.writer.publish

    def move_meanwhile(entries, **options):
        document = Document.objects.get()
        if entries and document.collection == collection:
            move_document(document, to=board, user=knowledge_admin)
        published.extend(entry.chunk.collection_id for entry in entries)
        return publish(entries, **options)

    engine.writer.publish = move_meanwhile
    accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    run_due_jobs(engine=lambda: engine)

    assert published == [collection.pk, board.pk]
    document = Document.objects.get()
    assert (document.collection, document.moved_from, document.current_version.status) == (board, None, "indexed")


def test_a_move_during_the_move_of_the_index_is_followed_too(uploaded, collection, board, knowledge_admin, engine):
    third = Collection.objects.create(name="Third", slug="third")
    published = []

    def move_meanwhile(entries, **options):
        published.extend(entry.chunk.collection_id for entry in entries)
        if published == [board.pk]:
            move_document(Document.objects.get(), to=third, user=knowledge_admin)

    engine.writer.publish = move_meanwhile
    move_document(uploaded, to=board, user=knowledge_admin)
    run_due_jobs(engine=lambda: engine)
    assert published == [board.pk, third.pk]
    assert Document.objects.get().moved_from is None
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_a_new_version_of_a_moved_document_goes_to_the_new_collection(uploaded, board, knowledge_admin, engine):
    move_document(uploaded, to=board, user=knowledge_admin)
    accepted = accept_upload(collection=board, name="leave.md", stream=io.BytesIO(TEXT + b"More.\n"), user=knowledge_admin)
    assert (accepted.outcome, accepted.version.document) == ("new_version", uploaded)
    run_due_jobs(engine=lambda: engine)
    assert Document.objects.get().current_version == accepted.version

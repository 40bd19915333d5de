"""Documents and folders that are for some of a collection's readers: each gate is to be passed, in the database and the index."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.models import Event
from kb.index.engine import Engine
from kb.index.explaining import explain_search
from kb.index.search import scope_for, search_passages
from kb.models import Chunk, Collection, Document, Folder, RightsClock
from kb.rights.folders import create_folder, delete_folder, file_document, find_folder, narrow_document, narrow_folder
from kb.rights.readers import Readers, clean_readers
from kb.rights.reasons import gates_of, readers_of, reasons_for
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
QUESTION = "How long is burrow leave?"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path)


@pytest.fixture
def finance(employee: User) -> Group:
    group = Group.objects.create(name="Finance")
    employee.groups.add(group)
    return group


@pytest.fixture
def contracts(collection: Collection) -> Folder:
    return create_folder(collection=collection, name="Contracts", user=None)


@pytest.fixture
def document(collection: Collection) -> Document:
    return Document.objects.create(collection=collection, name="wombats.md", title="Wombats")


def reads(user: User | AnonymousUser, document: Document) -> bool:
    """Whether the database and the scope of the index agree that somebody reads a document, and what they say."""
    by_rows = Document.objects.visible_to(user).filter(pk=document.pk).exists()
    scope = scope_for(user)
    hidden = {int.from_bytes(scope.hidden[at : at + 8], "little") for at in range(0, len(scope.hidden), 8)}
    by_scope = document.collection_id in scope.collection_ids and document.pk not in hidden
    assert by_rows == by_scope
    return by_rows


def to(*groups: str, people: tuple[str, ...] = ()) -> Readers:
    return Readers(groups=groups, people=people)


@pytest.mark.parametrize(
    ("own", "outer", "inner", "expected"),
    [
        (None, None, None, "employee teammate"),
        (to("Finance"), None, None, "employee"),
        (to(people=("tao",)), None, None, "teammate"),
        (to("Finance", people=("tao",)), None, None, "employee teammate"),
        (to(), None, None, ""),
        (None, to("Finance"), None, "employee"),
        (None, None, to("Finance"), "employee"),
        (None, to("Finance"), to(people=("tao",)), ""),  # one passes the outer, the other the inner
        (to(people=("tao",)), to("Finance"), None, ""),
        (to(people=("erin",)), to("Finance"), to("Finance"), "employee"),
        (to(people=("olga",)), to(people=("olga",)), None, ""),  # named, and not a reader of the collection
    ],
)
def test_every_gate_has_to_be_passed(
    employee: User,
    teammate: User,
    outsider: User,
    knowledge_admin: User,
    auditor: User,
    finance: Group,
    contracts: Folder,
    document: Document,
    own: Readers | None,
    outer: Readers | None,
    inner: Readers | None,
    expected: str,
) -> None:
    below = create_folder(collection=document.collection, name="2026", parent=contracts, user=None)
    file_document(document=document, folder=below, user=None)
    narrow_folder(folder=contracts, readers=outer, user=None)
    narrow_folder(folder=below, readers=inner, user=None)
    narrow_document(document=document, readers=own, user=None)
    people = {"employee": employee, "teammate": teammate, "outsider": outsider, "auditor": auditor}
    assert [name for name, user in people.items() if reads(user, document)] == expected.split()
    assert reads(knowledge_admin, document)
    assert not reads(AnonymousUser(), document)
    document.refresh_from_db()
    gates = gates_of(document)
    assert [name for name, user in people.items() if user in readers_of(gates)] == expected.split()
    assert all(bool(reasons_for(user, gates)) == (name in expected.split()) for name, user in people.items())


@pytest.mark.parametrize(
    "take_away",
    [
        lambda employee, finance, folder, document: employee.groups.remove(finance),
        lambda employee, finance, folder, document: narrow_folder(folder=folder, readers=to(people=("tao",)), user=None),
        lambda employee, finance, folder, document: narrow_document(document=document, readers=to(), user=None),
        lambda employee, finance, folder, document: finance.delete(),
        lambda employee, finance, folder, document: User.objects.filter(pk=employee.pk).update(is_active=False),
    ],
    ids=["left the group", "folder", "document", "group deleted", "disabled"],
)
def test_what_is_taken_away_is_gone_with_the_next_look(
    employee: User, teammate: User, finance: Group, contracts: Folder, document: Document, take_away: Callable[..., object]
) -> None:
    narrow_folder(folder=contracts, readers=to("Finance"), user=None)
    assert reads(employee, document) and reads(teammate, document)
    file_document(document=document, folder=contracts, user=None)
    assert reads(employee, document) and not reads(teammate, document)
    take_away(employee, finance, contracts, document)
    assert not reads(User.objects.get(pk=employee.pk), document)


def test_a_change_that_is_rolled_back_is_forgotten(employee: User, document: Document) -> None:
    """The table has seen it, and the next change has the same number."""
    other = Document.objects.create(collection=document.collection, name="koalas.md", title="Koalas")
    narrow_document(document=other, readers=to(), user=None)
    assert reads(employee, document)
    with transaction.atomic():
        narrow_document(document=document, readers=to(), user=None)
        assert not reads(employee, document)
        transaction.set_rollback(True)
    narrow_document(document=other, readers=None, user=None)
    narrow_document(document=other, readers=to(), user=None)
    assert reads(employee, document) and not reads(employee, other)


def test_more_changes_than_the_clock_remembers_are_all_seen(employee: User, document: Document) -> None:
    other = Document.objects.create(collection=document.collection, name="koalas.md", title="Koalas")
    narrow_document(document=document, readers=to(), user=None)
    assert not reads(employee, document)
    narrow_document(document=document, readers=None, user=None)
    for count in range(RightsClock.STAMPS + 2):
        narrow_document(document=other, readers=None if count % 2 else to(), user=None)
    assert reads(employee, document) and reads(employee, other)


def test_search_counts_and_finds_only_what_is_open(
    engine: Engine, employee: User, teammate: User, knowledge_admin: User, collection: Collection, finance: Group
) -> None:
    """To the last bit as if the narrowed document were not there."""
    index_document(engine, collection, "rules.md", ["Burrow leave lasts nine days.", "Parking costs twenty dollars."])
    alone = search_passages(QUESTION, user=teammate, engine=engine)
    secret = index_document(engine, collection, "board.md", ["Burrow leave of the board lasts forty days.", "Leave, leave, leave."])
    narrow_document(document=secret, readers=to("Finance"), user=None)
    scores = [(passage.chunk.pk, passage.hit) for passage in alone.passages]
    beside = search_passages(QUESTION, user=teammate, engine=engine)
    assert [(passage.chunk.pk, passage.hit) for passage in beside.passages] == scores
    for user in (employee, knowledge_admin):
        found = search_passages(QUESTION, user=user, engine=engine)
        assert any("board" in passage.chunk.text for passage in found.passages)
    explained = explain_search(QUESTION, admin=knowledge_admin, user=teammate, collection=None, engine=engine)
    assert {one.removed_by for one in explained.removed if one.chunk and "board" in one.chunk.text} == {"rights"}


def test_the_second_lock_holds_where_the_scope_was_read_before(engine: Engine, employee: User, collection: Collection) -> None:
    document = index_document(engine, collection, "rules.md", ["Burrow leave lasts nine days."])

    class Narrowing:
        def search(self, question: str, **others: object) -> object:
            narrow_document(document=document, readers=to(), user=None)
            return engine.search(question, **others)

    assert search_passages(QUESTION, user=employee, engine=Narrowing()).passages == ()
    assert not Chunk.objects.visible_to(employee).exists()


def test_a_deleted_folder_gives_nobody_more(employee: User, contracts: Folder, document: Document) -> None:
    narrow_folder(folder=contracts, readers=to(), user=None)
    file_document(document=document, folder=contracts, user=None)
    with pytest.raises(ValuesRefused, match="not empty"):
        delete_folder(folder=contracts, user=None)
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    delete_folder(folder=contracts, user=None)
    assert not Folder.objects.exists()


def test_folders_below_are_narrowed_with_what_they_lie_in(employee: User, collection: Collection, contracts: Folder) -> None:
    below = create_folder(collection=collection, name="2026", parent=contracts, user=None)
    assert set(Folder.objects.visible_to(employee)) == {contracts, below}
    narrow_folder(folder=contracts, readers=to(), user=None)
    late = create_folder(collection=collection, name="2027", parent=below, user=None)
    assert not Folder.objects.visible_to(employee).exists()
    narrow_folder(folder=contracts, readers=None, user=None)
    assert set(Folder.objects.visible_to(employee)) == {contracts, below, late}
    assert find_folder(collection, "Contracts/2026/2027") == late


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "Enter a name"),
        ("a/b", "Enter a name"),
        ("x" * 121, "Enter a name"),
        ("contracts", "already exists here"),
        ("a\x00", "Enter"),
    ],
)
def test_a_bad_name_is_refused(collection: Collection, contracts: Folder, name: str, problem: str) -> None:
    with pytest.raises(ValuesRefused, match=problem):
        create_folder(collection=collection, name=name, user=None)


def test_folders_of_another_collection_and_unknown_readers_are_refused(
    collection: Collection, contracts: Folder, employee: User
) -> None:
    other = Collection.objects.create(name="Other", slug="other")
    stray = Document.objects.create(collection=other, name="stray.md", title="Stray")
    with pytest.raises(ValuesRefused, match="does not exist"):
        file_document(document=stray, folder=contracts, user=None)
    with pytest.raises(ValuesRefused, match="does not exist"):
        create_folder(collection=other, name="Below", parent=contracts, user=None)
    with pytest.raises(ValuesRefused) as refused:
        clean_readers(groups=["Nobody"], people=["nobody", " erin "])
    assert refused.value.problems == {"groups": ["Unknown groups: Nobody."], "people": ["Unknown user names: nobody."]}
    deep = contracts
    with pytest.raises(ValuesRefused, match="nested"):
        for number in range(20):
            deep = create_folder(collection=collection, name=str(number), parent=deep, user=None)


def test_each_change_is_an_event_and_none_is_where_nothing_changes(
    knowledge_admin: User, finance: Group, contracts: Folder, document: Document
) -> None:
    for _twice in range(2):
        narrow_folder(folder=contracts, readers=to("Finance"), user=knowledge_admin)
        file_document(document=document, folder=contracts, user=knowledge_admin)
        narrow_document(document=document, readers=to(people=("erin",)), user=knowledge_admin)
    actions = list(Event.objects.order_by("sequence").values_list("action", "actor_name"))
    assert actions == [
        ("folder.created", "manage.py"),
        ("folder.narrowed", "kim"),
        ("document.filed", "kim"),
        ("document.narrowed", "kim"),
    ]


def test_the_command_narrows_a_folder_and_a_document(collection: Collection, document: Document, finance: Group) -> None:
    told = StringIO()
    call_command("set_readers", "handbook", "--folder", "Contracts/2026", "--create", "--group", "Finance", stdout=told)
    call_command(
        "set_readers", "handbook", "--document", "wombats.md", "--folder", "Contracts/2026", "--person", "erin", stdout=told
    )
    assert told.getvalue() == "Folder Contracts/2026: Finance.\nDocument wombats.md: erin.\n"
    document.refresh_from_db()
    assert document.folder == find_folder(collection, "Contracts/2026")
    assert [person.username for person in document.people.all()] == ["erin"]
    call_command("set_readers", "handbook", "--document", "wombats.md", "--all", stdout=told)
    document.refresh_from_db()
    assert not document.is_narrowed


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["handbook", "--all"], "--folder or a --document"),
        (["handbook", "--folder", "X", "--all"], "There is no folder 'X'"),
        (["handbook", "--document", "x.md", "--all"], "There is no document 'x.md'"),
        (["nowhere", "--document", "x.md", "--all"], "There is no collection 'nowhere'"),
        (["handbook", "--document", "x.md"], "or say --all"),
        (["handbook", "--document", "wombats.md", "--person", "nobody"], "Unknown user names: nobody"),
    ],
)
def test_the_command_says_what_it_lacks(document: Document, arguments: list[str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("set_readers", *arguments)
    assert not Folder.objects.exists()

"""Tags, owners and days of documents: who sees what of them, and that time passes by itself."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.models import Event
from kb.index.engine import Engine
from kb.index.explaining import explain_search
from kb.index.search import scope_for, search_passages
from kb.index.within import Within
from kb.keeping.force import today
from kb.keeping.listing import Filter, filter_documents
from kb.keeping.reviewing import due_for, mark_reviewed, remind_owners
from kb.keeping.tags import carry_tags, merge_tag, names_to_ask, remove_tag, rename_tag, tags_for
from kb.keeping.values import change_document
from kb.models import Chunk, Collection, Document, Steward, Tag
from kb.place import place_of
from kb.rights.folders import narrow_document
from kb.rights.readers import Readers
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
TEXT = "Wombats accrue nine days of burrow leave."
QUESTION = "How long is burrow leave?"
At = Callable[..., None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Let it be another moment (UTC)."""

    def set_now(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> None:
        now = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)

    return set_now


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path)


@pytest.fixture
def document(collection: Collection, engine: Engine) -> Document:
    return index_document(engine, collection, "wombats.md", [TEXT])


def found(engine: Engine, user: User, **more: object) -> list[str]:
    passages = search_passages(QUESTION, user=user, engine=engine, **more).passages
    return [passage.chunk.version.document.name for passage in passages]


def answers(user: User, document: Document) -> bool:
    """Whether rows, passages and the index's scope agree that answers may rest on a document, and what they say."""
    by_rows = Document.objects.answering_for(user).filter(pk=document.pk).exists()
    by_passages = Chunk.objects.visible_to(user).filter(version__document=document).exists()
    hidden = scope_for(user).hidden
    by_scope = document.pk not in {int.from_bytes(hidden[start : start + 8], "little") for start in range(0, len(hidden), 8)}
    assert by_rows == by_passages == by_scope
    return by_rows


# --- days ---


@pytest.mark.parametrize(
    ("days", "policy", "expected"),
    [
        ({}, "left_out", True),
        ({"valid_from": date(2026, 3, 1)}, "left_out", True),
        ({"valid_from": date(2026, 3, 2)}, "left_out", False),
        ({"valid_from": date(2026, 3, 2)}, "told", False),
        ({"expires_on": date(2026, 3, 1)}, "left_out", True),
        ({"expires_on": date(2026, 2, 28)}, "left_out", False),
        ({"expires_on": date(2026, 2, 28)}, "told", True),
    ],
)
def test_answers_rest_on_what_is_in_force(
    employee: User, knowledge_admin: User, document: Document, engine: Engine, at: At, days: dict, policy: str, expected: bool
) -> None:
    at(2026, 3, 1, 12)
    Collection.objects.update(expired_documents=policy)
    change_document(document=document, user=None, **days)
    assert answers(employee, document) == answers(knowledge_admin, document) == expected
    assert found(engine, employee) == (["wombats.md"] if expected else [])
    assert Document.objects.visible_to(employee).filter(pk=document.pk).exists()  # it can still be opened
    assert Collection.objects.filter(pk=document.collection_id).with_counts(employee).get().answering == expected


def test_a_document_expires_at_midnight_of_the_installation_without_anybody_saving(
    settings, employee: User, document: Document, engine: Engine, at: At
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    timezone.get_default_timezone.cache_clear()
    try:
        change_document(document=document, user=None, expires_on=date(2026, 3, 1))
        at(2026, 3, 1, 15, 59, 59)
        assert (today(), found(engine, employee)) == (date(2026, 3, 1), ["wombats.md"])
        with timezone.override("America/Los_Angeles"):  # wherever its reader is
            at(2026, 3, 1, 16)
            assert (today(), found(engine, employee)) == (date(2026, 3, 2), [])
            assert not answers(employee, document)
    finally:
        settings.TIME_ZONE = "UTC"
        timezone.get_default_timezone.cache_clear()


def test_a_place_tells_that_its_document_has_expired(document: Document, at: At) -> None:
    change_document(document=document, user=None, expires_on=date(2026, 2, 28))
    chunk = Chunk.objects.select_related("version__document", "page").get()
    at(2026, 2, 28, 12)
    assert place_of(chunk).expired_on == ""
    at(2026, 3, 1)
    assert place_of(chunk).expired_on == "2026-02-28"


def test_an_explanation_names_the_days(knowledge_admin: User, document: Document, engine: Engine, at: At) -> None:
    at(2026, 3, 1)
    change_document(document=document, user=None, expires_on=date(2026, 2, 1))
    told = explain_search(QUESTION, admin=knowledge_admin, user=knowledge_admin, collection=None, engine=engine)
    assert [one.removed_by for one in told.removed] == ["force"]


def test_what_is_set_is_checked_and_recorded_once(
    employee: User, outsider: User, knowledge_admin: User, document: Document
) -> None:
    set_days = {"valid_from": date(2026, 1, 1), "expires_on": date(2026, 12, 31)}
    change_document(document=document, user=knowledge_admin, owner="erin", tags=["Leave", " leave ", "HR"], **set_days)
    document.refresh_from_db()
    assert (document.owner, sorted(tag.name for tag in document.tags.all())) == (employee, ["HR", "Leave"])
    change_document(document=document, user=knowledge_admin, owner="erin")
    changes = Event.objects.get(action="document.changed").payload.data["changes"]
    assert changes["tags"] == {"from": [], "to": ["HR", "Leave"]}
    assert changes["expires_on"] == {"from": None, "to": "2026-12-31"}
    refused = [
        {"owner": "olga"},  # who cannot read it
        {"owner": "nobody"},
        {"expires_on": date(2025, 1, 1)},  # before its first day
        {"review_by": date(1, 1, 1)},
        {"tags": ["x" * 61]},
        {"tags": [str(number) for number in range(31)]},
        {"tags": "HR"},
    ]
    for values in refused:
        with pytest.raises(ValuesRefused):
            change_document(document=document, user=knowledge_admin, **values)
    assert Event.objects.filter(action="document.changed").count() == 1


# --- tags ---


@pytest.fixture
def tagged(document: Document, engine: Engine) -> Document:
    """Two documents with tags; the second is for the owners alone."""
    change_document(document=document, user=None, tags=["Leave", "HR"])
    board = index_document(engine, document.collection, "board.md", ["Directors have burrow leave of ninety days."])
    change_document(document=board, user=None, tags=["leave", "Board"])
    narrow_document(document=board, readers=Readers(), user=None)
    return document


def test_a_tag_that_only_hidden_documents_have_is_nobody_elses_to_know(
    employee: User, outsider: User, knowledge_admin: User, tagged: Document
) -> None:
    def seen(user: User) -> list[tuple[str, int]]:
        return [(row.name, row.document_count) for row in tags_for(user, collection=tagged.collection)]

    assert seen(employee) == [("HR", 1), ("Leave", 1)]
    assert seen(knowledge_admin) == [("Board", 1), ("HR", 1), ("Leave", 2)]
    assert seen(outsider) == []
    assert (names_to_ask(employee), names_to_ask(outsider)) == (["HR", "Leave"], [])


def test_a_question_is_narrowed_to_tags_before_scoring(employee: User, tagged: Document, engine: Engine) -> None:
    other = index_document(engine, tagged.collection, "other.md", ["Burrow leave is also called digging leave."])
    assert set(found(engine, employee)) == {"wombats.md", "other.md"}
    assert found(engine, employee, within=Within(tags=("LEAVE",))) == ["wombats.md"]
    assert found(engine, employee, within=Within(tags=("Board",))) == []
    assert scope_for(employee, within=Within(tags=("hr", "none"))).document_ids == frozenset({tagged.pk})
    assert other.pk not in (scope_for(employee, within=Within(tags=("hr",))).document_ids or ())


def test_tags_are_renamed_merged_and_removed(knowledge_admin: User, tagged: Document) -> None:
    leave, hr = Tag.objects.get(folded="leave"), Tag.objects.get(folded="hr")
    with pytest.raises(ValuesRefused):
        rename_tag(tag=hr, name="LEAVE", user=knowledge_admin)
    rename_tag(tag=leave, name="LEAVE", user=knowledge_admin)  # the same word in another case
    merge_tag(tag=hr, into=leave, user=knowledge_admin)
    assert [tag.name for tag in tagged.tags.all()] == ["LEAVE"]
    with pytest.raises(ValuesRefused):
        merge_tag(tag=leave, into=leave, user=knowledge_admin)
    remove_tag(tag=leave, user=knowledge_admin)
    assert [*tagged.tags.all()] == []
    assert [*Event.objects.filter(action__startswith="tag.").values_list("action", flat=True).order_by("sequence")] == [
        "tag.renamed",
        "tag.merged",
        "tag.removed",
    ]


def test_tags_go_along_with_a_document_and_those_without_documents_go(knowledge_admin: User, tagged: Document) -> None:
    target, origin = Collection.objects.create(name="Other", slug="other"), tagged.collection
    Tag.objects.create(collection=target, name="Leave!", folded="leave!")
    tagged.collection = target
    tagged.save()
    carry_tags(tagged, origin=origin, names=["Leave", "HR"])
    assert {tag.collection_id for tag in tagged.tags.all()} == {target.pk}
    assert sorted(tag.name for tag in origin.tags.all()) == ["Board", "Leave"]  # HR had no other document


def test_the_list_is_filtered_and_sorted(employee: User, knowledge_admin: User, tagged: Document, at: At) -> None:
    at(2026, 3, 1)
    change_document(document=tagged, user=None, owner="erin", expires_on=date(2026, 2, 1), review_by=date(2026, 3, 10))

    def names(user: User, **given: str) -> list[str]:
        return [row.name for row in filter_documents(tagged.collection, user, Filter.read(given))]

    assert names(knowledge_admin) == ["board.md", "wombats.md"]
    assert names(knowledge_admin, sort="expires") == ["wombats.md", "board.md"]
    assert names(employee) == ["wombats.md"]
    assert names(knowledge_admin, tag="BOARD") == ["board.md"]
    assert names(employee, tag="board") == []
    assert names(knowledge_admin, owner="erin") == names(knowledge_admin, state="expired") == ["wombats.md"]
    assert names(knowledge_admin, owner="-") == ["board.md"]
    assert names(knowledge_admin, state="review") == ["wombats.md"]
    assert names(knowledge_admin, state="upcoming") == names(knowledge_admin, q="\x00nothing") == []


# --- reviews ---


def test_what_is_due_stands_with_its_owner_or_with_who_runs_the_collection(
    employee: User, teammate: User, outsider: User, knowledge_admin: User, document: Document, at: At
) -> None:
    at(2026, 3, 1)
    Steward.objects.create(collection=document.collection, user=teammate, role="editor")
    change_document(document=document, user=None, review_by=date(2026, 3, 15))
    assert [user.username for user in (employee, teammate, outsider, knowledge_admin) if due_for(user).exists()] == ["tao", "kim"]
    change_document(document=document, user=None, owner="erin")
    assert [user.username for user in (employee, teammate, outsider, knowledge_admin) if due_for(user).exists()] == ["erin"]
    employee.groups.clear()  # whoever may not read it any more is not told of it
    assert not due_for(employee).exists()
    change_document(document=document, user=None, owner=None, review_by=date(2026, 3, 16))
    assert not due_for(teammate).exists()  # not within two weeks


def test_a_review_has_a_next_day_or_none(employee: User, document: Document, at: At) -> None:
    at(2026, 3, 1)
    change_document(document=document, user=None, owner="erin", review_by=date(2026, 3, 1))
    with pytest.raises(ValuesRefused):
        mark_reviewed(document=document, review_by=date(2026, 3, 1), user=employee)
    mark_reviewed(document=document, review_by=date(2027, 3, 1), user=employee)
    assert not due_for(employee).exists()
    assert Event.objects.get(action="document.reviewed").payload.data["was_due"] == "2026-03-01"


def test_an_owner_gets_one_mail_for_a_day(settings, employee: User, document: Document, at: At) -> None:
    at(2026, 3, 1)
    change_document(document=document, user=None, owner="erin", review_by=date(2026, 3, 10))
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    assert remind_owners() == 0  # no mail is set up: the page says it
    settings.MAIL, settings.PUBLIC_URL = {"host": "x"}, "https://attest.example"
    assert (remind_owners(), remind_owners()) == (1, 0)
    (message,) = mail.outbox
    assert message.to == ["erin@example.com"]
    assert "wombats.md (Handbook): review by 10 Mar 2026" in message.body
    assert "https://attest.example/library/due/" in message.body
    change_document(document=document, user=None, review_by=date(2026, 3, 12))
    assert remind_owners() == 1

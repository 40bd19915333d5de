"""Files of a conversation: whoever attached them asks about them, nobody else meets them, and they go with the conversation."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from chat.conversations.files import MOST_FILES, delete_left_files
from chat.conversations.rules import allow
from chat.conversations.where import Where
from chat.flow.running import finish_question
from chat.models import Conversation, Turn
from chat.services import start_turn
from chat.types import Outcome
from curation.gaps.models import Gap
from curation.gaps.taking import take_gaps
from ingest.models import Job
from kb.index.search import scope_for
from kb.models import Collection, Document, DocumentVersion
from reviews.desk.intake import take_in
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document, asked_by, dependencies_with

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(user: User, address: str = "/attach/", *names: str) -> Any:
    files = [SimpleUploadedFile(name, LEAVE.encode() + name.encode()) for name in names or ("leave.md",)]
    return client_of(user).post(address, {"files": files})


@pytest.fixture
def conversation(employee: User) -> Conversation:
    assert send(employee).status_code == 302
    return Conversation.objects.get()


@pytest.fixture
def read(conversation: Conversation) -> Document:
    """The file that was attached, as ingestion leaves it."""
    Job.objects.all().delete()
    Document.objects.all().delete()
    assert conversation.files is not None
    document = add_document(conversation.files, "leave.md", LEAVE)
    DocumentVersion.objects.update(indexed_at=timezone.now())
    return document


def ask(conversation: Conversation) -> dict[str, Any]:
    turn = start_turn(user=conversation.user, question=QUESTION, conversation=conversation)
    asked = asked_by(conversation.user, QUESTION, collection=turn.conversation.collection)
    return async_to_sync(finish_question)(asked, compose=lambda: dependencies_with(None)).as_dict()


def test_a_file_begins_a_conversation_that_asks_it_alone(
    conversation: Conversation, collection: Collection, employee: User
) -> None:
    holder = conversation.files
    assert holder is not None and holder.is_private
    assert (conversation.title, conversation.collection, holder.keeper) == ("leave.md", holder, employee)
    assert [row.name for row in holder.documents.all()] == ["leave.md"]
    assert Job.objects.count() == 1
    page = client_of(employee).get(f"/c/{conversation.uid}/").content.decode()
    assert "leave.md" in page and "Being read" in page
    assert f'value="{holder.slug}" selected' in page


def test_its_questions_wait_until_it_is_read(conversation: Conversation, employee: User, collection: Collection) -> None:
    given = {"question": QUESTION, "conversation": str(conversation.uid)}
    hx = {"HX-Request": "true"}
    refused = client_of(employee).post("/ask/", given, headers=hx)
    assert refused.status_code == 422 and "Still being read: Leave." in refused.content.decode()
    assert not Turn.objects.exists()
    with_others = given | {"collection": [conversation.files.slug, collection.slug]}
    assert "Still being read: Leave." in client_of(employee).post("/ask/", with_others, headers=hx).content.decode()
    everywhere = start_turn(user=employee, question=QUESTION, conversation=conversation, where=Where())
    assert everywhere.conversation.collection is None


def test_it_is_answered_from_and_cited(read: Document, conversation: Conversation, employee: User) -> None:
    told = ask(conversation)
    assert (told["outcome"], SIX_HOURS in told["answer"]) == (Outcome.ANSWERED, True)
    cited = told["citations"][0]
    assert cited["document_uid"] == str(read.uid)
    browser = client_of(employee)
    assert browser.get(f"/library/sources/{cited['version_uid']}/1/").status_code == 200
    assert f"/c/{conversation.uid}/" in browser.get(f"/library/documents/{read.uid}/").content.decode()
    scope = Event.objects.get(action="question.answered").payload.data["scope"]
    assert scope["collections"][0]["is_private"] is True


def test_nobody_else_meets_it_whatever_their_role(
    read: Document, conversation: Conversation, employee: User, teammate: User, knowledge_admin: User, auditor: User
) -> None:
    holder = conversation.files
    assert holder is not None
    for other in (teammate, knowledge_admin, auditor):
        browser = client_of(other)
        assert browser.get(f"/library/documents/{read.uid}/").status_code == 404
        assert browser.get(f"/library/c/{holder.slug}/").status_code == 404
        assert scope_for(other).collection_ids.isdisjoint({holder.pk})
        assert scope_for(other, collection=holder).collection_ids == set()
        assert not Document.objects.listed_for(other).filter(pk=read.pk).exists()
    for address in ("/library/", "/library/find/?q=leave", "/api/v1/collections", "/api/v1/documents?q=leave"):
        assert str(read.uid) not in (page := client_of(employee).get(address).content.decode()) and holder.slug not in page
    assert scope_for(employee).collection_ids == set()  # no question that is not asked of it meets it
    assert scope_for(employee, collection=holder).collection_ids == {holder.pk}
    User.objects.filter(pk=employee.pk).update(is_active=False)
    employee.refresh_from_db()
    assert scope_for(employee, collection=holder).collection_ids == set()
    assert not Document.objects.visible_to(employee).exists()


def test_a_question_about_it_is_no_gap_of_the_library(read: Document, conversation: Conversation) -> None:
    asked = asked_by(conversation.user, "Who feeds the office parrot?", collection=conversation.collection)
    answer = async_to_sync(finish_question)(asked, compose=lambda: dependencies_with(None))
    assert answer.outcome is Outcome.REFUSED
    take_in()
    take_gaps()
    assert not Gap.objects.exists()


def test_it_goes_with_the_conversation(read: Document, conversation: Conversation, employee: User) -> None:
    client_of(employee).post(f"/c/{conversation.uid}/delete/")
    read.refresh_from_db()
    assert read.deleted_at is not None
    assert not Collection.objects.undeleted().filter(is_private=True).exists()
    assert Job.objects.filter(kind=Job.Kind.REMOVE).count() == 1


def test_it_goes_however_the_conversation_went(read: Document, conversation: Conversation) -> None:
    Conversation.objects.all().delete()
    assert delete_left_files() == 0  # one may be on its way
    Collection.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert delete_left_files() == 1
    read.refresh_from_db()
    assert read.deleted_at is not None


def test_taken_out_the_conversation_asks_everywhere_again(read: Document, conversation: Conversation, employee: User) -> None:
    ask(conversation)
    done = client_of(employee).post(f"/c/{conversation.uid}/files/{read.uid}/remove/")
    assert done.status_code == 302
    conversation.refresh_from_db()
    assert conversation.collection is None
    assert not Document.objects.visible_to(employee).exists()


def test_a_refused_file_leaves_nothing(employee: User) -> None:
    page = client_of(employee).post("/attach/", {"files": [SimpleUploadedFile("tool.exe", b"MZ\x00\x01" * 99)]}, follow=True)
    assert "tool.exe: This file type is not supported" in page.content.decode()
    assert not Conversation.objects.exists() and not Collection.objects.exists() and not Document.objects.exists()


def test_there_is_a_limit_and_a_switch(
    conversation: Conversation, employee: User, knowledge_admin: User, collection: Collection
) -> None:
    names = [f"note-{number}.md" for number in range(MOST_FILES)]
    page = client_of(employee).post(
        f"/c/{conversation.uid}/files/attach/",
        {"files": [SimpleUploadedFile(name, name.encode() * 9) for name in names]},
        follow=True,
    )
    assert f"at most {MOST_FILES} files" in page.content.decode()
    assert Document.objects.count() == MOST_FILES
    assert client_of(knowledge_admin).post("/system/files/", {"allow": "0"}).status_code == 302
    assert Event.objects.get(action="chat.rules_changed").payload.data == {"allows_files": False}
    assert 'type="file"' not in client_of(employee).get("/").content.decode()
    assert (
        "switched off"
        in client_of(employee).post("/attach/", {"files": [SimpleUploadedFile("a.md", b"a")]}, follow=True).content.decode()
    )
    allow("allows_files", is_allowed=True, user=None)
    assert 'type="file"' in client_of(employee).get("/").content.decode()


def test_programs_attach_and_ask(employee: User, read: Document, conversation: Conversation, teammate: User) -> None:
    browser = client_of(employee)
    begun = browser.post("/api/v1/conversations/files", {"files": [SimpleUploadedFile("b.md", b"Toner is in room 4.")]})
    assert begun.status_code == 202, begun.content
    assert [(one["name"], one["state"], one["ready"]) for one in begun.json()["files"]] == [("b.md", "uploaded", False)]
    unread = browser.post(
        "/api/v1/ask", {"question": QUESTION, "conversation": begun.json()["conversation"]}, content_type="application/json"
    )
    assert (unread.status_code, unread.json()["error"]["code"]) == (400, "files_unread")
    address = f"/api/v1/conversations/{conversation.uid}/files"
    mixed = browser.post(address, {"files": [SimpleUploadedFile("c.md", b"Ink."), SimpleUploadedFile("d.exe", b"MZ\x00\x01" * 9)]})
    assert [one["error"]["code"] for one in mixed.json()["refused"]] == ["unknown_type"]
    assert {one["name"]: one["ready"] for one in browser.get(address).json()["files"]} == {"c.md": False, "leave.md": True}
    assert client_of(teammate).get(address).status_code == 404
    assert client_of(teammate).delete(f"{address}/{read.uid}").status_code == 404
    assert browser.delete(f"{address}/{read.uid}").status_code == 204
    assert [one["name"] for one in browser.get(address).json()["files"]] == ["c.md"]

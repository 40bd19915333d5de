"""Conversations: found again, kept in order, edited, taken away."""

import io
import re
import zipfile
from typing import Any

import docx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from accounts.models import User
from audit.models import Event
from chat import services
from chat.conversations.arranging import archive_conversation, pin_conversation
from chat.conversations.searching import find_conversations
from chat.errors import QuestionRefused
from chat.models import Conversation, Turn
from kb.models import Collection, Document
from tests.chat.library import LEAVE, SIX_HOURS, add_document

ZH = "工龄满五年的员工每年享有十二天年假。"


def answer_from(document: Document, text: str, *, marker: int = 1) -> dict[str, Any]:
    """A finished answer of one sentence that a document carries."""
    version = document.current_version
    start = version.pages.get().text.index(text)
    citation = {"marker": marker, "chunk_id": "1", "document": document.name, "document_uid": str(document.uid), "quote": text}
    citation |= {"title": document.title, "version": 1, "version_uid": str(version.uid), "page": None, "page_number": 1}
    citation |= {"page_label": "", "start": start, "end": start + len(text), "score": 0.9}
    sentence = {"text": text, "prefix": "", "verdict": "supported", "citations": [marker], "listed": []}
    return {
        "outcome": "answered",
        "origin": "quoted",
        "answer": f"{text}[{marker}]",
        "sentences": [sentence],
        "citations": [citation],
    }


def ask(user: User, question: str, answer: dict[str, Any] | None = None, **given: Any) -> Turn:
    """Keep a question with its answer."""
    turn = services.start_turn(user=user, question=question, **given)
    turn.state, turn.answer, turn.finished_at = Turn.State.ANSWERED, answer or {}, timezone.now()
    turn.save()
    return turn


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def titles(user: User, text: str) -> list[str]:
    return [one.conversation.title for one in find_conversations(user, text)]


def test_conversations_are_found_by_title_question_and_answer(employee: User, teammate: User, leave: Document) -> None:
    ask(employee, "How much leave?", answer_from(leave, SIX_HOURS))
    ask(employee, "What about parking?")
    ask(teammate, "What about parking?")
    assert titles(employee, "PARKING") == ["About parking"]
    assert titles(employee, "leave") == ["How much leave"]
    assert titles(employee, "fifteen hours") == ["How much leave"]  # of the answer, in any order
    assert find_conversations(employee, "fifteen")[0].snippet.count("fifteen years of service") == 1
    assert titles(employee, "fifteen parking") == titles(employee, "100%") == titles(employee, " ") == []


def test_what_may_not_be_read_any_more_is_not_found(employee: User, leave: Document) -> None:
    ask(employee, "How much leave?", answer_from(leave, SIX_HOURS))
    employee.groups.clear()
    assert titles(employee, "fifteen") == []
    assert titles(employee, "leave") == ["How much leave"]


def test_pinned_ones_stand_first_and_archived_ones_apart(employee: User) -> None:
    one, two, three = (ask(employee, f"Question {number}").conversation for number in (1, 2, 3))
    pin_conversation(one, is_pinned=True)
    archive_conversation(two, is_archived=True)
    assert list(Conversation.objects.visible_to(employee).kept()) == [one, three]
    assert list(Conversation.objects.visible_to(employee).archived()) == [two]
    pin_conversation(two, is_pinned=True)  # comes back, above the others
    archive_conversation(one, is_archived=True)
    assert list(Conversation.objects.visible_to(employee).kept()) == [two, three]


def test_all_of_them_are_listed_by_pages_with_as_many_queries(
    employee: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    Conversation.objects.bulk_create(Conversation(user=employee, title=f"Number {number}") for number in range(120))
    client.force_login(employee)
    pages = []
    for page in (1, 3):
        with django_assert_max_num_queries(14):
            pages.append(client.get(reverse("chat:conversations"), {"page": page}).content.decode())
    assert [len(set(re.findall(r"Number \d+", page))) for page in pages] == [50, 20]
    assert reverse("chat:conversations") in client.get("/").content.decode()


def test_the_last_question_is_edited_in_its_place_and_an_earlier_one_asked_anew(employee: User) -> None:
    first = ask(employee, "How much leave?")
    last = ask(employee, "And parking?", conversation=first.conversation)
    edited = services.edit_turn(last, question="And bicycles?")
    assert (edited.position, edited.attempt, edited.question) == (1, 2, "And bicycles?")
    with pytest.raises(QuestionRefused, match="Stop it first"):
        services.edit_turn(last, question="And trains?")
    again = services.edit_turn(first, question="How much sick leave?")
    assert (again.position, again.attempt) == (2, 1)
    with pytest.raises(QuestionRefused, match="Enter a question"):
        services.edit_turn(first, question=" ")
    newest = first.conversation.turns.newest_attempts().order_by("position")
    assert [turn.question for turn in newest] == ["How much leave?", "And bicycles?", "How much sick leave?"]


@pytest.fixture
def told(employee: User, leave: Document, collection: Collection) -> Conversation:
    """A conversation in both languages, the second answer from a Chinese document, the third refused."""
    chinese = add_document(collection, "nianjia.md", ZH)
    first = ask(employee, "How much *leave*?", answer_from(leave, SIX_HOURS))
    ask(employee, "年假有多少天？", answer_from(chinese, ZH), conversation=first.conversation)
    refused = {"outcome": "refused", "reason": "nothing_found", "answer": "", "sentences": [], "citations": [], "nearest": []}
    ask(employee, "Parking?", refused, conversation=first.conversation)
    return first.conversation


def export(client: Client, conversation: Conversation, kind: str) -> bytes:
    response = client.get(reverse("chat:export", args=[conversation.uid, kind]))
    assert response.status_code == 200
    assert f".{kind}" in response["Content-Disposition"]
    return bytes(response.content)


def test_a_conversation_is_taken_away_as_markdown(client: Client, employee: User, told: Conversation) -> None:
    client.force_login(employee)
    text = export(client, told, "md").decode()
    assert f"## How much \\*leave\\*?\n\n{SIX_HOURS}[^1]\n" in text
    assert f"{ZH}[^2]" in text
    assert "> The documents do not answer this" in text
    assert "[^2]: [Nianjia, version 1](http://testserver/library/sources/" in text
    assert f"“{ZH}”" in text.split("## Sources")[1]
    event = Event.objects.get(action="conversation.exported")
    assert (event.actor_id, event.subject) == (str(employee.pk), f"conversation:{told.uid}")


def test_word_has_its_own_footnotes(client: Client, employee: User, told: Conversation) -> None:
    client.force_login(employee)
    data = export(client, told, "docx")
    document = docx.Document(io.BytesIO(data))
    written = [paragraph.text for paragraph in document.paragraphs]
    assert {"How much *leave*?", SIX_HOURS, ZH, "The documents do not answer this"} <= set(written)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        notes, body = file.read("word/footnotes.xml").decode(), file.read("word/document.xml").decode()
        assert "footnotes+xml" in file.read("[Content_Types].xml").decode()
    assert re.findall(r'footnoteReference w:id="(\d)"', body) == ["1", "2"]
    assert f"Leave, version 1: “{SIX_HOURS}” http://testserver/" in notes


def test_a_pdf_shows_both_languages(client: Client, employee: User, told: Conversation) -> None:
    client.force_login(employee)
    pages = PdfReader(io.BytesIO(export(client, told, "pdf"))).pages
    text = "".join("".join(page.extract_text().split()) for page in pages)
    assert "".join(SIX_HOURS.split()) in text
    assert ZH in text
    assert "2.Nianjia,version1" in text


def test_an_export_holds_what_may_be_read_now(client: Client, employee: User, told: Conversation) -> None:
    employee.groups.clear()
    client.force_login(employee)
    with translation.override("en"):
        text = export(client, told, "md").decode()
    assert SIX_HOURS not in text
    assert "1 sentence is not shown" in text

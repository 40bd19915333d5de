"""Documents are found in all collections by their names and by the words in them, within rights."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document
from kb.viewing import finding
from kb.viewing.finding import find_documents
from tests.chat.library import LEAVE, add_document
from tests.chat.library import search as fake_search


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of the index, what has words in common; through the same second lock."""
    monkeypatch.setattr(
        finding,
        "search_passages",
        lambda text, *, user, config, within: fake_search(text, user=user, collection=None, config=config),
    )


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def secret(db: None) -> Document:
    return add_document(Collection.objects.create(name="Board", slug="board"), "annual-report.md", "Annual leave of directors.")


def names(user: User, text: str) -> list[tuple[str, bool]]:
    return [(one.document.name, one.is_named) for one in find_documents(text, user=user)]


def test_names_come_first_then_words(employee: User, knowledge_admin: User, leave: Document, secret: Document) -> None:
    assert names(knowledge_admin, "annual") == [("annual-report.md", True), ("leave.md", False)]
    assert names(employee, "annual") == [("leave.md", False)]
    assert names(employee, "LEAVE md") == [("leave.md", True)]
    assert names(employee, "wombats") == names(employee, " \x00 ") == []


def test_the_page_shows_the_passage_and_records_what_it_showed(
    client: Client, employee: User, leave: Document, secret: Document
) -> None:
    client.force_login(employee)
    page = client.get(reverse("kb:find"), {"q": "annual leave"}).content.decode()
    assert "Employees earn annual leave by length of service." in page
    assert "directors" not in page
    assert f"{reverse('chat:home')}?document={leave.uid}" in page
    payload: Any = Event.objects.get(action="passages.searched").payload.data
    assert payload["question"] == "annual leave"
    assert reverse("kb:find") in client.get(reverse("kb:index")).content.decode()

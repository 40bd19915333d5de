"""The page that explains a search to knowledge admins."""

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from kb.index.engine import get_engine
from kb.models import Collection, Document, DocumentVersion
from tests.kb.indexing import index_document
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def leave(collection: Collection, tmp_path: Path, settings: object) -> Document:
    settings.INDEX_ROOT = tmp_path
    return index_document(get_engine(), collection, "leave.md", ["Employees earn six hours of annual leave."])


def explain(user: User, **fields: str) -> str:
    response = signed_in(user).get(reverse("kb:explain"), fields)
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_what_each_step_made_of_a_passage(knowledge_admin: User, employee: User, leave: Document) -> None:
    page = explain(knowledge_admin, q="How much annual leave?", person=employee.username)
    assert leave.title in page and "#1" in page and "annual" in page
    event = Event.objects.get(action="search.explained")
    assert (event.actor_name, event.subject) == (knowledge_admin.username, f"user:{employee.pk}")


def test_it_shows_what_else_the_question_was_read_as(knowledge_admin: User, collection: Collection, leave: Document) -> None:
    assert "Read as well" not in explain(knowledge_admin, q="How much PTO?")
    Collection.objects.filter(pk=collection.pk).update(vocabulary="PTO = annual leave")
    page = explain(knowledge_admin, q="How much PTO?")
    assert "<q>How much annual leave?</q>" in page


def test_it_names_the_filter(knowledge_admin: User, outsider: User, leave: Document) -> None:
    page = explain(knowledge_admin, q="annual leave", person=outsider.username, document=leave.name)
    assert "No access to it" in page
    assert f"{outsider.username} cannot read it in" in page
    assert "No results found." in page


def test_a_document_that_failed_is_reported(knowledge_admin: User, collection: Collection) -> None:
    document = Document.objects.create(collection=collection, name="locked.pdf", title="Locked")
    fields = {"sha256": "0", "size": 1, "media_type": "application/pdf", "storage_path": "x"}
    DocumentVersion.objects.create(document=document, number=1, status="failed", error_code="locked", **fields)
    page = explain(knowledge_admin, q="leave", document=str(document.uid))
    assert "Version 1 could not be processed" in page and "0 passages" in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"q": ""}, "This field is required"),
        ({"q": "leave", "person": "nobody"}, "There is no active user"),
        ({"q": "leave", "document": "nothing.md"}, "No document has this name"),
        ({"q": "x" * 2001}, "at most 2000"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(knowledge_admin: User, fields: dict[str, str], expected: str) -> None:
    response = signed_in(knowledge_admin).get(reverse("kb:explain"), fields)
    assert response.status_code == 422
    assert expected in response.content.decode()
    assert not Event.objects.filter(action="search.explained").exists()


def test_the_library_leads_there(knowledge_admin: User, employee: User, document: Document) -> None:
    address = reverse("kb:explain")
    page = signed_in(knowledge_admin).get(reverse("kb:document", args=[document.uid])).content.decode()
    assert f'href="{address}"' in page and f'href="{address}?document={document.uid}"' in page
    assert address not in signed_in(employee).get(reverse("kb:document", args=[document.uid])).content.decode()
    form = explain(knowledge_admin, document=str(document.uid))
    assert str(document.uid) in form and "This field is required" not in form

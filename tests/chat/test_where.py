"""Where a conversation asks, as pages and programs say it: kept for the next question, and checked for who asks."""

from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.credentials import command_credential
from accounts.models import User
from chat.conversations.where import read_where, where_of, within_of
from chat.errors import QuestionRefused
from chat.models import Conversation
from chat.services import asked_of, start_turn
from kb.models import Collection, Document, DocumentVersion
from tests.api.conftest import bearer, key_of
from tests.chat.library import LEAVE, add_document


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def fleet(collection: Collection) -> Collection:
    """Another collection of the same readers."""
    fleet = Collection.objects.create(name="Fleet", slug="fleet")
    fleet.groups.set(collection.groups.all())
    return fleet


def ask(client: Client, **data: Any) -> Conversation:
    assert client.post(reverse("chat:ask"), {"question": "How much leave?"} | data).status_code == 302
    return Conversation.objects.latest("updated_at")


def test_what_is_chosen_holds_for_the_next_question(
    client: Client, employee: User, collection: Collection, fleet: Collection
) -> None:
    client.force_login(employee)
    chosen = {"collection": ["", "handbook", "fleet"], "kind": ["pdf", "mail"], "since": "2026-01-02"}
    conversation = ask(client, **chosen)
    assert conversation.collection is None
    assert conversation.within == {"collections": [collection.pk, fleet.pk], "kinds": ["pdf", "mail"], "since": "2026-01-02"}
    within = asked_of(
        start_turn(user=employee, question="And?", conversation=conversation), credential=command_credential(employee)
    ).within
    assert set(within.collections) == {collection.pk, fleet.pk}
    assert {"application/pdf", "message/rfc822"} <= set(within.media_types)
    page = client.get(reverse("chat:conversation", args=[conversation.uid])).content.decode()
    assert 'value="2026-01-02"' in page
    assert page.count('name="kind" value="pdf" checked') == 1
    ask(client, conversation=conversation.uid, collection="fleet")
    conversation.refresh_from_db()
    assert (conversation.collection, conversation.within) == (fleet, {})
    ask(client, conversation=conversation.uid, collection="")
    conversation.refresh_from_db()
    assert (conversation.collection, conversation.within) == (None, {})


def test_a_document_is_asked_from_its_page(client: Client, employee: User, outsider: User, leave: Document) -> None:
    DocumentVersion.objects.update(indexed_at=leave.created_at)
    client.force_login(employee)
    page = client.get(reverse("kb:document", args=[leave.uid])).content.decode()
    address = f"{reverse('chat:home')}?document={leave.uid}"
    assert address in page
    assert "Only “Leave”" in client.get(address).content.decode()
    conversation = ask(client, collection="", document=leave.uid)
    assert within_of(conversation.within).document == str(leave.uid)
    assert where_of(conversation, user=employee).in_words() == "Leave"
    assert where_of(conversation, user=outsider).document is None
    client.force_login(outsider)
    assert client.get(address).status_code == 404
    assert client.post(reverse("chat:ask"), {"question": "How?", "document": leave.uid}).status_code == 404


@pytest.mark.parametrize(
    "given", ["kind=film", "since=yesterday", "since=2026-02-30", "since=2026-03-02&until=2026-03-01"], ids=str
)
def test_a_filter_that_is_none_is_refused_with_a_sentence(client: Client, employee: User, given: str) -> None:
    with pytest.raises(QuestionRefused) as refused:
        read_where(QueryDict(given), user=employee)
    assert refused.value.message.endswith(".")
    client.force_login(employee)
    body = QueryDict(f"question=How&collection=&{given}").dict()
    assert client.post(reverse("chat:ask"), body).status_code == 422
    assert not Conversation.objects.exists()


def test_programs_narrow_a_question_in_the_same_way(
    client: Client, employee: User, collection: Collection, fleet: Collection
) -> None:
    def post(**given: Any) -> Any:
        body = {"question": "How much leave?", "conversation": "new"} | given
        address = "/api/v1/ask?background=true"
        return client.post(address, body, "application/json", headers=bearer(key_of(employee, "ask")))

    assert post(collections=["handbook", "fleet"], kinds=["pdf"], until="2026-03-01").status_code == 202
    kept = Conversation.objects.get().within
    assert kept == {"collections": [collection.pk, fleet.pk], "kinds": ["pdf"], "until": "2026-03-01"}
    assert post(document=str(uuid4())).status_code == 404
    assert post(collections=["board"]).status_code == 404
    assert post(kinds=["film"]).status_code == 422

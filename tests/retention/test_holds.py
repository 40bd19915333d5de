"""Legal holds: placed and released on pages, on record, and stronger than every deletion."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.errors import HeldBack
from audit.life.erasure import erase_payload, erase_payloads
from audit.life.holds import hold_on_event
from audit.models import Event, Hold
from chat.conversations.arranging import delete_conversation
from chat.errors import QuestionRefused
from chat.models import Conversation
from ingest.documents.deletion import delete_collection, delete_document
from ingest.errors import UploadRefused
from kb.models import Collection, Document
from retention.holding.naming import find_things
from retention.holding.services import place_hold, release_hold
from tests.retention.conftest import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(collection: Collection, knowledge_admin: User) -> Document:
    document = Document.objects.create(collection=collection, name="lease.pdf", title="Lease", created_by=knowledge_admin)
    document.versions.create(number=1, sha256="0" * 64, size=1, storage_path="00/0", created_by=knowledge_admin)
    return document


def held(**named: str) -> Hold:
    return place_hold(name="Smith v. Wombat", reason="Court", things=find_things(**named), by=None)


def test_an_auditor_places_a_hold_on_a_page_and_releases_it(desk: Client, employee: User, document: Document) -> None:
    turn = ask(employee)
    given = {
        "name": "Smith v. Wombat",
        "reason": "Letter of 3 May",
        "people": "erin\n",
        "documents": f"https://attest.example/library/documents/{document.uid}/",
        "conversations": f"Receipt {turn.receipt[:8]}",
    }
    assert desk.post("/retention/holds/new/", given).status_code == 302
    hold = Hold.objects.get()
    assert {(thing.kind, thing.value) for thing in hold.things.all()} == {
        ("person", str(employee.pk)),
        ("document", str(document.uid)),
        ("conversation", str(turn.conversation.uid)),
    }
    page = desk.get("/retention/holds/").content.decode()
    assert "Smith v. Wombat" in page
    assert "Lease" in page
    assert "Legal hold: Smith v. Wombat" in desk.get(f"/audit/receipts/{turn.receipt}/").content.decode()
    assert desk.post(f"/retention/holds/{hold.uid}/", {"reason": ""}).status_code == 422
    assert desk.post(f"/retention/holds/{hold.uid}/", {"reason": "Settled"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.release_reason, hold.released_by) == ("Settled", "ada")
    assert list(Event.objects.filter(action__startswith="hold.").order_by("sequence").values_list("action", "actor_name")) == [
        ("hold.placed", "ada"),
        ("hold.released", "ada"),
    ]
    assert desk.post(f"/retention/holds/{hold.uid}/", {"reason": "again"}).status_code == 422


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "a hold needs something to keep"),
        ({"people": "nobody"}, "no person with the user name “nobody”"),
        ({"documents": "lease.pdf"}, "no document “lease.pdf”"),
        ({"conversations": "12345678"}, "not the receipt of an existing conversation"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "ends before it begins"),
    ],
)
def test_a_hold_that_holds_nothing_is_refused_with_what_to_do(desk: Client, given: dict, sentence: str) -> None:
    response = desk.post("/retention/holds/new/", {"name": "X", **given})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Hold.objects.exists()


def test_a_held_document_is_deleted_neither_alone_nor_with_its_collection(
    client: Client, document: Document, collection: Collection, knowledge_admin: User
) -> None:
    client.force_login(knowledge_admin)
    hold = held(documents=str(document.uid))
    response = client.post(f"/library/documents/{document.uid}/delete/")
    assert response.status_code == 422
    assert "A legal hold keeps this document" in response.content.decode()
    with pytest.raises(UploadRefused, match="held_documents"):
        delete_collection(collection, confirmation="Handbook", user=knowledge_admin)
    document.refresh_from_db()
    assert (document.deleted_at, Collection.objects.live().count()) == (None, 1)
    assert not Event.objects.filter(action__in=["document.deleted", "collection.deleted"]).exists()
    release_hold(hold=hold, reason="Settled", by=None)
    delete_document(document, user=knowledge_admin)
    assert not Document.objects.live().exists()


def test_what_a_held_person_uploaded_is_held_too(document: Document, knowledge_admin: User) -> None:
    held(people="kim")
    with pytest.raises(UploadRefused, match="held"):
        delete_document(document, user=knowledge_admin)


@pytest.mark.parametrize("named", ["person", "conversation", "time"])
def test_a_held_conversation_stays_though_its_owner_deletes_it(client: Client, employee: User, named: str) -> None:
    turn = ask(employee)
    if named == "time":
        place_hold(name="May", reason="", since=timezone.now() - timedelta(days=1), by=None)
    else:
        held(**{"people": "erin"} if named == "person" else {"conversations": turn.receipt})
    client.force_login(employee)
    response = client.post(f"/c/{turn.conversation.uid}/delete/", follow=True)
    assert "A legal hold keeps this conversation" in response.content.decode()
    assert Conversation.objects.count() == 1
    with pytest.raises(QuestionRefused):
        delete_conversation(turn.conversation)


def test_a_hold_on_another_time_or_person_keeps_nothing_of_this(employee: User, teammate: User) -> None:
    turn = ask(employee)
    place_hold(name="Long ago", reason="", until=timezone.now() - timedelta(days=1), by=None)
    held(people="tao")
    delete_conversation(turn.conversation)
    assert not Conversation.objects.exists()
    event = Event.objects.get(uid=turn.receipt)
    assert hold_on_event(event) is None
    erase_payload(event=event, reason="asked for")


def test_held_events_are_not_erased(employee: User, teammate: User) -> None:
    """Of a held person, and answers that rest on a held document: the receipt's is `11111111…`."""
    of_person, of_other = (Event.objects.get(uid=ask(person).receipt) for person in (employee, teammate))
    hold = held(people="erin")
    with pytest.raises(HeldBack, match="Smith"):
        erase_payload(event=of_person, reason="asked for")
    assert [erasure.subject for erasure in erase_payloads([of_person, of_other], reason="asked for")] == [f"event:{of_other.uid}"]
    release_hold(hold=hold, reason="Settled", by=None)
    hold = Hold.objects.create(name="Lease", ordered_at=timezone.now())
    hold.things.create(kind="document", value="11111111-1111-4111-8111-111111111111")
    assert hold_on_event(of_person).name == "Lease"
    assert erase_payloads([of_person], reason="asked for") == []

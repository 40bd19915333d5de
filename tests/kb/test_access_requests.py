"""Asking for access: a listed collection is known by its name alone; its owner lets somebody in, and it ends by itself."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.services import change_account
from audit.models import Event
from kb.index.search import scope_for
from kb.models import AccessRequest, Chunk, Collection, Document
from kb.rights.access import ask_for_access, grant_access, note_expired, refuse_access, withdraw_request
from kb.rights.folders import narrow_document
from kb.rights.readers import Readers
from kb.rights.reasons import gates_of, readers_of, reasons_for
from kb.rights.stewards import set_steward
from kb.services import change_collection
from tests.permissions.conftest import make_document

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def document(collection: Collection) -> Document:
    return make_document(collection, name="leave.pdf").document


@pytest.fixture
def listed(collection: Collection, document: Document, employee: User) -> Collection:
    """With Erin for its owner."""
    set_steward(collection=collection, person=employee, role="owner", user=None)
    change_collection(collection=collection, user=None, is_listed=True, description="How we work")
    return Collection.objects.get(pk=collection.pk)


@pytest.fixture
def asked(listed: Collection, outsider: User) -> AccessRequest:
    return ask_for_access(collection=listed, user=outsider, reason="I join the team on Monday.")


def can_read(user: User, document: Document) -> bool:
    """By the page, the index's scope, the passages and the list at once."""
    is_open = client_of(user).get(f"/library/documents/{document.uid}/").status_code == 200
    in_scope = document.collection_id in scope_for(User.objects.get(pk=user.pk)).collection_ids
    has_passages = Chunk.objects.visible_to(user).filter(version__document=document).exists()
    assert is_open == in_scope == has_passages == Document.objects.visible_to(user).filter(pk=document.pk).exists()
    return is_open


def test_others_see_that_it_exists_and_nothing_that_is_in_it(listed: Collection, outsider: User, document: Document) -> None:
    client = client_of(outsider)
    page = client.get("/library/").content.decode()
    assert all(text in page for text in ("Handbook", "How we work", "Ask for access"))
    assert not any(text in page for text in ("1 document", document.title, "People team"))
    assert client.get("/api/v1/listed-collections").json() == [
        {"slug": "handbook", "name": "Handbook", "description": "How we work"}
    ]
    assert client.get("/api/v1/collections").json() == []
    assert client.get(f"/library/c/{listed.slug}/").status_code == 404
    assert not can_read(outsider, document)
    change_collection(collection=listed, user=None, is_listed=False)
    assert "Handbook" not in client.get("/library/").content.decode()
    assert client.get(f"/library/c/{listed.slug}/ask/").status_code == 404
    assert client.post("/api/v1/listed-collections/handbook/access", {"reason": "x"}, "application/json").status_code == 404


def test_an_owner_lets_somebody_in_for_a_time_and_it_ends_by_itself(
    listed: Collection, outsider: User, employee: User, teammate: User, document: Document
) -> None:
    asking = client_of(outsider)
    assert asking.post(f"/library/c/{listed.slug}/ask/", {"reason": "I join on Monday."})["Location"] == "/library/access/"
    owner = client_of(employee)
    assert "People ask for access" in owner.get("/library/").content.decode()
    assert "People ask for access" not in client_of(teammate).get("/library/").content.decode()
    assert "I join on Monday." in owner.get(f"/library/c/{listed.slug}/access/").content.decode()
    row = AccessRequest.objects.get()
    assert not can_read(outsider, document)
    owner.post(f"/library/access/{row.pk}/grant/", {"days": "30"})
    assert can_read(outsider, document)
    assert [reason.group for reason in reasons_for(outsider, gates_of(document))] == [""]  # by name, not by a group
    assert outsider in readers_of(gates_of(document))
    assert "Granted" in asking.get("/library/access/").content.decode()
    assert Collection.objects.owned_by(outsider).count() == 0
    AccessRequest.objects.update(until=timezone.now() - timedelta(seconds=1))  # nothing has to run
    assert not can_read(outsider, document)
    assert (note_expired(), note_expired()) == (1, 0)
    actions = Event.objects.filter(action__startswith="access.").order_by("sequence").values_list("action", "actor_name")
    assert list(actions) == [("access.requested", "olga"), ("access.granted", "erin"), ("access.expired", "")]
    assert ask_for_access(collection=listed, user=outsider, reason="Once more.").state == "waiting"


def test_who_is_refused_is_told_why(asked: AccessRequest, outsider: User, employee: User, document: Document) -> None:
    owner = client_of(employee)
    owner.post(f"/library/access/{asked.pk}/refuse/", {"answer": " "})
    assert AccessRequest.objects.get().state == "waiting"
    owner.post(f"/library/access/{asked.pk}/refuse/", {"answer": "Ask your own lead first."})
    page = client_of(outsider).get("/library/").content.decode()
    assert all(text in page for text in ("Declined", "Ask your own lead first."))
    assert not can_read(outsider, document)


def test_granted_access_ends_early_and_opens_no_narrowed_document(
    asked: AccessRequest, outsider: User, employee: User, document: Document
) -> None:
    secret = make_document(document.collection, name="salaries.pdf", text="Wombats earn nine.").document
    narrow_document(document=secret, readers=Readers(people=(), groups=()), user=None)
    grant_access(asked, days=1, user=employee)
    assert can_read(outsider, document)
    assert not Document.objects.visible_to(outsider).filter(pk=secret.pk).exists()
    assert secret.pk in np.frombuffer(scope_for(User.objects.get(pk=outsider.pk)).hidden, "<u8")
    client_of(employee).post(f"/library/access/{asked.pk}/end/")
    assert not can_read(outsider, document)
    assert Event.objects.first().action == "access.ended"


def test_only_an_owner_decides_and_only_once(
    asked: AccessRequest,
    listed: Collection,
    outsider: User,
    teammate: User,
    employee: User,
    knowledge_admin: User,
    document: Document,
) -> None:
    set_steward(collection=listed, person=teammate, role="editor", user=None)
    for person in (teammate, outsider):
        assert client_of(person).post(f"/library/access/{asked.pk}/grant/", {"days": "30"}).status_code == 404
        refused = client_of(person).put(f"/api/v1/access/{asked.pk}/decision", {"days": 30}, "application/json")
        assert refused.status_code in (403, 404)
    set_steward(collection=listed, person=employee, role=None, user=knowledge_admin)  # an owner no more
    assert client_of(employee).post(f"/library/access/{asked.pk}/grant/", {"days": "30"}).status_code == 404
    assert not can_read(outsider, document)
    decided = client_of(knowledge_admin).put(f"/api/v1/access/{asked.pk}/decision", {"days": 30}, "application/json")
    assert (decided.status_code, decided.json()["state"]) == (200, "granted")
    with pytest.raises(ValuesRefused, match="already been decided"):
        refuse_access(asked, answer="No.", user=knowledge_admin)
    ended = client_of(knowledge_admin).put(f"/api/v1/access/{asked.pk}/decision", {"days": None}, "application/json")
    assert ended.json()["state"] == "ended"


@pytest.mark.parametrize("days", ["0", "367", "-1", "", "x", "99999"])
def test_a_time_that_is_none_is_refused(
    asked: AccessRequest, employee: User, outsider: User, document: Document, days: str
) -> None:
    page = client_of(employee).post(f"/library/access/{asked.pk}/grant/", {"days": days}, follow=True).content.decode()
    assert "for 1 to 366 days" in page
    assert not can_read(outsider, document)


def test_what_waits_is_asked_once_changed_and_withdrawn(
    asked: AccessRequest, listed: Collection, outsider: User, teammate: User
) -> None:
    again = ask_for_access(collection=listed, user=outsider, reason="For another reason.")
    assert (again.pk, AccessRequest.objects.get().reason) == (asked.pk, "For another reason.")
    with pytest.raises(ValuesRefused, match="already"):
        ask_for_access(collection=listed, user=teammate, reason="I can read it.")
    with pytest.raises(ValuesRefused, match="at most 500"):
        ask_for_access(collection=listed, user=outsider, reason="x" * 501)
    withdraw_request(asked, user=outsider)
    with pytest.raises(ValuesRefused, match="already been decided"):
        grant_access(asked, days=1, user=None)


def test_who_has_left_is_let_in_no_more(asked: AccessRequest, outsider: User, employee: User) -> None:
    change_account(user=outsider, actor=None, is_active=False)
    assert "People ask for access" not in client_of(employee).get("/library/").content.decode()
    with pytest.raises(ValuesRefused, match="can no longer sign in"):
        grant_access(asked, days=1, user=employee)


def test_an_editor_does_not_list_a_collection(listed: Collection, teammate: User) -> None:
    set_steward(collection=listed, person=teammate, role="editor", user=None)
    changed = client_of(teammate).patch("/api/v1/collections/handbook", {"is_listed": False}, "application/json")
    assert changed.status_code == 422
    assert Collection.objects.get(pk=listed.pk).is_listed


def test_the_library_lists_them_with_the_same_queries_however_many_there_are(outsider: User, django_assert_max_num_queries) -> None:
    rows = [Collection(name=f"C{number:03}", slug=f"c{number}", is_listed=True) for number in range(60)]
    Collection.objects.bulk_create(rows)
    client = client_of(outsider)
    with django_assert_max_num_queries(30):
        page = client.get("/library/", {"listed": "2"}).content.decode()
    assert "C030" in page
    assert "C001" not in page

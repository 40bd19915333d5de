"""Reviewers: they review what rests on documents that they may read, and neither rule anything nor read the audit."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.errors import ValuesRefused
from accounts.models import PendingAct, User
from audit.actor import Actor
from audit.models import Event
from audit.services import record
from kb.models import Collection, Document
from kb.rights.folders import narrow_document
from kb.rights.readers import Readers
from kb.rights.stewards import set_steward
from reviews.desk.intake import take_in
from reviews.models import Case, DeskRules, Review
from tests.audit.receipts import receipt_payload
from tests.confirmed import confirmed
from tests.pages.conftest import signed_in
from tests.permissions.conftest import make_document

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_is_drawn() -> None:
    DeskRules.objects.create(pk=1, sample_percent=100, second_percent=0)


@pytest.fixture
def reviewer(group: Group) -> User:
    user = User.objects.create_user(username="rea", password="correct horse 7", role=User.Role.REVIEWER)
    user.groups.add(group)
    return user


def ask(document: Document, *, outcome: str = "answered", **changes: object) -> Event:
    payload = receipt_payload(outcome=outcome, **changes)
    payload["citations"][0]["document_uid"] = payload["evidence"][0]["document_uid"] = str(document.uid)
    return record(f"question.{outcome}", by=Actor(id="9999", name="erin"), summary=payload["question"], payload=payload)


def listed(client: Client, query: str = "queue=all") -> list[int]:
    return [case.sequence for case in client.get(f"/reviews/?{query}").context["page"].cases]


def test_a_reviewer_reviews_what_they_may_read_themselves(collection: Collection, reviewer: User) -> None:
    document = make_document(collection, name="leave.md").document
    event, client = ask(document), signed_in(reviewer)
    assert listed(client) == [event.sequence]
    page = client.get(f"/reviews/{event.uid}/")
    assert "After three years they earn 6 hours." in page.content.decode()
    assert all(text not in page.content.decode() for text in ("/audit/", "Readable collections", "erin"))
    assert client.post(f"/reviews/{event.uid}/", {"verdict": "correct"}).status_code == 302
    assert Review.objects.get().by == reviewer
    assert client.get(reverse("curation:golden_from_review", args=[event.uid])).status_code == 200


@pytest.mark.parametrize("how", ["narrowed", "left the group", "another collection", "deleted", "the library", "from before"])
def test_what_they_may_not_read_is_not_there_for_them(
    collection: Collection, reviewer: User, auditor: User, group: Group, how: str
) -> None:
    document = make_document(collection, name="leave.md").document
    if how == "another collection":
        other = Collection.objects.create(name="Board", slug="board")
        document = make_document(other, name="plans.md").document
    event = ask(document, **({"library": {"kind": "count"}} if how == "the library" else {}))
    take_in()
    if how == "narrowed":
        narrow_document(document=document, readers=Readers(people=("ada",)), user=None)
    elif how == "left the group":
        reviewer.groups.remove(group)
    elif how == "deleted":
        Document.objects.filter(pk=document.pk).update(deleted_at=event.at)
    elif how == "from before":
        Case.objects.update(has_documents=False)
    client = signed_in(reviewer)
    page = client.get("/reviews/?queue=all")
    assert list(page.context["page"].cases) == []
    assert not any(count for _name, count in page.context["queues"])
    for method, address in (("get", ""), ("post", ""), ("post", "assign/")):
        assert getattr(client, method)(f"/reviews/{event.uid}/{address}", {"verdict": "correct"}).status_code == 404
    assert client.get(reverse("curation:golden_from_review", args=[event.uid])).status_code == 404
    assert listed(signed_in(auditor)) == [event.sequence]  # auditors review any
    page = signed_in(auditor).post(f"/reviews/{event.uid}/assign/", {"to": reviewer.pk}, follow=True)
    assert "reviewers who may read what the answer is based on" in page.content.decode()
    assert not Review.objects.exists()


def test_words_of_answers_and_who_asked_are_no_filters_for_a_reviewer(collection: Collection, reviewer: User) -> None:
    event, client = ask(make_document(collection, name="leave.md").document), signed_in(reviewer)
    assert listed(client, "queue=all&text=annual leave") == [event.sequence]  # of the question
    assert listed(client, "queue=all&text=three years") == []  # of the answer alone
    assert listed(client, "queue=all&person=nobody") == [event.sequence]
    assert 'name="person"' not in client.get("/reviews/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        *("/audit/", "/audit/{uid}/", "/audit/integrity/", "/retention/", "/reviews/rules/", "/reviews/statistics/"),
        *("/reviews/receipts/{uid}/bundle.zip", "/people/", "/models/", "/system/", "/curation/"),
    ],
)
def test_a_reviewer_has_neither_the_audit_nor_any_administration(collection: Collection, reviewer: User, address: str) -> None:
    event = ask(make_document(collection, name="leave.md").document)
    assert signed_in(reviewer).get(address.format(uid=event.uid)).status_code == 404


def test_a_reviewer_rules_nothing_whoever_names_them(collection: Collection, reviewer: User) -> None:
    collection.stewards.create(user=reviewer, role="owner")  # from before they became one
    assert not Collection.objects.manageable_by(reviewer).exists()
    assert not Collection.objects.with_owner().get(pk=collection.pk).has_owner
    User.objects.filter(pk=reviewer.pk).update(is_superuser=True)
    assert not User.objects.get(pk=reviewer.pk).is_knowledge_admin
    collection.stewards.all().delete()
    with pytest.raises(ValuesRefused):
        set_steward(collection=collection, person=reviewer, role="editor", user=None)


def test_a_reviewer_is_made_and_reset_by_two(knowledge_admin: User, employee: User, reviewer: User) -> None:
    first = signed_in(knowledge_admin)
    confirmed(first)
    given = {"first_name": "Erin", "role": "reviewer", "is_active": "on"}
    assert first.post(f"/people/{employee.pk}/", given).status_code == 302
    assert User.objects.get(pk=employee.pk).role == "employee"
    first.post(f"/people/{reviewer.pk}/password/")
    assert reviewer.has_usable_password()
    assert [act.kind for act in PendingAct.objects.all()] == ["reviewer", "password"]
    nils = User.objects.create_user(username="nils", password="correct horse 7", role=User.Role.SYSTEM_ADMIN)
    other = signed_in(nils)
    confirmed(other)
    other.post(f"/people/acts/{PendingAct.objects.get(kind='reviewer').pk}/confirm/")
    assert User.objects.get(pk=employee.pk).role == "reviewer"

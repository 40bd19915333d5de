"""Gaps: what was asked and not answered, put together by meaning, shown to who runs the collection, told to who asked."""

import re
import struct
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.actor import Actor
from audit.life.erasure import erase_payload
from audit.models import Event
from audit.services import record
from curation.gaps.models import Gap
from curation.gaps.taking import take_gaps
from kb.models import Collection, Document
from reviews.desk.intake import take_in
from tests.audit.receipts import receipt_payload
from tests.curation.conftest import SignIn

pytestmark = pytest.mark.django_db
TOPICS = ("leave", "parking", "canteen")


class ByTopic:
    """An encoder that sees topics: a vector of one dimension for each."""

    fingerprint = "topics"

    def embed_query(self, text: str) -> SimpleNamespace:
        values = [float(bool(re.search(topic, text))) for topic in TOPICS] + [0.1 * ("?" in text)]
        length = sum(value**2 for value in values) ** 0.5 or 1.0
        return SimpleNamespace(dense=struct.pack("<4f", *(value / length for value in values)))


def ask(who: User, question: str, outcome: str = "refused", slug: str = "handbook", **changes: object) -> Event:
    scope = {"collections": [{"slug": slug, "name": slug}]}
    given = {"citations": [], "evidence": [], "scope": scope, "sufficiency": {"probability": 0.9}} | changes
    payload = receipt_payload(outcome=outcome, question=question, **given)
    return record(f"question.{outcome}", by=Actor(id=str(who.pk), name=who.username), summary=question, payload=payload)


def take() -> None:
    while take_in():
        pass
    take_gaps(embedder=ByTopic())


def test_questions_that_mean_the_same_stand_together_by_their_cause(
    collection: Collection, leave: Document, employee: User, teammate: User
) -> None:
    ask(employee, "Where is parking?")
    ask(teammate, "parking")
    sure = ask(employee, "How much leave?", "answered")
    ask(employee, "Which leave?", "answered", sufficiency={"probability": 0.4}, evidence=[{"document_uid": str(leave.uid)}])
    ask(employee, "What does the canteen serve?", "answered", slug="gone")
    take()
    rows = {gap.count: gap for gap in Gap.objects.all()}
    assert sorted(gap.count for gap in Gap.objects.all()) == [1, 2]
    assert rows[2].typical.case.event.summary in ("Where is parking?", "parking")
    assert rows[2].collection == collection
    assert rows[1].questions.get().cause == "uncertain"
    record("answer.unhelpful", subject=f"event:{sure.uid}", payload={"receipt": sure.uid})
    take()
    assert {row.cause for row in rows[1].questions.all()} == {"uncertain", "unhelpful"}  # both are about leave
    take()
    assert sum(gap.count for gap in Gap.objects.all()) == 4  # nothing twice


def test_an_owner_sees_the_own_collection_and_nobody_s_name(
    sign_in: SignIn, collection: Collection, owner: User, knowledge_admin: User, employee: User, outsider: User, auditor: User
) -> None:
    Collection.objects.create(name="Other", slug="other")
    event = ask(employee, "Where is parking?")
    ask(outsider, "What does the canteen serve?", slug="other")
    ask(outsider, "Who is the king?", scope={"collections": [{"slug": "a", "name": "a"}, {"slug": "b", "name": "b"}]})
    take()
    client = sign_in(owner)
    with CaptureQueriesContext(connection) as few:
        page = client.get("/curation/c/handbook/gaps/").content.decode()
    assert "Where is parking?" in page
    assert "canteen" not in page
    gap = Gap.objects.get(collection=collection)
    detail = client.get(f"/curation/gaps/{gap.uid}/").content.decode()
    assert employee.username not in page + detail
    assert client.get("/curation/c/other/gaps/").status_code == 404
    assert client.get(f"/curation/gaps/{Gap.objects.get(collection__slug='other').uid}/").status_code == 404
    assert client.get("/curation/gaps/").status_code == 404
    assert "Who is the king?" in sign_in(knowledge_admin).get("/curation/gaps/").content.decode()
    for person in (employee, outsider, auditor):
        assert sign_in(person).get("/curation/c/handbook/gaps/").status_code == 404
    rows = client.get("/api/v1/gaps").json()
    assert [(row["question"], row["collection"]) for row in rows] == [("Where is parking?", "handbook")]
    ask(employee, "Is there leave?")
    take()
    with CaptureQueriesContext(connection) as more:
        client.get("/curation/c/handbook/gaps/")
    assert len(more) == len(few)
    erase_payload(event=event, reason="asked to")
    assert "parking" not in client.get("/curation/c/handbook/gaps/").content.decode()


def test_a_gap_is_assigned_and_whoever_asked_is_told_once_it_is_answered(
    sign_in: SignIn, collection: Collection, owner: User, employee: User, teammate: User
) -> None:
    ask(employee, "Where is parking?")
    take()
    gap = Gap.objects.get()
    client = sign_in(owner)
    refused = client.post(f"/curation/gaps/{gap.uid}/", {"state": "open", "assigned_to": employee.pk})
    assert refused.status_code == 422
    form = {"state": "wanted", "assigned_to": owner.pk, "due_on": "2026-12-24", "note": "Ask facilities."}
    assert client.post(f"/curation/gaps/{gap.uid}/", form).status_code == 302
    changed = Event.objects.get(action="gap.changed").payload.data
    assert changed["to"] == {"state": "wanted", "assigned_to": "owen", "due_on": "2026-12-24", "note": "Ask facilities."}
    asker = sign_in(employee)
    assert "now has an answer" not in asker.get("/").content.decode()
    client.post(f"/curation/gaps/{gap.uid}/", form | {"state": "answered"})
    told = asker.get("/").content.decode()
    assert "now has an answer" in told
    assert "Where is parking?" in told
    assert "now has an answer" not in sign_in(teammate).get("/").content.decode()
    assert sign_in(teammate).post(f"/curation/gaps/{gap.uid}/seen/").status_code == 404
    assert asker.post(f"/curation/gaps/{gap.uid}/seen/").status_code == 302
    assert "now has an answer" not in asker.get("/").content.decode()
    ask(teammate, "parking please")  # it was not, for them
    take()
    gap.refresh_from_db()
    assert (gap.state, gap.count) == ("open", 2)
    assert Event.objects.filter(action="gap.reopened").exists()
    patched = client.patch(f"/api/v1/gaps/{gap.uid}", {"state": "rejected"}, content_type="application/json").json()
    assert (patched["state"], patched["assigned_to"], patched["note"]) == ("rejected", "owen", "Ask facilities.")

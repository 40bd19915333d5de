"""The reviewers' desk by keys of auditors and reviewers."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.keys import create_api_key
from accounts.models import User
from audit.actor import Actor
from audit.looking.matching import midnight
from audit.models import Event
from audit.services import record
from kb.models import Collection
from reviews.models import Case, DeskRules
from tests.audit.receipts import receipt_payload
from tests.permissions.conftest import make_document

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, settings) -> None:
    settings.AUDIT_ROOT = tmp_path / "audit"
    DeskRules.objects.create(pk=1, sample_percent=100, second_percent=0)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user(username="bob", password="correct horse 7", role=User.Role.AUDITOR)


def ask(outcome: str = "answered", **changes: Any) -> Event:
    payload = receipt_payload(outcome=outcome, **changes)
    return record(f"question.{outcome}", by=Actor(id="9999", name="erin"), summary=payload["question"], payload=payload)


def key_of(user: User, *scopes: str) -> str:
    return create_api_key(user=user, name="desk", scopes=scopes, days=1, actor=user).text


def call(key: str, method: str, path: str, **values: Any) -> Any:
    return Client().generic(
        method,
        f"/api/v1/reviews{path}",
        json.dumps(values) if values else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_a_day_by_keys_queue_verdict_second_sign_off_agreement(auditor: User, bob: User) -> None:
    event = ask()
    ada, second = key_of(auditor, "review"), key_of(bob, "review")
    (case,) = call(ada, "GET", "?queue=sample").json()["items"]
    assert (case["receipt"], case["state"], case["question"]) == (str(event.uid), "open", event.summary)
    assert call(ada, "GET", "/queues").json()["sample"] == 1
    whole = call(ada, "GET", f"/{event.uid}").json()
    assert whole["answer"] and whole["sentences"] and whole["reviews"] == []
    first = call(ada, "POST", f"/{event.uid}/verdict", verdict="wrong", comment="Six, not nine.", sentences={"0": "wrong"})
    assert first.status_code == 201
    assert (first.json()["state"], first.json()["reviews"][0]["sentences"]) == ("second", {"0": "wrong"})
    blind = call(second, "GET", f"/{event.uid}").json()
    assert (blind["reviews"], blind["verdict"]) == ([], "")
    (listed,) = call(second, "GET", "?queue=second").json()["items"]
    assert listed["verdict"] == ""
    again = call(ada, "POST", f"/{event.uid}/verdict", verdict="correct")
    assert (again.status_code, again.json()["error"]["code"]) == (400, "review_refused")
    done = call(second, "POST", f"/{event.uid}/verdict", verdict="correct").json()
    assert (done["state"], done["is_disputed"], [one["by"] for one in done["reviews"]]) == ("done", True, ["ada", "bob"])
    figures = call(ada, "GET", "/agreement").json()
    assert (figures["pairs"], figures["agreed"], figures["verdicts"]["wrong"]) == (1, 0, 1)
    assert len(figures["weeks"]) == 12


def test_reading_is_on_record(auditor: User) -> None:
    event = ask()
    key = key_of(auditor, "review")
    call(key, "GET", "?queue=all&text=leave")
    call(key, "GET", f"/{event.uid}")
    assert Event.objects.get(action="audit.viewed").payload.data["filters"] == {"queue": "all", "text": "leave"}
    assert Event.objects.get(action="audit.receipt_viewed").subject == f"event:{event.uid}"


def test_a_key_that_reads_or_anybody_else_reviews_nothing(auditor: User, employee: User, knowledge_admin: User) -> None:
    event = ask()
    reads = key_of(auditor, "read", "ask")
    assert call(reads, "GET", "?queue=all").status_code == 403
    assert call(reads, "POST", f"/{event.uid}/verdict", verdict="correct").status_code == 403
    review = key_of(auditor, "review")
    User.objects.filter(pk=auditor.pk).update(role=User.Role.EMPLOYEE)  # whose key it was
    assert call(review, "GET", "?queue=all").status_code == 403
    for person in (employee, knowledge_admin):
        client = Client()
        client.force_login(person)
        assert client.get("/api/v1/reviews?queue=all").status_code == 403
    assert Client().get("/api/v1/reviews").status_code == 401
    assert not Case.objects.filter(reviews__isnull=False).exists()


def test_filters_and_pages_go_by_sequence_with_constant_queries(auditor: User) -> None:
    key = key_of(auditor, "review")
    for number in range(3):
        ask(question=f"How long is leave {number}?")
    ask("refused", sentences=[])
    call(key, "GET", "")

    def count(query: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert call(key, "GET", query).status_code == 200
        return len(captured)

    few = count("?queue=all&outcome=refused")
    assert len(call(key, "GET", "?queue=all&outcome=refused").json()["items"]) == 1
    for number in range(60):
        ask(question=f"How long is sick leave {number}?")
    page = call(key, "GET", "?queue=all").json()
    assert (len(page["items"]), page["newer"]) == (50, None)
    older = call(key, "GET", f"?queue=all&before={page['older']}").json()
    assert (len(older["items"]), older["older"]) == (14, None)
    assert count("?queue=all") <= few + 1  # collections of the page's cases are prefetched


def test_assignments_rules_and_bad_input_say_what_is_wrong(auditor: User, bob: User, employee: User) -> None:
    event = ask()
    key = key_of(auditor, "review")
    call(key, "GET", "")
    given = call(key, "PUT", f"/{event.uid}/assignment", to="bob", due_on="2099-12-31").json()
    assert (given["assigned_to"], given["is_overdue"]) == ("bob", False)
    assert Case.objects.get().due_at == midnight(date(2100, 1, 1))
    refused = call(key, "PUT", f"/{event.uid}/assignment", to=employee.username)
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        400,
        "Cases can be assigned only to auditors, and to reviewers who may read what the answer is based on.",
    )
    assert call(key, "PUT", f"/{event.uid}/assignment", to="bob", due_on="2020-01-01").status_code == 400
    assert call(key, "POST", f"/{event.uid}/verdict", verdict="splendid").status_code == 422
    assert call(key, "GET", "?queue=nonsense").status_code == 422
    assert call(key, "GET", "?queue=all&outcome=nonsense").status_code == 422
    rules = {"sample_percent": 7, "second_percent": 8, "is_blind": False, "due_days": 3, "escalate_days": 2, "escalate_to": "bob"}
    assert call(key, "PUT", "/rules", **rules).json() == rules
    assert call(key, "GET", "/rules").json() == rules
    assert call(key, "PUT", "/rules", **rules | {"sample_percent": 101}).status_code == 400
    assert call(key, "PUT", "/rules", **rules | {"rates": {"nowhere": 5}}).status_code == 400
    assert call(key, "GET", "/rates").json() == []


def test_a_reviewer_s_key_reaches_what_they_may_read_and_rules_nothing(collection: Collection, group: Group, auditor: User) -> None:
    reviewer = User.objects.create_user(username="rea", password="correct horse 7", role=User.Role.REVIEWER)
    event = ask()
    uid = make_document(collection, name="leave.md").document.uid
    payload = receipt_payload(outcome="answered")
    payload["citations"][0]["document_uid"] = payload["evidence"][0]["document_uid"] = str(uid)
    theirs = record("question.answered", by=Actor(id="9999", name="erin"), summary=payload["question"], payload=payload)
    key = key_of(reviewer, "review")
    assert call(key, "GET", "?queue=all").json()["items"] == []
    assert call(key, "GET", f"/{theirs.uid}").status_code == 404
    reviewer.groups.add(group)
    assert [one["receipt"] for one in call(key, "GET", "?queue=all").json()["items"]] == [str(theirs.uid)]
    assert call(key, "POST", f"/{theirs.uid}/verdict", verdict="correct").status_code == 201
    for path in (f"/{event.uid}", "/agreement", "/rules", "/rates"):
        assert call(key, "GET", path).status_code == 404
    rules = {"sample_percent": 7, "second_percent": 8, "is_blind": False, "due_days": 3}
    assert call(key, "PUT", "/rules", **rules).status_code == 404
    assert call(key, "PUT", f"/{event.uid}/assignment", to="rea").status_code == 404
    refused = call(key_of(auditor, "review"), "PUT", f"/{event.uid}/assignment", to="rea")
    assert refused.status_code == 400

"""Asking again: the same question now, beside the answer of then, and what changed between the two."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.credentials import command_credential
from accounts.models import User
from audit.actor import Actor, actor_of
from audit.life.erasure import erase_payload
from audit.models import Event
from audit.services import record
from kb.models import Collection
from reviews.again.asking import ask_again
from reviews.again.comparing import compare, follow_sources
from tests.audit.receipts import receipt_payload
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document, dependencies_with

pytestmark = pytest.mark.django_db


def test_both_answers_stand_side_by_side_with_what_changed(client: Client, auditor: User, collection: Collection) -> None:
    leave = add_document(collection, "leave.md", "Leave is earned.")
    now = receipt_payload(
        model={"name": "qwen", "parameters": {"temperature": 0.0}},
        scope={"collections": [{"slug": "fleet", "name": "Fleet"}]},
        sufficiency={"probability": 0.3, "threshold": 0.5, "judge": "0e30d577"},
        answer={"answer": "You earn 8 hours.[1]"},
    )
    citation = receipt_payload()["citations"][0] | {"document_uid": str(leave.uid), "version": 1}
    then = record("question.answered", by=Actor(id="7", name="erin"), payload=receipt_payload(citations=[citation]))
    asked = record("question.answered", by=actor_of(auditor), payload=now)
    changed = {one.name: (one.then, one.now) for one in compare(then.payload.data, asked.payload.data) if not one.is_same}
    assert changed["Model"] == ("llama-test (temperature 0.0)", "qwen (temperature 0.0)")
    assert changed["Collections that could be read"] == ("Handbook", "Fleet")
    assert changed["Judge"] == ("", "0e30d577")
    assert changed["Probability that the evidence answers it"] == ("0.91", "0.30")
    assert "Outcome" not in changed
    [source] = follow_sources(then.payload.data, user=auditor)
    assert (source.title, source.now, source.is_same) == ("Leave", "you cannot read it", False)
    auditor.groups.set(collection.groups.all())
    [source] = follow_sources(then.payload.data, user=User.objects.get(pk=auditor.pk))
    assert (source.now, source.is_same) == ("version 1", True)
    leave.deleted_at = timezone.now()
    leave.save()
    [source] = follow_sources(then.payload.data, user=User.objects.get(pk=auditor.pk))
    assert (source.now, source.is_same) == ("deleted", False)

    client.force_login(auditor)
    assert "Ask again now" in client.get(f"/audit/receipts/{then.uid}/").content.decode()
    page = client.get(f"/reviews/receipts/{then.uid}/again/{asked.uid}/").content.decode()
    assert "You earn 6 hours." in page
    assert "You earn 8 hours." in page
    assert client.get(f"/reviews/receipts/{then.uid}/again/11111111-1111-4111-8111-111111111111/").status_code == 404


def test_it_is_asked_by_who_wants_to_know_with_their_own_rights(auditor: User, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE)
    then = record(
        "question.answered", by=Actor(id="7", name="erin"), payload=receipt_payload(question=QUESTION, rewritten=QUESTION)
    )
    auditor.groups.set(collection.groups.all())
    made = Event.objects.get(uid=ask_again(then, credential=command_credential(auditor), compose=dependencies_with))
    assert (made.action, made.actor_id, made.actor_name) == ("question.answered", str(auditor.pk), "ada")
    assert (made.payload.data["question"], made.payload.data["via"]) == (QUESTION, "again")
    assert SIX_HOURS in made.payload.data["answer"]["answer"]
    auditor.groups.clear()
    refused = Event.objects.get(uid=ask_again(then, credential=command_credential(auditor), compose=dependencies_with))
    assert refused.action == "question.refused"


def test_what_was_erased_is_not_asked_again(client: Client, auditor: User) -> None:
    then = record("question.answered", payload=receipt_payload())
    erase_payload(event=then, reason="asked for")
    client.force_login(auditor)
    response = client.post(f"/reviews/receipts/{then.uid}/again/", follow=True)
    assert "no question to ask again" in response.content.decode()
    assert not Event.objects.filter(action__startswith="question.", actor_id=str(auditor.pk)).exists()

"""Recording: the chain, the envelope, the caller's transaction, and what cannot be recorded."""

import json
import math
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction

from audit.actor import Actor
from audit.chain.appending import Entry
from audit.chain.canonical import GENESIS, canonical_json, sha256_hex
from audit.chain.verification import verify_chain
from audit.errors import AuditImmutable, AuditInvalid
from audit.life.erasure import erase_payload
from audit.models import ChainHead, Event, Payload
from audit.services import record, record_all

pytestmark = pytest.mark.django_db


def test_record_links_each_event_to_the_one_before() -> None:
    first = record(
        "question.answered", by=Actor(id="7", name="erin"), subject="turn:1", summary="How many?", payload={"b": 1, "a": "é"}
    )
    second = record("source.viewed")
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.previous_hash == GENESIS
    assert second.previous_hash == first.hash == first.expected_hash()
    assert first.actor_id == "7"
    assert ChainHead.objects.get().hash == second.hash


def test_events_that_are_recorded_together_follow_each_other_and_are_there_together_or_not_at_all() -> None:
    entries = [Entry(action="source.viewed", summary=f"Page {n}", payload={"document": f"{n}.pdf"}) for n in range(3)]
    events = record_all(entries)
    assert [event.sequence for event in events] == [1, 2, 3]
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:2]]
    stored = Event.objects.order_by("sequence")
    assert [event.payload.data["document"] for event in stored] == ["0.pdf", "1.pdf", "2.pdf"]
    assert [sorted(event.facts.values_list("kind", flat=True)) for event in stored] == [["document", "word", "word"]] * 3
    with pytest.raises(AuditInvalid):
        record_all([*entries, Entry(action="")])
    assert record_all([]) == []
    assert (Event.objects.count(), ChainHead.objects.get().sequence) == (3, 3)
    assert verify_chain().is_intact


def test_the_payload_hash_covers_name_summary_and_payload() -> None:
    event = record("question.answered", by=Actor(name="erin"), summary="How many?", payload={"b": 1, "a": "é"})
    body = event.payload.body
    assert sha256_hex(body) == event.payload_hash
    content = json.loads(body)
    assert content | {"salt": ""} == {"actor_name": "erin", "summary": "How many?", "payload": {"a": "é", "b": 1}, "salt": ""}
    assert len(content["salt"]) == 32
    assert event.payload.data == {"a": "é", "b": 1}


def test_the_same_event_twice_has_two_payload_hashes_so_that_an_erased_one_cannot_be_guessed() -> None:
    assert record("a.b", summary="x").payload_hash != record("a.b", summary="x").payload_hash


def test_canonical_json_sorts_keys_keeps_unicode_and_escapes_what_a_database_refuses() -> None:
    assert canonical_json({"b": [1, 2.5], "a": "年假\x00\ud800"}) == '{"a":"年假\\u0000\\ud800","b":[1,2.5]}'
    assert json.loads(canonical_json("\ud800")) == "\ud800"
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    uid = UUID(int=5)
    assert canonical_json({"at": moment, "id": uid}) == (
        '{"at":"2026-01-02T03:04:05.000000+00:00","id":"00000000-0000-0000-0000-000000000005"}'
    )


@pytest.mark.parametrize("payload", [{"x": math.nan}, {"x": math.inf}, {"x": object()}, {"x": b"bytes"}, {1: "a", "b": 2}])
def test_it_refuses_a_payload_that_is_not_json_and_records_nothing(payload: dict) -> None:
    with pytest.raises(AuditInvalid):
        record("a.b", payload=payload)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"action": ""}, {"action": "a" * 61}, {"action": "a.b", "by": Actor(id="7" * 65)}, {"action": "a.b", "subject": "s" * 301}],
)
def test_it_refuses_a_field_that_does_not_fit(fields: dict) -> None:
    with pytest.raises(AuditInvalid):
        record(fields.pop("action"), **fields)


def test_names_and_summaries_are_cut_to_one_line_of_their_column() -> None:
    event = record("a.b", by=Actor(name="n" * 250), summary="one\ntwo\x00 \ud800" + "s" * 400)
    assert event.actor_name == "n" * 199 + "…"
    assert event.summary.startswith("one two\ufffd \ufffdsss")
    assert len(event.summary) == 300
    assert verify_chain().is_intact


def test_a_rolled_back_change_leaves_no_event_and_no_gap() -> None:
    record("a.b")
    with pytest.raises(RuntimeError), transaction.atomic():
        record("a.c")
        raise RuntimeError
    assert record("a.d").sequence == 2
    assert verify_chain().is_intact


def test_a_change_does_not_happen_when_it_cannot_be_recorded(group) -> None:
    with pytest.raises(AuditInvalid), transaction.atomic():
        group.name = "Renamed"
        group.save()
        record("group.changed", payload={"x": math.nan})
    group.refresh_from_db()
    assert group.name == "People team"


def test_what_was_recorded_cannot_be_changed_or_deleted_through_the_models() -> None:
    event = record("a.b", payload={"x": 1})
    event.action = "a.c"
    for change in (
        event.save,
        event.delete,
        event.payload.save,
        event.payload.delete,
        Event.objects.all().delete,
        Payload.objects.all().delete,
        lambda: Event.objects.update(action="a.c"),
        lambda: Event.objects.filter(pk=event.pk).update(action="a.c"),
        lambda: Payload.objects.update(body=""),
        lambda: Event.objects.bulk_update([event], ["action"]),
        lambda: Event.objects.update_or_create(pk=event.pk, defaults={"action": "a.c"}),
    ):
        with pytest.raises(AuditImmutable):
            change()
    assert Event.objects.get().action == "a.b"


def test_erasing_takes_the_personal_data_and_leaves_the_chain_whole() -> None:
    event = record("question.answered", by=Actor(id="7", name="erin"), summary="My salary?", payload={"question": "My salary?"})
    record("a.b")
    erasure = erase_payload(event=event, reason="Request of 3 May", by=Actor(id="9", name="ada"))
    event = Event.objects.get(pk=event.pk)
    assert (event.actor_name, event.summary, event.payload.body, event.payload.data) == ("", "", "", {})
    assert event.payload.erased_at is not None
    assert (erasure.action, erasure.subject, erasure.sequence) == ("audit.erased", f"event:{event.uid}", 3)
    found = verify_chain()
    assert found.is_intact
    assert (found.events, found.erased) == (3, 1)
    with pytest.raises(AuditInvalid):
        erase_payload(event=event, reason="again")
    with pytest.raises(AuditInvalid):
        erase_payload(event=erasure, reason=" ")

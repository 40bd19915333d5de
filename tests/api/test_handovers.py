"""Asking a person by programs: who gets the question, who answers it, and what they read of the conversation."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, User
from audit.models import Event
from chat.models import Conversation, Turn
from curation.handover.models import Handover
from kb.models import Collection
from kb.rights.stewards import set_steward
from tests.api.conftest import bearer, error, key_of
from tests.curation.test_handover import about
from tests.permissions.conftest import World, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db
JSON = "application/json"
Keys = dict[str, dict[str, str]]


@pytest.fixture
def turn(world: World) -> Turn:
    """The refused question of “owner”, whose nearest document is the collection's; “teammate” owns the collection."""
    set_steward(collection=world.collection, person=world.people["teammate"], role="owner", user=None)
    return about(world)


@pytest.fixture
def keys(world: World, turn: Turn) -> Keys:
    """`asker` asked, `keeper` owns the collection, `stranger` owns another one."""
    other = Collection.objects.create(name="Other", slug="other")
    set_steward(collection=other, person=world.people["outsider"], role="owner", user=None)
    revoked = bearer(key_of(world.people["teammate"], "ask", "read", "manage"))
    ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(revoked_at=timezone.now())
    return {
        "asker": bearer(key_of(world.people["owner"], "ask", "read")),
        "keeper": bearer(key_of(world.people["teammate"], "ask", "read", "manage")),
        "stranger": bearer(key_of(world.people["outsider"], "ask", "read", "manage")),
        "admin": bearer(key_of(world.people["knowledge_admin"], "ask", "read", "manage")),
        "auditor": bearer(key_of(world.people["auditor"], "ask", "read")),
        "revoked": revoked,
        "anonymous": {},
    }


def of_turn(turn: Turn) -> str:
    return f"/api/v1/turns/{turn.uid}/handover"


@pytest.fixture
def handed(client: Client, turn: Turn, keys: Keys) -> dict[str, Any]:
    response = client.post(of_turn(turn), {"note": "Urgent."}, JSON, headers=keys["asker"])
    assert response.status_code == 201
    return response.json()


def test_a_refused_question_goes_to_the_owners_and_the_answer_comes_back(
    client: Client, turn: Turn, keys: Keys, handed: dict[str, Any], world: World
) -> None:
    assert (handed["turn"], handed["conversation"]) == (str(turn.uid), str(world.conversation.uid))
    assert (handed["question"], handed["note"], handed["state"], handed["reply"]) == (turn.question, "Urgent.", "open", "")
    (row,) = client.get("/api/v1/handovers?collection=handbook", headers=keys["keeper"]).json()
    assert (row["uid"], row["collection"], row["asker"], row["taken_by"]) == (handed["uid"], "handbook", "erin", None)
    address = f"/api/v1/handovers/{row['uid']}"
    shown = client.get(address, headers=keys["keeper"]).json()
    (asked,) = shown.pop("transcript")
    assert shown == row
    assert (asked["question"], asked["state"], asked["receipt"]) == (turn.question, "refused", turn.receipt)
    taken = client.post(f"{address}/take", headers=keys["keeper"])
    assert (taken.status_code, taken.json()["state"], taken.json()["taken_by"]) == (200, "taken", "tao")
    assert client.get(of_turn(turn), headers=keys["asker"]).json()["taken_by"] == "tao"
    assert client.get("/api/v1/handovers", headers=keys["keeper"]).json() == []
    assert [one["uid"] for one in client.get("/api/v1/handovers?state=taken", headers=keys["keeper"]).json()] == [row["uid"]]
    answered = client.post(f"{address}/reply", {"text": "Nine days.\r\n"}, JSON, headers=keys["keeper"])
    assert (answered.status_code, answered.json()["state"], answered.json()["reply"]) == (200, "answered", "Nine days.")
    told = client.get(of_turn(turn), headers=keys["asker"]).json()
    assert (told["state"], told["reply"], told["taken_by"]) == ("answered", "Nine days.", "tao")
    assert told["replied_at"] is not None
    assert client.get("/api/v1/handovers/own", headers=keys["asker"]).json() == [told]
    events = Event.objects.filter(action__startswith="handover.").order_by("sequence")
    assert [(event.action, event.actor_name) for event in events] == [
        ("handover.asked", "erin"),
        ("handover.taken", "tao"),
        ("handover.answered", "tao"),
    ]


def test_it_is_closed_by_who_looks_after_it_or_taken_back_by_the_asker(
    client: Client, turn: Turn, keys: Keys, handed: dict[str, Any], world: World
) -> None:
    closed = client.post(f"/api/v1/handovers/{handed['uid']}/close", headers=keys["keeper"])
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert error(client.delete(of_turn(turn), headers=keys["asker"])) == (400, "handover_invalid")
    second = Turn.objects.create(conversation=world.conversation, position=1, question="When?", state="refused")
    assert client.post(of_turn(second), {}, JSON, headers=keys["asker"]).status_code == 201
    assert client.delete(of_turn(second), headers=keys["asker"]).status_code == 204
    assert Handover.objects.get(turn=second).state == "closed"
    assert Event.objects.filter(action="handover.closed").count() == 2


def test_once_and_only_while_it_is_open(client: Client, turn: Turn, keys: Keys, handed: dict[str, Any], world: World) -> None:
    address = f"/api/v1/handovers/{handed['uid']}"
    waiting = Turn.objects.create(conversation=world.conversation, position=5, question="?")
    for response in (
        client.post(of_turn(turn), {}, JSON, headers=keys["asker"]),
        client.post(of_turn(waiting), {}, JSON, headers=keys["asker"]),
        client.post(of_turn(waiting), {"note": "x" * 2001}, JSON, headers=keys["asker"]),
        client.post(f"{address}/reply", {"text": "  "}, JSON, headers=keys["keeper"]),
        client.post(f"{address}/reply", {"text": "x" * 10_001}, JSON, headers=keys["keeper"]),
        client.post(f"{address}/reply", {"text": "nul\x00"}, JSON, headers=keys["keeper"]),
    ):
        assert error(response) == (400, "handover_invalid")
    half = client.post(f"{address}/reply", '{"text": "half a pair \\ud800"}', JSON, headers=keys["keeper"])
    assert error(half) == (422, "request_invalid")
    assert Handover.objects.get().state == "open"
    client.post(f"{address}/close", headers=keys["keeper"])
    for response in (
        client.post(f"{address}/reply", {"text": "Late."}, JSON, headers=keys["keeper"]),
        client.post(f"{address}/take", headers=keys["keeper"]),
        client.post(f"{address}/close", headers=keys["keeper"]),
    ):
        assert error(response) == (400, "handover_invalid")


@pytest.mark.parametrize("given", [{"note": None}, {"note": 7}, {"note": "x", "to": "kim"}])
def test_a_body_that_is_not_taken_is_refused(client: Client, turn: Turn, keys: Keys, given: dict[str, Any]) -> None:
    assert error(client.post(of_turn(turn), given, JSON, headers=keys["asker"])) == (422, "request_invalid")
    assert not Handover.objects.exists()


def test_whoever_does_not_run_the_collection_sees_nothing_of_it(
    client: Client, turn: Turn, keys: Keys, handed: dict[str, Any]
) -> None:
    address = f"/api/v1/handovers/{handed['uid']}"
    expected = {
        "asker": (403, "key_scope"),
        "stranger": (404, "not_found"),
        "auditor": (403, "key_scope"),
        "revoked": (401, "key_revoked"),
        "anonymous": (401, "key_missing"),
    }
    for name, answer in expected.items():
        for response in (
            client.get(address, headers=keys[name]),
            client.post(f"{address}/take", headers=keys[name]),
            client.post(f"{address}/reply", {"text": "x"}, JSON, headers=keys[name]),
            client.post(f"{address}/close", headers=keys[name]),
            client.get("/api/v1/handovers?collection=handbook", headers=keys[name]),
        ):
            assert error(response) == answer, name
    assert client.get("/api/v1/handovers", headers=keys["stranger"]).json() == []
    assert Handover.objects.get().state == "open"
    for name in ("keeper", "admin"):
        assert client.get(address, headers=keys[name]).status_code == 200


def test_only_the_asker_hands_over_reads_and_takes_back(client: Client, turn: Turn, keys: Keys) -> None:
    expected = dict.fromkeys(("keeper", "stranger", "admin", "auditor"), (404, "not_found"))
    expected |= {"revoked": (401, "key_revoked"), "anonymous": (401, "key_missing")}

    def tried(name: str) -> list[Any]:
        return [
            client.post(of_turn(turn), {"note": ""}, JSON, headers=keys[name]),
            client.get(of_turn(turn), headers=keys[name]),
            client.delete(of_turn(turn), headers=keys[name]),
        ]

    for name, answer in expected.items():
        assert [error(response) for response in tried(name)] == [answer] * 3, name
    assert error(client.get(of_turn(turn), headers=keys["asker"])) == (404, "not_found")  # it is not handed over
    assert client.post(of_turn(turn), {"note": ""}, JSON, headers=keys["asker"]).status_code == 201
    for name, answer in expected.items():
        assert [error(response) for response in tried(name)] == [answer] * 3, name
        if answer[0] == 404:
            assert client.get("/api/v1/handovers/own", headers=keys[name]).json() == []
    assert Handover.objects.get().state == "open"


def test_each_operation_needs_its_scope(client: Client, turn: Turn, handed: dict[str, Any], world: World) -> None:
    asker, keeper = world.people["owner"], world.people["teammate"]
    address = f"/api/v1/handovers/{handed['uid']}"
    for key, response in (
        ("read", client.post(of_turn(turn), {}, JSON, headers=bearer(key_of(asker, "read")))),
        ("read", client.delete(of_turn(turn), headers=bearer(key_of(asker, "read")))),
        ("ask", client.get("/api/v1/handovers/own", headers=bearer(key_of(asker, "ask")))),
        ("ask", client.get(of_turn(turn), headers=bearer(key_of(asker, "ask")))),
        ("ask read", client.get(address, headers=bearer(key_of(keeper, "ask", "read")))),
        ("ask read", client.post(f"{address}/close", headers=bearer(key_of(keeper, "ask", "read")))),
    ):
        assert error(response) == (403, "key_scope"), key


def test_who_runs_the_collection_no_more_reads_it_no_more(client: Client, keys: Keys, handed: dict[str, Any], world: World) -> None:
    set_steward(collection=world.collection, person=world.people["teammate"], role=None, user=None)
    other = Collection.objects.get(slug="other")
    set_steward(collection=other, person=world.people["teammate"], role="owner", user=None)  # so that the key still manages
    assert error(client.get(f"/api/v1/handovers/{handed['uid']}", headers=keys["keeper"])) == (404, "not_found")


def test_a_transcript_shows_an_owner_only_what_they_may_read(client: Client, turn: Turn, keys: Keys, world: World) -> None:
    secret = {
        "outcome": "answered",
        "answer": "The board meets in Perth.[1]",
        "sentences": [{"text": "The board meets in Perth.", "prefix": "", "verdict": "supported", "citations": [1], "listed": []}],
        "citations": [{"marker": 1, "chunk_id": "1", "document_uid": str(uuid.uuid4()), "title": "Board", "quote": "Perth"}],
    }
    Turn.objects.create(conversation=world.conversation, position=1, question="Where?", state="answered", answer=secret)
    last = Turn.objects.create(conversation=world.conversation, position=2, question="When?", state="refused", answer=turn.answer)
    Turn.objects.create(conversation=world.conversation, position=3, question="Asked later?", state="refused")
    uid = client.post(of_turn(last), {}, JSON, headers=keys["asker"]).json()["uid"]
    shown = client.get(f"/api/v1/handovers/{uid}", headers=keys["keeper"])
    assert [one["question"] for one in shown.json()["transcript"]] == [turn.question, "Where?", "When?"]
    assert shown.json()["transcript"][1]["answer"]["hidden"] == 1
    assert "Perth" not in shown.content.decode()
    assert "Board" not in shown.content.decode()


def test_of_no_collection_it_is_for_knowledge_admins(client: Client, keys: Keys, world: World) -> None:
    lost = Turn.objects.create(conversation=world.conversation, position=1, question="Where?", state="refused")
    uid = client.post(of_turn(lost), {}, JSON, headers=keys["asker"]).json()["uid"]
    assert error(client.get(f"/api/v1/handovers/{uid}", headers=keys["keeper"])) == (404, "not_found")
    assert client.get(f"/api/v1/handovers/{uid}", headers=keys["admin"]).json()["collection"] is None


def test_ones_own_list_has_no_incognito_questions(client: Client, turn: Turn, keys: Keys, handed: dict[str, Any]) -> None:
    Conversation.objects.update(is_incognito=True)
    assert client.get("/api/v1/handovers/own", headers=keys["asker"]).json() == []
    assert client.get(of_turn(turn), headers=keys["asker"]).json() == handed


def test_an_unknown_collection_or_state_is_refused(client: Client, keys: Keys) -> None:
    assert error(client.get("/api/v1/handovers?collection=nowhere", headers=keys["keeper"])) == (404, "not_found")
    assert error(client.get("/api/v1/handovers?state=lost", headers=keys["keeper"])) == (422, "request_invalid")
    assert error(client.get(f"/api/v1/handovers/{uuid.uuid4()}", headers=keys["admin"])) == (404, "not_found")


def test_the_waiting_come_oldest_first_and_by_the_page(client: Client, turn: Turn, keys: Keys, world: World) -> None:
    for number in range(1, 4):
        one = Turn.objects.create(
            conversation=world.conversation, position=number, question=f"Q{number}", state="refused", answer=turn.answer
        )
        assert client.post(of_turn(one), {}, JSON, headers=keys["asker"]).status_code == 201

    def read(address: str, who: str) -> list[str]:
        return [one["question"] for one in client.get(address, headers=keys[who]).json()]

    assert read("/api/v1/handovers?per_page=2", "keeper") == ["Q1", "Q2"]
    assert read("/api/v1/handovers?per_page=2&page=2", "keeper") == ["Q3"]
    assert read("/api/v1/handovers/own?per_page=2", "asker") == ["Q3", "Q2"]


def test_a_person_who_may_not_sign_in_hands_nothing_over(client: Client, turn: Turn, keys: Keys, world: World) -> None:
    User.objects.filter(pk=world.people["owner"].pk).update(is_active=False)
    assert error(client.post(of_turn(turn), {}, JSON, headers=keys["asker"])) == (401, "key_owner_inactive")

"""Ruling guards, on the pages, over REST and by the command."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from audit.models import Event
from guards.models import Guard
from guards.ports import Instruments
from kb.models import Collection
from kb.rights.stewards import set_steward
from tests.chat.library import score_texts

pytestmark = pytest.mark.django_db
VALUES = {"name": "Ours", "kind": "words", "side": "question", "mode": "block", "terms": "bomb", "threshold": "0.45"}


def small_instruments() -> Instruments:
    return Instruments(compare=score_texts, is_planted=lambda sentence: False)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(collection: Collection, employee: User) -> User:
    set_steward(collection=collection, person=employee, role="owner", user=None)
    return employee


def api(client: Client, method: str, path: str, **values: Any) -> Any:
    return client.generic(method, f"/api/v1/{path}", json.dumps(values), content_type="application/json")


def test_an_admin_makes_changes_and_deletes_one_and_each_is_on_record(knowledge_admin: User) -> None:
    client = signed_in(knowledge_admin)
    assert client.post("/guards/new/", VALUES).status_code == 302
    row = Guard.objects.get()
    assert (row.mode, row.collection, row.rules) == ("block", None, ("bomb",))
    assert client.post(f"/guards/{row.uid}/", VALUES | {"mode": "off"}).status_code == 302
    assert client.post(f"/guards/{row.uid}/delete/").status_code == 302
    assert list(Event.objects.filter(action__startswith="guard.").order_by("sequence").values_list("action", flat=True)) == [
        *("guard.created", "guard.changed", "guard.deleted")
    ]


def test_an_owner_rules_the_guards_of_their_collection_alone(owner: User, collection: Collection, knowledge_admin: User) -> None:
    other = Collection.objects.create(name="Other", slug="other")
    general = Guard.objects.create(name="General", kind="words", terms="bomb")
    foreign = Guard.objects.create(name="Foreign", kind="words", terms="bomb", collection=other)
    client = signed_in(owner)
    shown = client.get("/guards/").content.decode()
    assert "General" not in shown and "Foreign" not in shown
    assert client.get(f"/guards/{general.uid}/").status_code == 404
    assert client.post(f"/guards/{foreign.uid}/delete/").status_code == 404
    assert client.post("/guards/new/", VALUES).status_code == 422  # for all collections
    assert client.post("/guards/new/", VALUES | {"collection": str(other.pk)}).status_code == 422
    assert client.post("/guards/new/", VALUES | {"collection": str(collection.pk)}).status_code == 302
    assert Guard.objects.get(name="Ours").collection == collection
    mine = api(client, "POST", "guards", name="By API", kind="words", terms="bomb")
    assert (mine.status_code, mine.json()["error"]["code"]) == (422, "request_invalid")
    assert api(client, "PATCH", f"guards/{general.uid}", mode="off").status_code == 404
    made = api(client, "POST", "guards", name="By API", kind="words", terms="bomb", collection="handbook").json()
    assert (made["collection"], made["mode"]) == ("handbook", "monitor")
    assert api(client, "PATCH", f"guards/{made['uid']}", collection="").status_code == 422  # to all collections
    assert [row["name"] for row in api(client, "GET", "guards").json()] == ["By API", "Ours"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "patterns", "terms": "(unclosed"}, "terms"),
        ({"kind": "words", "terms": "# nothing"}, "terms"),
        ({"kind": "topics", "terms": "\n".join(f"topic {number}" for number in range(51))}, "terms"),
        ({"kind": "topics", "terms": "leave", "threshold": 1.5}, "threshold"),
        ({"kind": "llama_guard", "model": "nowhere"}, "model"),
        ({"kind": "llama_guard", "model": "nowhere", "side": "passages"}, "side"),
        ({"kind": "horoscope"}, "kind"),
        ({"kind": "words", "terms": "bomb", "mode": "explode"}, "mode"),
        ({"kind": "words", "terms": "bomb", "collection": "nowhere"}, "collection"),
    ],
)
def test_what_cannot_work_is_refused_by_its_field(knowledge_admin: User, values: dict[str, Any], field: str) -> None:
    response = api(signed_in(knowledge_admin), "POST", "guards", name="One", **values)
    assert response.status_code == 422
    assert field in response.json()["error"]["message"]
    assert not Guard.objects.exists()


def test_a_starter_fills_the_form_and_holds_nothing_before_it_is_saved(knowledge_admin: User) -> None:
    page = signed_in(knowledge_admin).get("/guards/new/?starter=medicine-zh").content.decode()
    assert "帮我诊断" in page
    assert not Guard.objects.exists()


def test_a_question_is_tried_against_all_that_one_rules(knowledge_admin: User, settings) -> None:
    settings.GUARD_INSTRUMENTS = f"{__name__}.small_instruments"
    Guard.objects.create(name="Weapons", kind="words", terms="bomb", mode="off")
    Guard.objects.create(name="Leave", kind="topics", terms="How long is annual leave?", threshold=0.9)
    page = signed_in(knowledge_admin).post("/guards/try/", {"text": "How long is a bomb?"})
    (weapons, leave) = sorted(page.context["tried"], key=lambda one: one.guard.name, reverse=True)
    assert weapons.rules == ("bomb",)
    assert (leave.rules, leave.nearest) == ((), ("How long is annual leave?", 0.6))


def test_the_command_adds_a_starter_once(db: None) -> None:
    call_command("add_guard", "law-en", mode="block")
    assert Guard.objects.get().mode == "block"
    with pytest.raises(CommandError):
        call_command("add_guard", "law-en")

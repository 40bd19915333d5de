"""Chat programs by programs: who may, what is kept and returned, and secrets that are not."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.editable import Mark, names_of, readable_names
from accounts.models import ApiKey, User
from api.managing.reach import chat_apps
from audit.models import Event
from integrations.chat_apps.editing import ChatAppValues
from integrations.chat_apps.models import ChatApp
from kb.models import Collection
from tests.api.conftest import bearer, error, key_of

pytestmark = pytest.mark.django_db
JSON = "application/json"
ALL = "/api/v1/chat-apps"
SLACK = {"name": "Slack", "kind": "slack", "secret": "slack-signing", "token": "xoxb-token-1", "people": ["U1 = erin"]}
PORTAL = {"name": "Portal", "kind": "generic", "reply_url": "https://portal.example/in"}


@pytest.fixture
def admin(knowledge_admin: User) -> dict[str, str]:
    return bearer(key_of(knowledge_admin, "people"))


@pytest.fixture
def slack(client: Client, admin: dict[str, str], employee: User) -> dict[str, Any]:
    response = client.post(ALL, SLACK, JSON, headers=admin)
    assert response.status_code == 201
    return response.json()


def one(made: dict[str, Any]) -> str:
    return f"{ALL}/{made['uid']}"


def test_a_program_is_connected_read_changed_and_disconnected(
    client: Client, admin: dict[str, str], slack: dict[str, Any], outsider: User, collection: Collection
) -> None:
    assert slack.pop("secret") == ""  # the one that was sent is not returned
    assert slack["address"] == f"http://testserver/chat-apps/{slack['uid']}/"
    assert (slack["kind"], slack["people"], slack["person_count"], slack["is_enabled"]) == ("slack", ["U1 = erin"], 1, True)
    listed = {name: value for name, value in slack.items() if name != "people"}
    assert client.get(ALL, headers=admin).json() == [listed]
    assert client.get(one(slack), headers=admin).json() == slack
    change = {"people": ["U1 = erin", "U2 = olga"], "collections": ["handbook"], "posts_openly": True}
    changed = client.patch(one(slack), change, JSON, headers=admin)
    assert (changed.status_code, changed.json()) == (200, slack | change | {"person_count": 2})
    assert client.get(ALL, headers=admin).json()[0]["collections"] == ["handbook"]
    assert client.delete(one(slack), headers=admin).status_code == 204
    assert error(client.get(one(slack), headers=admin)) == (404, "not_found")
    events = Event.objects.filter(action__startswith="chat_app.").order_by("sequence")
    assert [(event.action, event.actor_name) for event in events] == [
        ("chat_app.created", "kim"),
        ("chat_app.changed", "kim"),
        ("chat_app.deleted", "kim"),
    ]


def test_secrets_are_taken_and_never_returned(client: Client, admin: dict[str, str], slack: dict[str, Any]) -> None:
    changed = client.patch(one(slack), {"secret": " slack-second ", "token": "xoxb-token-2\n"}, JSON, headers=admin)
    app = ChatApp.objects.get()
    assert (app.read_secret(), app.read_token()) == ("slack-second", "xoxb-token-2")
    kept = client.patch(one(slack), {"secret": "", "token": ""}, JSON, headers=admin)
    app.refresh_from_db()
    assert (app.read_secret(), app.read_token()) == ("slack-second", "xoxb-token-2")
    wrong = client.patch(one(slack), {"secret": ["slack-wrong"]}, JSON, headers=admin)
    assert error(wrong) == (422, "request_invalid")
    shown = [response.content.decode() for response in (changed, kept, wrong)]
    shown += [client.get(address, headers=admin).content.decode() for address in (ALL, one(slack))]
    shown += [json.dumps(event.payload.data) for event in Event.objects.all()]
    for text in [json.dumps(slack), *shown]:
        assert not any(word in text for word in ("slack-s", "slack-w", "xoxb", app.sealed_secret, app.sealed_token))
    assert Event.objects.filter(action="chat_app.changed").latest("pk").payload.data["changed"] == ["secret", "token"]


def test_a_secret_that_is_made_is_told_once(client: Client, admin: dict[str, str]) -> None:
    for given in (PORTAL, PORTAL | {"name": "Second", "secret": "  "}):
        response = client.post(ALL, given, JSON, headers=admin)
        assert (response.status_code, response["Cache-Control"]) == (201, "private, no-store")
        made = response.json()
        assert len(made["secret"]) >= 64
        assert ChatApp.objects.get(uid=made["uid"]).read_secret() == made["secret"]
        again = client.get(one(made), headers=admin)
        assert "secret" not in again.json()
        assert made["secret"] not in again.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"people": ["U1 erin"]}, "people"),
        ({"people": ["U1 = nobody"]}, "people"),
        ({"collections": ["nowhere"]}, "collections"),
        ({"reply_url": "ftp://x"}, "reply_url"),
        ({"secret": "x" * 301}, "secret"),
        ({"token": "x" * 301}, "token"),
        ({"name": " "}, "name"),
        ({"posts_openly": None}, "posts_openly"),
        ({"sealed_secret": "x"}, "sealed_secret"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field_and_changes_nothing(
    client: Client, admin: dict[str, str], slack: dict[str, Any], given: dict[str, Any], field: str
) -> None:
    before = client.get(one(slack), headers=admin).json()
    for response in (
        client.patch(one(slack), given, JSON, headers=admin),
        client.post(ALL, SLACK | {"name": "Second"} | given, JSON, headers=admin),
    ):
        assert error(response) == (422, "request_invalid")
        assert field in response.json()["error"]["message"]
    assert client.get(one(slack), headers=admin).json() == before
    assert (ChatApp.objects.count(), Event.objects.filter(action__startswith="chat_app.").count()) == (1, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "A", "kind": "slack", "token": "t"}, "secret"),
        ({"name": "A", "kind": "slack", "secret": "s", "token": " "}, "token"),
        ({"name": "A", "kind": "generic"}, "reply_url"),
        ({"name": "A", "kind": " generic ", "reply_url": "https://a.example"}, "kind"),
        ({"name": "A", "kind": "irc"}, "kind"),
        ({"name": "A"}, "kind"),
        (SLACK | {"is_enabled": False}, "is_enabled"),
    ],
)
def test_a_program_that_lacks_something_is_not_connected(
    client: Client, admin: dict[str, str], employee: User, given: dict[str, Any], field: str
) -> None:
    response = client.post(ALL, given, JSON, headers=admin)
    assert error(response) == (422, "request_invalid")
    assert field in response.json()["error"]["message"]
    assert not ChatApp.objects.exists()


def test_its_kind_stays(client: Client, admin: dict[str, str], slack: dict[str, Any]) -> None:
    assert error(client.patch(one(slack), {"kind": "teams"}, JSON, headers=admin)) == (422, "request_invalid")


def test_whoever_is_no_system_admin_learns_nothing(
    client: Client, slack: dict[str, Any], employee: User, teammate: User, outsider: User, auditor: User, knowledge_admin: User
) -> None:
    people = {"owner": employee, "teammate": teammate, "outsider": outsider, "auditor": auditor}
    keys = {name: bearer(key_of(user, "ask", "read")) for name, user in people.items()}
    keys["other scopes"] = bearer(key_of(knowledge_admin, "ask", "read", "manage"))
    revoked = key_of(knowledge_admin, "people")
    ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(revoked_at=timezone.now())
    keys |= {"revoked": bearer(revoked), "anonymous": {}}
    expected = dict.fromkeys(keys, (403, "key_scope")) | {"revoked": (401, "key_revoked"), "anonymous": (401, "key_missing")}
    for name, headers in keys.items():
        for response in (
            client.get(ALL, headers=headers),
            client.post(ALL, PORTAL | {"name": name}, JSON, headers=headers),
            client.get(one(slack), headers=headers),
            client.patch(one(slack), {"people": []}, JSON, headers=headers),
            client.delete(one(slack), headers=headers),
        ):
            assert error(response) == expected[name], name
    assert [(row.name, row.people.count()) for row in ChatApp.objects.all()] == [("Slack", 1)]


def test_an_unknown_program_is_not_there(client: Client, admin: dict[str, str]) -> None:
    address = f"{ALL}/{uuid4()}"
    for response in (
        client.get(address, headers=admin),
        client.patch(address, {"people": []}, JSON, headers=admin),
        client.delete(address, headers=admin),
    ):
        assert error(response) == (404, "not_found")


def test_rest_takes_and_returns_the_editable_values() -> None:
    assert set(chat_apps.ChatAppIn.model_fields) == set(names_of(ChatAppValues, without=[Mark.LATER]))
    assert set(chat_apps.ChatAppChange.model_fields) == set(names_of(ChatAppValues, without=[Mark.ONCE]))
    assert set(chat_apps.ChatAppWithPeople.model_fields) == {*readable_names(ChatAppValues), "uid", "address", "person_count"}

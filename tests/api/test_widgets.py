"""Widgets by programs: who may, what is kept and returned, and a secret that is told once."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.editable import names_of, readable_names
from accounts.models import ApiKey, SignInRules, User
from accounts.programs.service_accounts import create_service
from api.managing.reach import widgets
from audit.models import Event
from integrations.widgets.editing import WidgetValues
from integrations.widgets.models import Widget, WidgetSession
from kb.models import Collection
from tests.api.conftest import bearer, error, key_of

pytestmark = pytest.mark.django_db
JSON = "application/json"
ALL = "/api/v1/widgets"
GIVEN = {"name": "Intranet", "title": "Ask us", "origins": ["https://Intranet.example/"]}


@pytest.fixture
def admin(knowledge_admin: User) -> dict[str, str]:
    return bearer(key_of(knowledge_admin, "people"))


@pytest.fixture
def made(client: Client, admin: dict[str, str]) -> dict[str, Any]:
    response = client.post(ALL, GIVEN, JSON, headers=admin)
    assert response.status_code == 201
    return response.json()


def one(made: dict[str, Any]) -> str:
    return f"{ALL}/{made['uid']}"


def open_session(widget: Widget, user: User) -> WidgetSession:
    return WidgetSession.objects.create(widget=widget, user=user, key_hash=uuid4().hex, origin="", expires_at=timezone.now())


def test_a_widget_is_made_read_changed_and_deleted(
    client: Client, admin: dict[str, str], collection: Collection, knowledge_admin: User
) -> None:
    create_service(username="kiosk", purpose="Visitors", owner=knowledge_admin, actor=None)
    given = GIVEN | {"collections": ["handbook"], "guest": "kiosk", "accent": "#112233", "match_by": "email", "name": " Intranet "}
    response = client.post(ALL, given, JSON, headers=admin)
    assert response.status_code == 201
    told = response.json()
    secret = told.pop("secret")
    assert len(secret) >= 64
    assert Widget.objects.get().verification_key() == secret
    kept = given | {"name": "Intranet", "origins": ["https://intranet.example"], "signing": "HS256", "is_enabled": True}
    assert {name: told[name] for name in kept} == kept
    assert client.get(ALL, headers=admin).json() == [told]
    assert client.get(one(told), headers=admin).json() == told
    changed = client.patch(one(told), {"collections": [], "guest": "", "is_enabled": False}, JSON, headers=admin)
    assert (changed.status_code, changed.json()) == (200, told | {"collections": [], "guest": "", "is_enabled": False})
    assert client.delete(one(told), headers=admin).status_code == 204
    assert error(client.get(one(told), headers=admin)) == (404, "not_found")
    events = Event.objects.filter(action__startswith="widget.").order_by("sequence")
    assert [(event.action, event.actor_name) for event in events] == [
        ("widget.created", "kim"),
        ("widget.changed", "kim"),
        ("widget.deleted", "kim"),
    ]
    assert events[1].payload.data["changed"] == ["collections", "guest", "is_enabled"]


def test_a_secret_is_told_when_it_is_made_and_never_again(
    client: Client, admin: dict[str, str], made: dict[str, Any], employee: User
) -> None:
    widget = Widget.objects.get()
    open_session(widget, employee)
    response = client.post(f"{one(made)}/secret", headers=admin)
    assert (response.status_code, list(response.json())) == (200, ["secret"])
    assert response["Cache-Control"] == "private, no-store"
    renewed = response.json()["secret"]
    widget.refresh_from_db()
    assert widget.verification_key() == renewed != made["secret"]
    assert not WidgetSession.objects.exists()
    shown = [client.get(address, headers=admin).content.decode() for address in (ALL, one(made))]
    shown.append(client.patch(one(made), {"title": "Ask"}, JSON, headers=admin).content.decode())
    shown += [json.dumps(event.payload.data) for event in Event.objects.all()]
    for text in shown:
        assert not any(word in text for word in (renewed, made["secret"], widget.sealed_secret, '"secret"'))
    assert Event.objects.filter(action="widget.secret_renewed", actor_name="kim").count() == 1


def test_a_widget_out_of_use_ends_its_sessions(client: Client, admin: dict[str, str], made: dict[str, Any], employee: User) -> None:
    open_session(Widget.objects.get(), employee)
    client.patch(one(made), {"is_enabled": False}, JSON, headers=admin)
    assert not WidgetSession.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"origins": ["http://evil.example"]}, "origins"),
        ({"origins": []}, "origins"),
        ({"collections": ["nowhere"]}, "collections"),
        ({"guest": "erin"}, "guest"),  # a person, no service account
        ({"accent": "red"}, "accent"),
        ({"signing": "none"}, "signing"),
        ({"signing": "EdDSA", "public_key": "x"}, "public_key"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"title": "nul\x00"}, "title"),
        ({"secret": "mine"}, "secret"),
        ({"uid": str(uuid4())}, "uid"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field_and_changes_nothing(
    client: Client, admin: dict[str, str], made: dict[str, Any], employee: User, given: dict[str, Any], field: str
) -> None:
    before = client.get(one(made), headers=admin).json()
    for response in (
        client.patch(one(made), given, JSON, headers=admin),
        client.post(ALL, GIVEN | {"name": "Second"} | given, JSON, headers=admin),
    ):
        assert error(response) == (422, "request_invalid")
        assert field in response.json()["error"]["message"]
    assert client.get(ALL, headers=admin).json() == [before]
    assert Event.objects.filter(action__startswith="widget.").count() == 1


def test_a_name_is_taken_once_and_a_new_widget_is_in_use(client: Client, admin: dict[str, str], made: dict[str, Any]) -> None:
    assert error(client.post(ALL, GIVEN, JSON, headers=admin)) == (422, "request_invalid")
    other = GIVEN | {"name": "Other", "is_enabled": False}
    assert error(client.post(ALL, other, JSON, headers=admin)) == (422, "request_invalid")
    assert error(client.post(ALL, {"name": "Other"}, JSON, headers=admin)) == (422, "request_invalid")


def test_a_widget_of_a_public_key_has_no_secret(client: Client, admin: dict[str, str]) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    response = client.post(ALL, GIVEN | {"signing": "EdDSA", "public_key": public}, JSON, headers=admin)
    assert (response.status_code, response.json()["secret"], response.json()["public_key"]) == (201, "", public.strip())
    refused = client.post(f"{one(response.json())}/secret", headers=admin)
    assert error(refused) == (422, "request_invalid")


def test_whoever_is_no_system_admin_learns_nothing(
    client: Client, made: dict[str, Any], employee: User, teammate: User, outsider: User, auditor: User, knowledge_admin: User
) -> None:
    keys = {name: bearer(key_of(user, "ask", "read")) for name, user in zip("eto", (employee, teammate, outsider), strict=True)}
    keys["auditor"] = bearer(key_of(auditor, "ask", "read"))
    keys["other scopes"] = bearer(key_of(knowledge_admin, "ask", "read", "manage"))
    revoked = key_of(knowledge_admin, "people")
    ApiKey.objects.filter(pk=ApiKey.objects.latest("pk").pk).update(revoked_at=timezone.now())
    keys |= {"revoked": bearer(revoked), "anonymous": {}}
    expected = dict.fromkeys(keys, (403, "key_scope")) | {"revoked": (401, "key_revoked"), "anonymous": (401, "key_missing")}
    for name, headers in keys.items():
        for response in (
            client.get(ALL, headers=headers),
            client.post(ALL, GIVEN | {"name": name}, JSON, headers=headers),
            client.get(one(made), headers=headers),
            client.patch(one(made), {"title": "x"}, JSON, headers=headers),
            client.delete(one(made), headers=headers),
            client.post(f"{one(made)}/secret", headers=headers),
        ):
            assert error(response) == expected[name], name
    assert [(row.name, row.title) for row in Widget.objects.all()] == [("Intranet", "Ask us")]


def test_with_separated_duties_a_system_admin_may_and_a_knowledge_admin_not(
    client: Client, admin: dict[str, str], made: dict[str, Any]
) -> None:
    sam = User.objects.create_user(username="sam", role=User.Role.SYSTEM_ADMIN)
    SignInRules.objects.create(pk=SignInRules.ONLY, are_duties_separated=True)
    assert client.get(ALL, headers=bearer(key_of(sam, "people"))).status_code == 200
    assert error(client.get(ALL, headers=admin)) == (403, "key_scope")


def test_an_unknown_widget_is_not_there(client: Client, admin: dict[str, str]) -> None:
    address = f"{ALL}/{uuid4()}"
    for response in (
        client.get(address, headers=admin),
        client.patch(address, {"title": "x"}, JSON, headers=admin),
        client.delete(address, headers=admin),
        client.post(f"{address}/secret", headers=admin),
    ):
        assert error(response) == (404, "not_found")


def test_rest_takes_and_returns_the_editable_values() -> None:
    assert set(widgets.WidgetIn.model_fields) == set(names_of(WidgetValues)) - {"is_enabled"}
    assert set(widgets.WidgetChange.model_fields) == set(names_of(WidgetValues))
    assert set(widgets.WidgetOut.model_fields) == {*readable_names(WidgetValues), "uid", "created_at"}

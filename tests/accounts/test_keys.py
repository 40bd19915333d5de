"""API keys: who makes which, what is kept of them, what they open and when they stop."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AccountRefused, KeyRefused, TooManyRequests
from accounts.keys import KEYS_PER_PERSON, create_api_key, recognise_key, revoke_api_key
from accounts.models import ApiKey, User
from audit.models import Event

KEY = re.compile(r"att_[\w-]{43}")
HERE = {"address": "192.0.2.7"}


def make(user: User, *scopes: str, days: int = 30) -> Any:
    return create_api_key(user=user, name="script", scopes=scopes or ("ask",), days=days, actor=user)


def payload(event: Event) -> dict[str, Any]:
    return json.loads(event.payload.body)["payload"]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(employee: User) -> None:
    made = make(employee, "read", "ask")
    assert KEY.fullmatch(made.text)
    row = ApiKey.objects.values().get()
    assert (row["prefix"], row["scopes"]) == (made.text[:10], ["ask", "read"])
    assert made.text not in str(row) + repr(made)
    event = Event.objects.get(action="key.created")
    assert (event.actor_name, payload(event)["prefix"], payload(event)["scopes"]) == ("erin", made.text[:10], ["ask", "read"])
    assert made.text not in event.payload.body


def test_a_key_is_recognised_as_its_owner_and_its_use_is_noted_once_a_minute(employee: User) -> None:
    made = make(employee)
    assert recognise_key(made.text, scope="ask", **HERE).user == employee
    first = ApiKey.objects.get().last_used_at
    assert timezone.now() - first < timedelta(seconds=10)
    recognise_key(made.text, scope="", **HERE)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    recognise_key(made.text, scope="ask", **HERE)
    assert ApiKey.objects.get().last_used_at > first - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("change", "scope", "code", "status"),
    [
        (lambda key: revoke_api_key(key, actor=key.user), "ask", "key_revoked", 401),
        (lambda key: ApiKey.objects.update(expires_at=timezone.now()), "ask", "key_expired", 401),
        (lambda key: User.objects.update(is_active=False), "ask", "key_owner_inactive", 401),
        (lambda key: None, "read", "key_scope", 403),
        (lambda key: ApiKey.objects.update(scopes=["manage"]), "manage", "key_scope", 403),
        (lambda key: ApiKey.objects.all().delete(), "ask", "key_unknown", 401),
    ],
)
def test_what_opens_nothing_is_refused_and_recorded(employee: User, change: Any, scope: str, code: str, status: int) -> None:
    made = make(employee)
    change(made.key)
    with pytest.raises(KeyRefused) as refused:
        recognise_key(made.text, scope=scope, **HERE)
    assert (refused.value.code, refused.value.status) == (code, status)
    recorded = payload(Event.objects.get(action="key.refused"))
    assert recorded == {"reason": code, "prefix": made.text[:10], "address": "192.0.2.7"}


def test_guessing_is_recorded_but_does_not_fill_the_audit(db: None) -> None:
    for _ in range(30):
        with pytest.raises(KeyRefused):
            recognise_key("my password", scope="ask", **HERE)
    events = Event.objects.filter(action="key.refused")
    assert events.count() == 10
    assert {payload(event)["prefix"] for event in events} == {""}


def test_a_key_has_its_own_rate(employee: User, settings: Any) -> None:
    settings.RATE_KEY_PER_MINUTE = 3
    made, other = make(employee), make(employee)
    for _ in range(3):
        recognise_key(made.text, scope="ask", **HERE)
    with pytest.raises(TooManyRequests):
        recognise_key(made.text, scope="ask", **HERE)
    assert recognise_key(other.text, scope="ask", **HERE).user == employee


@pytest.mark.parametrize(
    "given",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"scopes": ()},
        {"scopes": ("manage",)},
        {"scopes": ("all",)},
        {"days": 0},
        {"days": 4000},
    ],
)
def test_what_makes_no_key(employee: User, given: dict[str, Any]) -> None:
    with pytest.raises(AccountRefused) as refused:
        create_api_key(**{"user": employee, "name": "script", "scopes": ("ask",), "days": 30, "actor": employee} | given)
    assert refused.value.code == "key_invalid"
    assert not ApiKey.objects.exists()


def test_only_so_many_keys_work_at_once(employee: User) -> None:
    for _ in range(KEYS_PER_PERSON):
        made = make(employee)
    with pytest.raises(AccountRefused):
        make(employee)
    revoke_api_key(made.key, actor=employee)
    assert make(employee).key.state == "active"


def test_whoever_is_no_admin_any_more_manages_nothing_by_key(knowledge_admin: User) -> None:
    made = make(knowledge_admin, "manage", "read")
    assert recognise_key(made.text, scope="manage", **HERE).user == knowledge_admin
    User.objects.update(role=User.Role.EMPLOYEE)
    with pytest.raises(KeyRefused):
        recognise_key(made.text, scope="manage", **HERE)
    assert recognise_key(made.text, scope="read", **HERE).user == knowledge_admin


# --- the page -------------------------------------------------------------------------------------------------------------


def test_the_page_shows_a_new_key_once(client: Client, employee: User) -> None:
    client.force_login(employee)
    address = reverse("accounts:keys")
    page = client.post(address, {"name": "Intranet", "scopes": ["ask", "read"], "days": "90"}).content.decode()
    text = KEY.search(page)[0]
    assert recognise_key(text, scope="read", **HERE).name == "Intranet"
    again = client.get(address).content.decode()
    assert not KEY.search(again)
    assert text[:10] in again


def test_the_page_offers_managing_to_admins_alone(client: Client, employee: User, knowledge_admin: User) -> None:
    for user, offered in ((employee, False), (knowledge_admin, True)):
        client.force_login(user)
        assert ('value="manage"' in client.get(reverse("accounts:keys")).content.decode()) == offered
    client.force_login(employee)
    response = client.post(reverse("accounts:keys"), {"name": "x", "scopes": ["manage"], "days": "90"})
    assert response.status_code == 422
    assert not ApiKey.objects.exists()


def test_one_sees_and_revokes_ones_own_keys(client: Client, employee: User, teammate: User) -> None:
    made = make(employee)
    client.force_login(teammate)
    assert made.key.prefix not in client.get(reverse("accounts:keys")).content.decode()
    assert client.post(reverse("accounts:key_revoke", args=[made.key.pk])).status_code == 404
    client.force_login(employee)
    client.post(reverse("accounts:key_revoke", args=[made.key.pk]))
    client.post(reverse("accounts:key_revoke", args=[made.key.pk]))
    assert ApiKey.objects.get().state == "revoked"
    assert Event.objects.filter(action="key.revoked", actor_name="erin").count() == 1


# --- the command ----------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_key_that_works_and_nothing_else(employee: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_api_key", "--user", "erin", "--scope", "ask", "--scope", "read", "--days", "7")
    output = capsys.readouterr().out
    key = recognise_key(output.strip(), scope="read", **HERE)
    assert key.user == employee
    assert timedelta(days=6) < key.expires_at - timezone.now() <= timedelta(days=7)
    assert Event.objects.get(action="key.created").actor_name == "manage.py"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user", "nobody", "--scope", "ask"),
        ("--user", "erin", "--scope", "manage"),
        ("--user", "erin", "--scope", "ask", "--days", "0"),
    ],
)
def test_the_command_says_what_it_cannot_do(employee: User, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_key", *arguments)
    assert not ApiKey.objects.exists()

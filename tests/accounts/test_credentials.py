"""Whether what somebody was let in by still holds: asked of the database, whatever a `User` that was loaded earlier says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.credentials import Credential, command_credential, find_reader, key_credential, operator, session_credential
from accounts.keys import create_api_key, revoke_api_key
from accounts.models import ApiKey, BrowserSession, User
from accounts.services import change_account, reset_password
from audit.models import Event

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"


def signed_in(user: User) -> tuple[Client, Credential]:
    """Return a browser in which this person has signed in by the form, and its credential."""
    client = Client()
    assert client.post("/accounts/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    request = HttpRequest()
    request.session = client.session
    return client, session_credential(request, user=user)


def sign_out(client: Client, user: User) -> None:
    client.post("/accounts/logout/")


def disable(client: Client, user: User) -> None:
    change_account(user=user, actor=None, is_active=False)


def disable_and_enable(client: Client, user: User) -> None:
    change_account(user=user, actor=None, is_active=False)
    change_account(user=user, actor=None, is_active=True)


def reset(client: Client, user: User) -> None:
    reset_password(user=user, actor=None)


def change_own_password(client: Client, user: User) -> None:
    """In another browser, which goes on."""
    other, _credential = signed_in(user)
    changed = {"oldpassword": PASSWORD, "password1": "Lemon tree 42 x", "password2": "Lemon tree 42 x"}
    assert other.post("/accounts/password/change/", changed).status_code == 302
    assert other.get("/").status_code == 200


def expire(client: Client, user: User) -> None:
    BrowserSession.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def delete(client: Client, user: User) -> None:
    User.objects.get(pk=user.pk).delete()


@pytest.mark.parametrize("end", [sign_out, disable, disable_and_enable, reset, change_own_password, expire, delete])
def test_a_session_ends_for_good(employee: User, end: Callable[[Client, User], None]) -> None:
    client, credential = signed_in(employee)
    assert find_reader(credential) == employee
    end(client, employee)
    assert find_reader(credential) is None
    assert client.get("/").status_code == 302


def test_a_session_of_before_does_not_work_when_the_account_is_enabled_again(employee: User, knowledge_admin: User) -> None:
    client, _credential = signed_in(employee)
    change_account(user=employee, actor=knowledge_admin, is_active=False)
    change_account(user=employee, actor=knowledge_admin, is_active=True)
    assert client.get("/").status_code == 302
    fresh, credential = signed_in(employee)
    assert fresh.get("/").status_code == 200
    assert find_reader(credential) == employee


def test_another_change_of_the_account_leaves_its_sessions(employee: User) -> None:
    client, credential = signed_in(employee)
    change_account(user=employee, actor=None, role="auditor", is_active=True, first_name="Erin")
    assert client.get("/").status_code == 200
    assert find_reader(credential).role == "auditor"


def test_the_keys_of_a_disabled_account_are_revoked_on_record_and_stay_so(employee: User, knowledge_admin: User) -> None:
    first, second = (create_api_key(user=employee, name=name, scopes=["ask"], days=9, actor=employee).key for name in "ab")
    revoke_api_key(first, actor=employee)
    change_account(user=employee, actor=knowledge_admin, is_active=False)
    change_account(user=employee, actor=knowledge_admin, is_active=True)
    assert {key.state for key in ApiKey.objects.all()} == {"revoked"}
    revoked = Event.objects.filter(action="key.revoked").order_by("sequence")
    assert [(event.subject, event.actor_name) for event in revoked] == [(f"key:{first.pk}", "erin"), (f"key:{second.pk}", "kim")]


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # of the key, of its owner
    "revoked": ({"revoked_at": timezone.now()}, {}),
    "expired": ({"expires_at": timezone.now() - timedelta(seconds=1)}, {}),
    "narrowed": ({"scopes": ["read"]}, {}),
    "owner": ({}, {"is_active": False}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_ends(employee: User, change: str) -> None:
    of_key, of_owner = CHANGES[change]
    key = create_api_key(user=employee, name="x", scopes=["ask", "read"], days=9, actor=employee).key
    credential = key_credential(key)
    assert find_reader(credential) == employee
    ApiKey.objects.filter(pk=key.pk).update(**{"scopes": key.scopes} | of_key)
    User.objects.filter(pk=employee.pk).update(**{"is_active": True} | of_owner)
    assert find_reader(credential) is None


def test_a_key_that_is_deleted_ends(employee: User) -> None:
    credential = key_credential(create_api_key(user=employee, name="x", scopes=["ask"], days=9, actor=employee).key)
    ApiKey.objects.all().delete()
    assert find_reader(credential) is None


def test_an_admin_who_is_one_no_more_is_found_as_what_they_are(knowledge_admin: User) -> None:
    key = create_api_key(user=knowledge_admin, name="x", scopes=["ask", "manage"], days=9, actor=None).key
    asking, managing = key_credential(key), key_credential(key, scope="manage")
    assert find_reader(managing).is_knowledge_admin
    User.objects.filter(pk=knowledge_admin.pk).update(role="employee")
    assert find_reader(managing) is None
    assert not find_reader(asking).is_knowledge_admin


def test_a_command_has_an_accounts_rights_while_it_is_active(employee: User) -> None:
    credential = command_credential(employee)
    assert find_reader(credential) == employee
    User.objects.filter(pk=employee.pk).update(is_active=False)
    assert find_reader(credential) is None


def test_the_operator_reads_everything(db: None) -> None:
    assert find_reader(command_credential(operator())).is_knowledge_admin


def test_a_credential_does_not_print_the_session_that_it_holds(employee: User) -> None:
    _client, credential = signed_in(employee)
    assert credential.session_key
    assert credential.session_key not in repr(credential)

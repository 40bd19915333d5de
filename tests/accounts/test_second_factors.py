"""Second factors: made, used, demanded, taken away; each on record. A passkey needs a browser: tests/browser/test_passkeys.py."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import Client

from accounts.credentials import Credential, find_reader, session_credential
from accounts.keys import create_api_key
from accounts.models import SignInRules, User
from accounts.sign_in.rules import change_rules
from audit.models import Event, Payload
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


def code_of(secret: str, *, steps: int = 0) -> str:
    """RFC 6238 with the usual 30 s, 6 digits and SHA-1."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"


def sign_in(client: Client, login: str = "erin"):
    return client.post("/accounts/login/", {"login": login, "password": PASSWORD})


def signed_in(login: str = "erin") -> Client:
    client = Client()
    assert sign_in(client, login)["Location"] in ("/", "/people/security/second-factor/")
    return client


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set up an authenticator app as its page says. Returns: its key, the recovery codes."""
    secret = client.get("/accounts/second-factor/app/").context["form"].secret
    response = client.post("/accounts/second-factor/app/", {"code": code_of(secret)})
    assert response["Location"] == "/accounts/second-factor/recovery-codes/"
    return secret, list(client.get(response["Location"]).context["unused_codes"])


def use_code(client: Client, code: str):
    return client.post("/accounts/second-factor/code/", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def credential_of(client: Client, user: User) -> Credential:
    request = HttpRequest()
    request.session = client.session
    return session_credential(request, user=user)


def recorded(prefix: str = "") -> list[str]:
    return list(Event.objects.filter(action__startswith=prefix).order_by("sequence").values_list("action", flat=True))


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(employee: User) -> None:
    client = signed_in()
    secret, codes = set_up(client)
    assert len(codes) == 10
    assert recorded("account.") == ["account.factor_added", "account.factor_added"]  # the app, and the recovery codes with it
    assert is_in(client)
    other = Client()
    assert sign_in(other)["Location"] == "/accounts/second-factor/code/"
    assert not is_in(other)
    assert other.get("/api/v1/collections").status_code == 401
    assert "One more step" in other.get("/accounts/second-factor/code/").content.decode()
    assert use_code(other, code_of(secret, steps=1))["Location"] == "/"
    assert is_in(other)
    assert Event.objects.first().payload.data["by"] == ["password", "totp"]


def test_a_code_works_once(employee: User) -> None:
    secret, _codes = set_up(signed_in())
    first, second = Client(), Client()
    sign_in(first), sign_in(second)
    code = code_of(secret, steps=1)
    assert use_code(first, code).status_code == 302
    assert "Incorrect code" in use_code(second, code).content.decode()
    cache.delete(f"allauth.mfa.totp.used?user={employee.pk}&code={code}")  # which lasts 30 s, and the code 90
    assert "Incorrect code" in use_code(second, code).content.decode()
    assert not is_in(second)


def test_a_recovery_code_works_once_and_is_shown_once(employee: User) -> None:
    client = signed_in()
    _secret, codes = set_up(client)
    again = client.get("/accounts/second-factor/recovery-codes/")
    assert codes[0] not in again.content.decode()
    assert "already been shown" in again.content.decode()
    first, second = Client(), Client()
    sign_in(first), sign_in(second)
    assert use_code(first, codes[0]).status_code == 302
    assert use_code(second, codes[0]).status_code == 200
    assert not is_in(second)
    assert "9 codes left" in first.get("/people/security/").content.decode()


def test_guessing_codes_is_stopped_and_on_record(employee: User) -> None:
    secret, _codes = set_up(signed_in())
    client = Client()
    sign_in(client)
    for number in range(5):
        assert "Incorrect code" in use_code(client, f"00000{number}").content.decode()
    assert "Too many" in use_code(client, code_of(secret, steps=1)).content.decode()
    assert not is_in(client)
    refused = Event.objects.filter(action="session.refused")
    assert refused.count() == 5
    assert refused.first().payload.data["factor"] == "totp"


def test_secrets_are_sealed_and_nowhere_in_the_audit(employee: User) -> None:
    secret, codes = set_up(signed_in())
    stored = "".join(str(row.data) for row in Authenticator.objects.all()) + "".join(row.body for row in Payload.objects.all())
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert {row.type for row in Authenticator.objects.all()} == {"totp", "recovery_codes"}


def test_the_first_factor_ends_other_sessions_and_keeps_this_one(employee: User) -> None:
    other, here = signed_in(), signed_in()
    credential = credential_of(other, employee)
    set_up(here)
    assert (is_in(here), is_in(other)) == (True, False)
    assert find_reader(credential) is None


def test_a_factor_is_changed_only_by_who_has_confirmed_with_it(employee: User) -> None:
    client = signed_in()
    secret, _codes = set_up(client)
    confirmed(client, by="mfa", ago_s=601)
    response = client.post("/accounts/second-factor/app/remove/")
    assert response["Location"].startswith("/accounts/second-factor/confirm/")
    assert Authenticator.objects.filter(type="totp").exists()
    done = client.post(response["Location"], {"code": code_of(secret, steps=1)}, follow=True)
    assert done.redirect_chain[-1][0] == "/people/security/"
    assert not Authenticator.objects.exists()
    assert recorded("account.factor_r") == ["account.factor_removed"] * 2
    assert sign_in(Client())["Location"] == "/"


def test_new_recovery_codes_replace_the_old_ones(employee: User) -> None:
    client = signed_in()
    _secret, old = set_up(client)
    shown = client.post("/accounts/second-factor/recovery-codes/new/", follow=True)
    assert shown.status_code == 200
    new = list(shown.context["unused_codes"])
    assert len(new) == 10
    assert not set(new) & set(old)
    other = Client()
    sign_in(other)
    assert use_code(other, old[0]).status_code == 200
    assert use_code(other, new[0]).status_code == 302


# --- demanded ---


def demand(*roles: str) -> None:
    change_rules(second_factor_roles=roles, actor=None)


def test_who_must_have_one_and_has_none_sets_one_up_before_anything_else(employee: User) -> None:
    client = signed_in()
    credential = credential_of(client, employee)
    assert find_reader(credential) == employee
    demand("employee")
    assert find_reader(credential) is None  # an answer that is being written ends
    assert client.get("/")["Location"] == "/people/security/second-factor/"
    assert client.get("/people/security/")["Location"] == "/people/security/second-factor/"
    refused = client.get("/api/v1/collections")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_required")
    assert "Your company requires one" in client.get("/people/security/second-factor/").content.decode()
    set_up(client)
    assert is_in(client)
    assert client.get("/api/v1/collections").status_code == 200
    assert find_reader(credential_of(client, employee)) == employee
    assert client.get("/people/security/second-factor/")["Location"] == "/people/security/"


def test_it_is_demanded_of_the_named_roles_alone(employee: User, auditor: User) -> None:
    demand("auditor")
    assert is_in(signed_in())
    assert not is_in(signed_in("ada"))


def test_api_keys_go_on(employee: User) -> None:
    key = create_api_key(user=employee, name="x", scopes=["read"], days=9, actor=employee).text
    demand("employee")
    assert Client().get("/api/v1/collections", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_a_demanded_factor_is_not_taken_off_by_its_owner(employee: User) -> None:
    client = signed_in()
    set_up(client)
    demand("employee")
    page = client.post("/accounts/second-factor/app/remove/")
    assert "Add a passkey first" in page.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_an_admin_sets_the_rules_on_a_page(knowledge_admin: User) -> None:
    client = signed_in("kim")
    assert "Second factor required for" in client.get("/people/sign-in/").content.decode()
    refused = client.post("/people/sign-in/", {"second_factor_roles": ["knowledge_admin"]})
    assert refused.status_code == 422
    assert "your own second factor first" in refused.content.decode()
    assert client.post("/people/sign-in/", {"second_factor_roles": ["employee", "auditor"]}).status_code == 302
    assert SignInRules.current().second_factor_roles == ["employee", "auditor"]
    assert client.post("/people/sign-in/", {"second_factor_roles": ["king"]}).status_code == 422
    assert client.post("/people/sign-in/", {}).status_code == 302
    assert SignInRules.current().second_factor_roles == []
    changes = [event.payload.data["changed"] for event in Event.objects.filter(action="account.rules_changed").order_by("sequence")]
    assert changes == [
        {"second_factor_roles": {"from": [], "to": ["employee", "auditor"]}},
        {"second_factor_roles": {"from": ["employee", "auditor"], "to": []}},
    ]


# --- lost ---


def test_an_admin_takes_a_lost_factor_away_and_the_person_is_signed_out(employee: User, knowledge_admin: User) -> None:
    theirs, admin = signed_in(), signed_in("kim")
    set_up(theirs)
    assert "Remove the second factor of erin" in admin.get(f"/people/{employee.pk}/").content.decode()
    assert admin.post(f"/people/{employee.pk}/second-factors/remove/").status_code == 302
    assert not is_in(theirs)
    assert not Authenticator.objects.exists()
    event = Event.objects.filter(action="account.factors_removed").get()
    assert event.actor_name == "kim"
    assert {entry["type"] for entry in event.payload.data["removed"]} == {"totp", "recovery_codes"}
    assert sign_in(Client())["Location"] == "/"


def test_a_command_does_so_where_no_admin_is_left(employee: User, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(signed_in())
    call_command("remove_second_factors", "erin")
    assert "1 second factor" in capsys.readouterr().out
    assert sign_in(Client())["Location"] == "/"
    assert Event.objects.filter(action="account.factors_removed").get().actor_name == ""
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factors", "nobody")


def test_the_picture_holds_the_key_and_nothing_that_the_policy_forbids(employee: User) -> None:
    page = signed_in().get("/accounts/second-factor/app/").content.decode()
    picture = re.search(r"<svg.*?</svg>", page, flags=re.S)[0]
    assert "style=" not in picture
    assert "<script" not in picture

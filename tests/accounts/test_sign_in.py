"""Ways in and out: each is on record, guessing is slowed down, nobody signs up."""

import errno
import sqlite3
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.services import change_account, reset_password
from audit.errors import AuditInvalid
from audit.models import Event

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: str):
    return client.post("/accounts/login/", {"login": login, "password": password}, **extra)


def recorded() -> list[tuple[str, str]]:
    return [(event.action, event.actor_name) for event in Event.objects.order_by("sequence")]


def test_signing_in_and_out_is_on_record(client: Client, employee: User) -> None:
    response = sign_in(client, "erin", headers={"User-Agent": "Firefox"})
    assert (response.status_code, response["Location"]) == (302, "/")
    page = client.get("/")
    assert page.status_code == 200
    assert list(page.context["messages"]) == []  # that it worked, the page itself says
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302
    assert recorded() == [("session.started", "erin"), ("session.ended", "erin")]
    event = Event.objects.get(sequence=1)
    assert event.payload.data == {"address": "127.0.0.1", "browser": "Firefox", "by": ["password"]}
    assert (event.actor_id, event.subject) == (str(employee.pk), f"user:{employee.pk}")


def test_one_signs_in_with_the_email_address_and_in_any_case(client: Client, employee: User) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    assert sign_in(client, "Erin@Example.com").status_code == 302
    client.logout()
    assert sign_in(client, "ERIN").status_code == 302
    assert not EmailAddress.objects.exists() or EmailAddress.objects.get().user == employee


def test_a_refused_sign_in_names_the_account_but_never_what_is_none(client: Client, employee: User) -> None:
    assert sign_in(client, "erin", "wrong").status_code == 200
    assert sign_in(client, "my-password-in-the-wrong-field", "x").status_code == 200
    assert recorded() == [("session.refused", "erin"), ("session.refused", "")]
    assert all("my-password" not in event.payload.body and event.summary in ("erin", "") for event in Event.objects.all())


def test_both_failures_read_the_same(client: Client, employee: User) -> None:
    known, unknown = sign_in(client, "erin", "wrong"), sign_in(client, "nobody", "wrong")
    assert list(known.context["form"].non_field_errors()) == list(unknown.context["form"].non_field_errors())
    assert known.context["form"].non_field_errors()


def test_a_deactivated_person_is_out_at_once_and_stays_out(client: Client, employee: User) -> None:
    sign_in(client, "erin")
    assert client.get("/").status_code == 200
    change_account(user=employee, actor=None, is_active=False)
    assert client.get("/").status_code == 302
    sign_in(client, "erin")
    assert client.get("/").status_code == 302


def test_a_reset_password_ends_open_sessions(client: Client, employee: User) -> None:
    sign_in(client, "erin")
    reset_password(user=employee, actor=None)
    assert client.get("/").status_code == 302
    assert sign_in(client, "erin").status_code == 200


LOCKED = "Too many failed login attempts"


def is_locked_out(response: HttpResponse) -> bool:
    return response.status_code == 200 and LOCKED in str(response.context["form"].errors)


def test_guessing_one_account_at_an_address_is_stopped_even_with_the_right_password(client: Client, employee: User) -> None:
    for _ in range(5):
        sign_in(client, "erin", "wrong", REMOTE_ADDR="10.0.0.1")
    assert is_locked_out(sign_in(client, "erin", REMOTE_ADDR="10.0.0.1"))
    assert client.get("/").status_code == 302
    assert recorded() == [("session.refused", "erin")] * 5


def test_guesses_from_another_address_lock_nobody_out_of_theirs(client: Client, employee: User) -> None:
    for _ in range(9):
        sign_in(Client(), "erin", "wrong", REMOTE_ADDR="10.6.6.6")
    assert sign_in(client, "erin", REMOTE_ADDR="10.0.0.1").status_code == 302


def test_guesses_from_many_addresses_are_stopped_but_for_a_device_that_is_known(client: Client, employee: User) -> None:
    """The owner signs in where they did before, though strangers try from everywhere, the owner's own address included."""
    assert sign_in(client, "erin", REMOTE_ADDR="10.0.0.1").status_code == 302
    client.post("/accounts/logout/")
    for number in range(25):
        sign_in(Client(), "erin", "wrong", REMOTE_ADDR=f"10.6.6.{number % 4 or 1}")
    for _ in range(25):
        sign_in(Client(), "erin", "wrong", REMOTE_ADDR="10.0.0.1")
    assert is_locked_out(sign_in(Client(), "erin", REMOTE_ADDR="10.7.7.7"))
    for address in ("10.0.0.1", "10.8.8.8"):
        assert sign_in(client, "erin", REMOTE_ADDR=address).status_code == 302
        client.post("/accounts/logout/")


def test_a_known_device_guesses_no_more_than_others(client: Client, employee: User) -> None:
    sign_in(client, "erin")
    client.post("/accounts/logout/")
    for _ in range(10):
        assert not is_locked_out(sign_in(client, "erin", "wrong"))
    assert is_locked_out(sign_in(client, "erin"))


def test_a_known_device_is_known_for_its_own_accounts_alone(client: Client, employee: User, outsider: User) -> None:
    sign_in(client, "olga")
    client.post("/accounts/logout/")
    for _ in range(5):
        sign_in(client, "erin", "wrong")
    assert is_locked_out(sign_in(client, "erin"))


def test_the_cookie_of_a_device_is_signed_and_shown_to_the_sign_in_page_alone(client: Client, employee: User, settings) -> None:
    sign_in(client, "erin")
    cookie = client.cookies["known_device"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/accounts/login/", True, "Lax")
    assert "erin" not in cookie.value
    client.post("/accounts/logout/")
    client.cookies["known_device"] = f"x{cookie.value}"
    for _ in range(5):
        sign_in(client, "erin", "wrong")
    assert is_locked_out(sign_in(client, "erin"))


def test_the_limits_do_not_reveal_which_names_belong_together(client: Client, employee: User) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    for _ in range(5):
        sign_in(client, "erin", "wrong")
    assert not is_locked_out(sign_in(client, "erin@example.com", "wrong"))


def test_guessing_many_accounts_from_one_address_is_stopped(client: Client, employee: User) -> None:
    for number in range(20):
        sign_in(client, f"nobody{number}", "wrong")
    assert is_locked_out(sign_in(client, "erin"))
    for _ in range(10):
        response = sign_in(client, "erin")
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_a_client_cannot_choose_its_address(client: Client, employee: User) -> None:
    """Neither to get around the limits nor to write another's into the audit."""
    for number in range(5):
        sign_in(client, "erin", "wrong", headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert is_locked_out(sign_in(client, "erin", headers={"X-Forwarded-For": "10.0.0.99"}))
    assert {event.payload.data["address"] for event in Event.objects.all()} == {"127.0.0.1"}


def test_no_sign_in_without_a_record_of_it(client: Client, employee: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwritable(*args: object, **fields: object) -> None:
        raise AuditInvalid("disk full")

    monkeypatch.setattr("accounts.sign_in.adapter.record", unwritable)
    assert sign_in(client, "erin").status_code == 503
    assert client.get("/").status_code == 302


def full_database(*args: object, **named: object) -> None:
    """What Django raises where SQLite finds no room."""
    driver = sqlite3.OperationalError("database or disk is full")
    driver.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise OperationalError("database or disk is full") from driver


def full_disk(*args: object, **named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("place", "fail"),
    [
        ("django.core.cache.backends.locmem.LocMemCache.set", full_disk),  # the count of tries
        ("accounts.sign_in.adapter.record", full_database),
        ("django.contrib.sessions.backends.db.SessionStore.save", full_database),  # beyond the views
    ],
)
def test_signing_in_on_a_full_disk_says_so(
    employee: User, monkeypatch: pytest.MonkeyPatch, place: str, fail: Callable[..., None]
) -> None:
    client = Client(raise_request_exception=False)
    monkeypatch.setattr(place, fail)
    response = sign_in(client, "erin")
    assert response.status_code == 503
    page = response.content.decode()
    assert "disk is full, so nothing was saved" in page
    assert response["X-Request-ID"] in page
    response_json = client.post("/accounts/login/", {"login": "erin", "password": PASSWORD}, headers={"Accept": "application/json"})
    assert (response_json.status_code, response_json.json()["error"]["code"]) == (503, "storage_full")


def test_changing_ones_own_password_is_on_record_and_keeps_the_session(client: Client, employee: User) -> None:
    sign_in(client, "erin")
    new = "battery staple 9"
    assert client.get("/accounts/password/change/").status_code == 200
    response = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert response.status_code == 302
    assert client.get("/").status_code == 200
    employee.refresh_from_db()
    assert employee.check_password(new)
    assert recorded()[-1] == ("account.changed", "erin")
    assert new not in Event.objects.get(sequence=2).payload.body


@pytest.mark.parametrize("address", ["signup/", "password/reset/", "email/", "confirm-email/", ""])
def test_nobody_signs_up_or_resets_by_mail(client: Client, employee: User, address: str) -> None:
    client.force_login(employee)
    assert client.get(f"/accounts/{address}").status_code == 404


def test_after_sign_in_one_is_not_led_to_another_site(client: Client, employee: User) -> None:
    response = client.post("/accounts/login/?next=https://evil.example/", {"login": "erin", "password": PASSWORD})
    assert response["Location"] == "/"

"""Ways in and out: each is on record, guessing is slowed down, nobody signs up."""

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
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
    assert event.payload.data == {"address": "127.0.0.1", "browser": "Firefox"}
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
    account = reset_password(user=employee, actor=None)
    assert client.get("/").status_code == 302
    assert sign_in(client, "erin").status_code == 200
    assert sign_in(client, "erin", account.password).status_code == 302


def test_guessing_one_account_is_stopped_even_with_the_right_password(client: Client, employee: User) -> None:
    for number in range(5):
        sign_in(client, "erin", "wrong", REMOTE_ADDR=f"10.0.0.{number}")
    response = sign_in(client, "erin", REMOTE_ADDR="10.0.0.99")
    assert response.status_code == 200
    assert "Too many failed login attempts" in str(response.context["form"].errors)
    assert client.get("/").status_code == 302
    assert recorded() == [("session.refused", "erin")] * 5


def test_guessing_many_accounts_from_one_address_is_stopped(client: Client, employee: User) -> None:
    for number in range(20):
        sign_in(client, f"nobody{number}", "wrong")
    assert "Too many failed login attempts" in str(sign_in(client, "erin").context["form"].errors)
    for _ in range(10):
        response = sign_in(client, "erin")
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_no_sign_in_without_a_record_of_it(client: Client, employee: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwritable(*args: object, **fields: object) -> None:
        raise AuditInvalid("disk full")

    monkeypatch.setattr("accounts.adapter.record", unwritable)
    assert sign_in(client, "erin").status_code == 503
    assert client.get("/").status_code == 302


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

"""People set their own passwords by links that work once; nobody is told a password twice, and a told one does not last."""

import re
import threading
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import change_account, create_account, reset_password
from accounts.sign_in.links import FORGOTTEN_S, Purpose, find_invited, make_link
from accounts.sign_in.sessions import sign_out_everywhere
from audit.models import Event, Payload
from bench.harness.ports import free_port
from config.env_hosts import MailServer
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
OLD, NEW = "correct horse 7", "battery staple 9"
LINK = re.compile(r"https?://[^/\s]+(/accounts/password/set/[\w:-]+/)")


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def admin(knowledge_admin: User) -> Client:
    client = Client()
    client.force_login(knowledge_admin)
    return confirmed(client)


def path_of(user: User, purpose: Purpose = Purpose.INVITED) -> str:
    return LINK.fullmatch(make_link(user, purpose=purpose))[1]


def set_by(path: str, password: str = NEW, again: str | None = None, client: Client | None = None):
    return (client or Client()).post(path, {"password1": password, "password2": password if again is None else again})


def recorded() -> list[tuple[str, str, object]]:
    return [
        (event.action, event.actor_name, event.payload.data.get("changed", {}).get("password"))
        for event in Event.objects.order_by("sequence")
    ]


def test_a_new_account_gets_a_link_that_is_shown_once_and_sets_the_password(admin: Client) -> None:
    page = admin.post("/people/new/", {"username": "nora", "role": "employee"})
    assert page.status_code == 201
    path = LINK.search(page.content.decode())[1]
    nora = User.objects.get(username="nora")
    assert not nora.has_usable_password()
    assert not LINK.search(admin.get(f"/people/{nora.pk}/").content.decode())
    browser = Client()
    assert "nora" in browser.get(path).content.decode()
    assert set_by(path, client=browser)["Location"] == "/"
    assert browser.get("/").status_code == 200
    nora.refresh_from_db()
    assert nora.check_password(NEW)
    assert recorded() == [
        ("account.created", "kim", None),
        ("account.changed", "nora", "set by its owner, by a link"),
        ("session.started", "nora", None),
    ]
    assert not any(NEW in row.body or path.split("/")[-2] in row.body for row in Payload.objects.all())


def test_a_link_works_once(employee: User) -> None:
    path = path_of(employee)
    assert Client().get(path).status_code == 200
    assert Client().get(path).status_code == 200  # a mail scanner that opens it uses nothing up
    assert set_by(path).status_code == 302
    again = set_by(path, "another staple 9")
    assert again.status_code == 410
    assert "no longer works" in again.content.decode()
    employee.refresh_from_db()
    assert employee.check_password(NEW)


VOIDED = {
    "a newer reset": lambda user: reset_password(user=user, actor=None),
    "another address": lambda user: change_account(user=user, actor=None, email="other@example.com"),
    "signing in": lambda user: Client().post("/accounts/login/", {"login": user.username, "password": OLD}),
    "signing out everywhere": lambda user: sign_out_everywhere(user=user, actor=None),
    "no access": lambda user: change_account(user=user, actor=None, is_active=False),
    "deleting the account": lambda user: User.objects.get(pk=user.pk).delete(),
}


@pytest.mark.parametrize("event", VOIDED)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_is_void_after(employee: User, event: str, purpose: Purpose) -> None:
    path = path_of(employee, purpose)
    assert Client().get(path).status_code == 200
    VOIDED[event](employee)
    assert Client().get(path).status_code == 410
    assert set_by(path).status_code == 410


@pytest.mark.parametrize(("purpose", "lasts_s"), [(Purpose.INVITED, 72 * 3600), (Purpose.FORGOTTEN, FORGOTTEN_S)])
def test_a_link_ends(employee: User, monkeypatch: pytest.MonkeyPatch, purpose: Purpose, lasts_s: int) -> None:
    path = path_of(employee, purpose)
    issued = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + lasts_s - 5)
    assert Client().get(path).status_code == 200
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + lasts_s + 5)
    assert Client().get(path).status_code == 410


def test_a_link_opens_no_other_account_and_cannot_be_changed(employee: User, teammate: User) -> None:
    token = path_of(employee).split("/")[-2]
    assert find_invited(token) == employee
    body, rest = token.split(":", 1)
    for forged in (f"{path_of(teammate).split('/')[-2].split(':')[0]}:{rest}", f"{body}x:{rest}", "x", "x:y:z"):
        assert find_invited(forged) is None


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [("short", None, "too short"), ("password123", None, "too common"), (NEW, "other", "differ"), ("", None, "required")],
)
def test_a_bad_password_is_said_and_the_link_stays(employee: User, password: str, again: str | None, sentence: str) -> None:
    path = path_of(employee)
    refused = set_by(path, password, again)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert set_by(path).status_code == 302


def test_a_reset_makes_the_old_password_useless_and_shows_a_link(admin: Client, employee: User) -> None:
    page = admin.post(f"/people/{employee.pk}/password/").content.decode()
    employee.refresh_from_db()
    assert not employee.check_password(OLD)
    assert "works once" in page
    assert set_by(LINK.search(page)[1]).status_code == 302


def sign_in(client: Client, password: str, login: str = "nora"):
    return client.post("/accounts/login/", {"login": login, "password": password})


def told(password: str = OLD) -> User:
    return create_account(username="nora", password=password, is_told=True)


def test_a_told_password_is_changed_before_anything_else(client: Client) -> None:
    told()
    assert sign_in(client, OLD)["Location"] == "/accounts/password/new/"
    assert client.get("/").status_code == 302  # not signed in
    assert client.get("/api/v1/collections").status_code == 401
    page = client.get("/accounts/password/new/")
    assert "generated for you" in page.content.decode()
    same = client.post("/accounts/password/new/", {"password1": OLD, "password2": OLD})
    assert same.status_code == 422
    assert "nobody else knows" in same.content.decode()
    assert client.post("/accounts/password/new/", {"password1": NEW, "password2": NEW})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert [entry[0] for entry in recorded()] == ["account.created", "account.changed", "session.started"]
    other = Client()
    assert sign_in(other, NEW)["Location"] == "/"


def test_the_page_for_a_told_password_opens_to_nobody_else(client: Client, employee: User) -> None:
    assert client.get("/accounts/password/new/")["Location"] == "/accounts/login/"
    assert client.post("/accounts/password/new/", {"password1": NEW, "password2": NEW})["Location"] == "/accounts/login/"
    client.force_login(employee)
    assert client.post("/accounts/password/new/", {"password1": NEW, "password2": NEW}).status_code == 302
    employee.refresh_from_db()
    assert employee.check_password(OLD)


def test_commands_tell_a_password_that_must_be_changed_or_print_a_link(capsys: pytest.CaptureFixture[str], settings) -> None:
    call_command("create_account", "nora")
    assert "must be changed" in capsys.readouterr().out
    assert User.objects.get(username="nora").must_change_password
    settings.PUBLIC_URL = "https://attest.example"
    call_command("create_account", "otto", "--link")
    printed = capsys.readouterr().out
    assert "https://attest.example/accounts/password/set/" in printed
    assert set_by(LINK.search(printed)[1]).status_code == 302


# --- mail, to a real server on this machine ---


class Box:
    """Keeps what it is sent, from whoever signs in with the right name."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not session.authenticated:
            return "530 Sign in first"
        self.envelopes.append(envelope)
        return "250 OK"

    def texts(self) -> list[tuple[str, str, str]]:
        parsed = [BytesParser(policy=policy.default).parsebytes(envelope.content) for envelope in self.envelopes]
        return [(message["To"], message["Subject"], message.get_content()) for message in parsed]


def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"attest", b"s3cret")
    return AuthResult(success=is_right)


@pytest.fixture
def box(settings) -> Iterator[Box]:
    box, port = Box(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, authenticator=check, auth_require_tls=False)
    controller.start()
    try:
        settings.MAIL = MailServer(host="127.0.0.1", port=port, username="attest", password="s3cret", security="none")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "attest", "s3cret"
        settings.PUBLIC_URL = "https://attest.example"
        yield box
    finally:
        controller.stop()


def wait_for_mail() -> None:
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(30)


def test_a_new_account_with_an_address_is_mailed_its_link(admin: Client, box: Box) -> None:
    page = admin.post("/people/new/", {"username": "nora", "role": "employee", "email": "nora@example.com"}).content.decode()
    assert "was sent to nora@example.com" in page
    assert not LINK.search(page)
    ((to, subject, text),) = box.texts()
    assert (to, subject) == ("nora@example.com", "Set your password for Attest")
    assert "https://attest.example/accounts/password/set/" in text
    assert set_by(LINK.search(text)[1]).status_code == 302


def test_a_mail_that_is_not_taken_shows_the_link_instead(admin: Client, box: Box, settings) -> None:
    settings.EMAIL_HOST_PASSWORD = "wrong"
    page = admin.post("/people/new/", {"username": "nora", "role": "employee", "email": "nora@example.com"}).content.decode()
    assert "did not accept the message" in page
    assert set_by(LINK.search(page)[1]).status_code == 302
    assert box.texts() == []


def test_who_forgot_the_password_is_mailed_a_link_and_keeps_it_until_then(employee: User, box: Box, client: Client) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    assert "/accounts/password/forgotten/" in client.get("/accounts/login/").content.decode()
    for login in ("erin", "ERIN@example.com"):
        response = client.post("/accounts/password/forgotten/", {"login": login}, follow=True)
        assert "If this account exists" in response.content.decode()
    wait_for_mail()
    (to, _subject, text), _again = box.texts()
    assert to == "erin@example.com"
    assert "works once, and for 1 hour" in text
    employee.refresh_from_db()
    assert employee.check_password(OLD)
    assert set_by(LINK.search(text)[1]).status_code == 302
    assert recorded()[0][:2] == ("account.link_requested", "")


def test_nobody_learns_here_who_has_an_account(employee: User, outsider: User, box: Box, client: Client) -> None:
    User.objects.filter(pk=outsider.pk).update(email="olga@example.com", is_active=False)
    answers = [
        client.post("/accounts/password/forgotten/", {"login": login}, follow=True)
        for login in ("nobody", "erin", "olga", "olga@example.com")
    ]
    wait_for_mail()
    assert box.texts() == []  # erin has no address, olga may not sign in
    shown = {re.sub(r'value="\w{64}"|"X-CSRFToken": "\w+"', "", answer.content.decode()) for answer in answers}
    assert len(shown) == 1
    assert {answer.status_code for answer in answers} == {200}
    assert "nobody" not in "".join(row.body for row in Payload.objects.all())


def test_a_box_is_not_filled_and_an_address_does_not_ask_for_ever(employee: User, box: Box, client: Client) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    statuses = [client.post("/accounts/password/forgotten/", {"login": "erin"}).status_code for _ in range(14)]
    wait_for_mail()
    assert len(box.texts()) == 3
    assert statuses[:10] == [302] * 10
    assert 429 in statuses[10:]


def test_without_mail_there_is_no_such_page(client: Client) -> None:
    assert client.get("/accounts/password/forgotten/").status_code == 404
    assert "Ask a knowledge admin" in client.get("/accounts/login/").content.decode()

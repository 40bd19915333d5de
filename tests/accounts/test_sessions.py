"""A person sees where they are signed in and ends it; sessions have an end of their own."""

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.credentials import Credential, find_reader, session_credential
from accounts.keys import create_api_key
from accounts.models import BrowserSession, User
from accounts.sign_in.browsers import name_browser
from accounts.sign_in.sessions import find_sessions
from audit.models import Event

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1"
EDGE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0"


def signed_in(user: User, *, browser: str = FIREFOX, address: str = "10.0.0.1") -> Client:
    client = Client(headers={"User-Agent": browser}, REMOTE_ADDR=address)
    assert client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})["Location"] == "/"
    assert client.get("/").status_code == 200
    return client


def credential_of(client: Client, user: User) -> Credential:
    request = HttpRequest()
    request.session = client.session
    return session_credential(request, user=user)


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_the_page_lists_this_session_first_with_device_and_address(employee: User) -> None:
    here = signed_in(employee, browser=SAFARI, address="10.0.0.7")
    signed_in(employee)
    signed_in(employee, browser=EDGE, address="2001:db8::5")
    page = here.get("/people/security/").content.decode()
    places = [page.index(text) for text in ("Safari · iPhone", "This session", "Edge · macOS", "Firefox · Windows")]
    assert places == sorted(places)
    assert all(address in page for address in ("10.0.0.7", "2001:db8::5", "10.0.0.1"))
    assert not any(row.session_key in page for row in BrowserSession.objects.all())


def test_one_session_is_ended_at_once_and_on_record(employee: User) -> None:
    here, there = signed_in(employee), signed_in(employee, browser=SAFARI, address="10.0.0.2")
    credential = credential_of(there, employee)
    row = next(row for row in find_sessions(employee) if row.address == "10.0.0.2")
    assert here.post(f"/people/security/sessions/{row.public_id}/end/")["Location"] == "/people/security/"
    assert (is_in(here), is_in(there)) == (True, False)
    assert find_reader(credential) is None
    event = Event.objects.first()
    assert (event.action, event.actor_name, event.payload.data["ended"]["address"]) == ("session.ended", "erin", "10.0.0.2")
    assert event.payload.data["by"]["address"] == "10.0.0.1"


def test_nobody_ends_anothers_session(employee: User, teammate: User) -> None:
    theirs, mine = signed_in(employee), signed_in(teammate)
    (row,) = find_sessions(employee)
    assert mine.post(f"/people/security/sessions/{row.public_id}/end/").status_code == 404
    assert is_in(theirs)


def test_signing_out_everywhere_ends_every_session_here_too_and_keeps_keys(employee: User, teammate: User) -> None:
    here, there, other = signed_in(employee), signed_in(employee, browser=SAFARI), signed_in(teammate)
    credentials = [credential_of(client, employee) for client in (here, there)]
    kept = dict(here.cookies)
    key = create_api_key(user=employee, name="x", scopes=["ask"], days=9, actor=employee).key
    assert here.post("/people/security/sessions/end/")["Location"] == "/accounts/login/"
    assert [find_reader(credential) for credential in credentials] == [None, None]
    assert (is_in(here), is_in(there), is_in(other)) == (False, False, True)
    replay = Client()
    replay.cookies.load({name: morsel.value for name, morsel in kept.items()})
    assert not is_in(replay)
    key.refresh_from_db()
    assert key.state == "active"
    event = Event.objects.filter(action="session.all_ended").get()
    assert (event.actor_name, event.payload.data["sessions"]) == ("erin", 2)
    assert is_in(signed_in(employee))


def test_an_admin_signs_a_person_out_everywhere(employee: User, knowledge_admin: User) -> None:
    theirs, admin = signed_in(employee), signed_in(knowledge_admin)
    assert "1 open session." in admin.get(f"/people/{employee.pk}/").content.decode()
    assert admin.post(f"/people/{employee.pk}/sign-out/").status_code == 302
    assert (is_in(theirs), is_in(admin)) == (False, True)
    assert Event.objects.filter(action="session.all_ended").get().actor_name == "kim"


def test_a_session_that_is_not_used_ends_and_so_does_its_answer(employee: User, settings) -> None:
    settings.SESSION_IDLE_S = 600
    client = signed_in(employee)
    credential = credential_of(client, employee)
    BrowserSession.objects.update(seen_at=timezone.now() - timedelta(seconds=590))
    assert find_reader(credential) == employee
    assert is_in(client)  # and is used by that
    assert BrowserSession.objects.get(user=employee).seen_at > timezone.now() - timedelta(seconds=60)
    BrowserSession.objects.update(seen_at=timezone.now() - timedelta(seconds=601))
    assert find_reader(credential) is None
    assert not is_in(client)


def test_without_a_limit_a_session_may_rest(employee: User, settings) -> None:
    settings.SESSION_IDLE_S = 0
    client = signed_in(employee)
    BrowserSession.objects.update(seen_at=timezone.now() - timedelta(hours=11))
    assert is_in(client)


def test_what_a_page_asks_for_by_itself_is_no_use(employee: User, settings) -> None:
    settings.SESSION_IDLE_S = 600
    client = signed_in(employee)
    long_ago = timezone.now() - timedelta(seconds=500)
    BrowserSession.objects.update(seen_at=long_ago)
    assert client.get("/", headers={"X-Unattended": "1"}).status_code == 200
    assert BrowserSession.objects.get(user=employee).seen_at == long_ago
    assert is_in(client)
    assert BrowserSession.objects.get(user=employee).seen_at > long_ago


def test_a_session_ends_however_much_it_is_used(employee: User, settings) -> None:
    client = signed_in(employee)
    credential = credential_of(client, employee)
    settings.SESSION_COOKIE_AGE = 3600
    now = timezone.now()
    BrowserSession.objects.update(started_at=now - timedelta(seconds=3590))
    assert is_in(client)
    BrowserSession.objects.update(started_at=now - timedelta(seconds=3601))
    assert find_reader(credential) is None
    assert not is_in(client)


def test_saving_a_session_does_not_prolong_it(employee: User) -> None:
    client = signed_in(employee)
    before = BrowserSession.objects.get(user=employee)
    session = client.session
    session["anything"] = 1
    session.save()
    after = BrowserSession.objects.get(user=employee)
    assert (after.started_at, after.address, after.browser) == (before.started_at, before.address, before.browser)


def test_use_is_written_once_a_minute_from_one_place(employee: User) -> None:
    client = signed_in(employee)
    seen = BrowserSession.objects.get(user=employee).seen_at
    client.get("/people/security/")
    assert BrowserSession.objects.get(user=employee).seen_at == seen
    client.get("/people/security/", REMOTE_ADDR="10.0.0.9")
    assert BrowserSession.objects.get(user=employee).address == "10.0.0.9"


def test_sessions_that_ended_otherwise_are_not_listed(employee: User) -> None:
    client = signed_in(employee)
    other = signed_in(employee, browser=SAFARI)
    changed = {"oldpassword": PASSWORD, "password1": "Lemon tree 42 x", "password2": "Lemon tree 42 x"}
    assert other.post("/accounts/password/change/", changed).status_code == 302
    assert not is_in(client)
    employee.refresh_from_db()
    assert [row.browser for row in find_sessions(employee)] == [SAFARI]


@pytest.mark.parametrize(
    ("text", "name"),
    [(FIREFOX, "Firefox · Windows"), (SAFARI, "Safari · iPhone"), (EDGE, "Edge · macOS"), ("curl/8.5", "curl/8.5"), ("", "")],
)
def test_browsers_are_named(text: str, name: str) -> None:
    assert name_browser(text) == name

"""Answers that a real server is writing end with the access of whoever asked: each way to ask, each way to lose access."""

import asyncio
import contextlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from bench.harness.servers import Postgres
from bench.harness.site import LINKED_PASSWORD, READ_S, Site, wait_until
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS
from tests.gateway.fake_server import FakeServer, running_fake_server

ROOT = Path(__file__).resolve().parents[2]
END_S = 60.0  # generous, on a machine that does other things too; the model would go on for LLM_TOTAL_TIMEOUT_S
GOES_ON_S = 3.0  # three looks of a watch
POOL_SIZE = 3  # fewer than answers are written at once in any test here
QUESTIONS = 20
SESSIONS = ("page", "rest stream", "rest whole", "openai stream", "openai whole")
KEYS = SESSIONS[1:]


class Company:
    """A site whose model never ends its answers, a document that one group may read, and people."""

    def __init__(self, home: Path, model: FakeServer, **environment: str) -> None:
        self.model = model
        self.site = Site(home, LLM_BASE_URL=model.base_url, LLM_MODEL="endless", **environment)
        self.url, self.admin = self.site.installation.url, self.site.admin
        self.post(self.admin, "/people/groups/new/", {"name": "Readers"})
        self.group = self.row("SELECT id FROM auth_group WHERE name = 'Readers'")
        self.post(self.admin, "/library/new/", {"name": "Leave", "slug": "leave", "groups": str(self.group)})
        files = {"files": ("leave.md", LEAVE.encode(), "text/markdown")}
        headers = {"X-CSRFToken": self.admin.cookies["csrftoken"], "Accept": "application/json"}
        sent = self.admin.post(f"{self.url}/library/c/leave/upload/", files=files, headers=headers)
        assert sent.json()["accepted"], sent.text
        wait_until(lambda: self.site.statuses().get("leave.md") == "indexed", timeout_s=READ_S, what="the document answers")

    def post(self, browser: httpx.Client, path: str, fields: dict[str, Any]) -> httpx.Response:
        response = browser.post(self.url + path, data=fields, headers={"X-CSRFToken": browser.cookies["csrftoken"]})
        assert response.status_code in (200, 201), (response.status_code, response.text)
        return response

    def hire(self, username: str, *, role: str = "employee", is_reader: bool = True) -> "Person":
        groups = {"groups": str(self.group)} if is_reader else {}
        page = self.post(self.admin, "/people/new/", {"username": username, "role": role} | groups)
        browser = self.site.sign_in_by_link(re.search(r"/accounts/password/set/[\w:-]+/", page.text)[0])
        made = self.post(browser, "/people/keys/", {"name": "script", "scopes": ["ask", "read"], "days": "30"})
        pk = self.row(f"SELECT id FROM accounts_user WHERE username = '{username}'")  # noqa: S608
        return Person(company=self, username=username, pk=pk, browser=browser, key=re.search(r"att_[\w-]{43}", made.text)[0])

    def row(self, sql: str) -> Any:
        """Return the one value that a query gives."""
        ((value,),) = self.site.rows(sql)
        return value

    def manage(self, code: str) -> None:
        done = self.site.installation.manage("shell", "-c", code)
        assert done.returncode == 0, done.stderr


@dataclass
class Person:
    company: Company
    username: str
    pk: int
    browser: httpx.Client
    key: str = field(repr=False)

    def is_changed(self, **fields: str) -> None:
        """As a knowledge admin saves their page."""
        given = {"role": "employee", "groups": str(self.company.group), "is_active": "on"} | fields
        self.company.post(self.company.admin, f"/people/{self.pk}/", {name: value for name, value in given.items() if value})

    def ask(self, way: str, *, by_key: bool) -> "Asking":
        """Ask in one of the ways, and read what comes, on a thread."""
        if way == "page":
            page = self.company.post(self.browser, "/ask/", {"question": QUESTION})
            return self._start("GET", re.search(r'data-stream="([^"]+)"', page.text)[1], None, way, by_key=by_key)
        if way.startswith("rest"):
            path = "/api/v1/ask?stream=true" if way == "rest stream" else "/api/v1/ask"
            return self._start("POST", path, {"question": QUESTION}, way, by_key=by_key)
        body = {"model": "attest", "messages": [{"role": "user", "content": QUESTION}], "stream": way == "openai stream"}
        return self._start("POST", "/v1/chat/completions", body, way, by_key=by_key)

    def _start(self, method: str, path: str, body: Any, way: str, *, by_key: bool) -> "Asking":
        headers = {"Authorization": f"Bearer {self.key}"} if by_key else {"X-CSRFToken": self.browser.cookies["csrftoken"]}
        cookies = None if by_key else dict(self.browser.cookies)

        def read(asking: Asking) -> None:
            with (
                httpx.Client(timeout=300, headers=headers, cookies=cookies) as client,
                client.stream(method, self.company.url + path, json=body) as response,
            ):
                asking.status = response.status_code
                for piece in response.iter_text():
                    asking.text += piece

        return Asking(f"{'key' if by_key else 'session'}, {way}", read)

    def ask_over_mcp(self) -> "Asking":
        site = self.company.site
        environment = site.installation.environment | {"ATTEST_MCP_KEY": self.key}
        server = StdioServerParameters(
            command=sys.executable, args=[str(ROOT / "manage.py"), "serve_mcp"], cwd=str(ROOT), env=environment
        )

        async def call(asking: Asking) -> Any:
            async with Client(server) as client:
                result = await client.call_tool("ask", {"question": QUESTION})
                asking.ended_at = time.monotonic()  # before its process is ended
                return result

        def read(asking: Asking) -> None:
            result = asyncio.run(call(asking))
            asking.status, asking.text = 401 if result.is_error else 200, result.content[0].text

        return Asking("key, mcp", read)


class Asking:
    """A question on a thread of its own, until its answer ends."""

    def __init__(self, name: str, read: Callable[["Asking"], None]) -> None:
        self.name, self.status, self.text, self.ended_at = name, 0, "", 0.0
        self.thread = threading.Thread(target=self._run, args=(read,), daemon=True)
        self.thread.start()

    def _run(self, read: Callable[["Asking"], None]) -> None:
        read(self)
        self.ended_at = self.ended_at or time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.thread.is_alive()

    def assert_ended(self, sentence: str) -> None:
        """It says why, as its kind does; and never that it is done."""
        assert not self.is_running, self.name
        assert sentence in self.text, (self.name, self.text)
        whole = "whole" in self.name or "mcp" in self.name
        assert self.status == (401 if whole and "access" in sentence else 503 if "whole" in self.name else self.status), self.name
        assert "event: done" not in self.text
        assert '"outcome"' not in self.text
        assert whole or SIX_HOURS in self.text  # it was on its way


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with running_fake_server() as model:
        model.text = f"{SIX_HOURS} [1] And"
        environment = {}
        if request.param == "postgresql":
            postgres: Postgres = request.getfixturevalue("postgres")
            environment = {"DATABASE_URL": postgres.url, "DATABASE_POOL_SIZE": str(POOL_SIZE)}
        company = Company(tmp_path_factory.mktemp("rights"), model, **environment)
        yield company
        print(company.site.output)
        company.site.end()


@dataclass(frozen=True)
class Loss:
    """A way to lose access: what is done, and which of a person's answers end by it, with which words."""

    act: Callable[[Person], object]
    ends: str  # "sessions", "keys", "both"
    sentence: str = "Your access ended"
    role: str = "employee"
    is_reader: bool = True
    with_mcp: bool = False


def sign_out(person: Person) -> None:
    person.company.post(person.browser, "/accounts/logout/", {})


def sign_out_everywhere(person: Person) -> None:
    with contextlib.closing(person.company.site.sign_in(person.username, LINKED_PASSWORD)) as elsewhere:
        person.company.post(elsewhere, "/people/security/sessions/end/", {})


def sign_out_from_elsewhere(person: Person) -> None:
    with contextlib.closing(person.company.site.sign_in(person.username, LINKED_PASSWORD)) as elsewhere:
        ends = re.findall(r"/people/security/sessions/\w+/end/", elsewhere.get(f"{person.company.url}/people/security/").text)
        assert ends
        for path in ends:
            person.company.post(elsewhere, path, {})


def sign_out_by_admin(person: Person) -> None:
    person.company.post(person.company.admin, f"/people/{person.pk}/sign-out/", {})


def reset_password(person: Person) -> None:
    person.company.post(person.company.admin, f"/people/{person.pk}/password/", {})


def revoke_key(person: Person) -> None:
    pk = person.company.row(f"SELECT id FROM accounts_apikey WHERE user_id = {person.pk}")  # noqa: S608
    person.company.post(person.browser, f"/people/keys/{pk}/revoke/", {})


def narrow_key(person: Person) -> None:
    code = f"from accounts.models import ApiKey; ApiKey.objects.filter(user={person.pk}).update(scopes=['read'])"
    person.company.manage(code)


def delete_account(person: Person) -> None:
    person.company.manage(f"from accounts.models import User; User.objects.get(pk={person.pk}).delete()")


WITHDRAWN = "A source of this answer changed or was removed"
LOSSES = {
    "signed-out": Loss(act=sign_out, ends="sessions"),
    "signed-out-everywhere": Loss(act=sign_out_everywhere, ends="sessions"),
    "signed-out-from-elsewhere": Loss(act=sign_out_from_elsewhere, ends="sessions"),
    "signed-out-by-admin": Loss(act=sign_out_by_admin, ends="sessions"),
    "password-reset": Loss(act=reset_password, ends="sessions"),
    "key-revoked": Loss(act=revoke_key, ends="keys", with_mcp=True),
    "key-narrowed": Loss(act=narrow_key, ends="keys"),
    "disabled": Loss(act=lambda person: person.is_changed(is_active=""), ends="both", with_mcp=True),
    "deleted": Loss(act=delete_account, ends="both"),
    "demoted": Loss(
        act=lambda person: person.is_changed(groups=""), ends="both", sentence=WITHDRAWN, role="knowledge_admin", is_reader=False
    ),
    "left-the-group": Loss(act=lambda person: person.is_changed(groups=""), ends="both", sentence=WITHDRAWN),
}


# Rights are read by the same queries from both databases; PostgreSQL is asked about one loss of each kind.
ON_POSTGRESQL = ("signed-out", "key-revoked", "left-the-group")


@pytest.mark.parametrize("name", LOSSES)
def test_every_answer_ends_with_the_access_that_it_was_asked_by(
    company: Company, name: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    if "postgresql" in request.node.name and name not in ON_POSTGRESQL:
        pytest.skip("asked of SQLite")
    loss, before = LOSSES[name], len(company.model.requests)
    person = company.hire(name, role=loss.role, is_reader=loss.is_reader)
    sessions = [person.ask(way, by_key=False) for way in SESSIONS]
    keys = [person.ask(way, by_key=True) for way in KEYS] + ([person.ask_over_mcp()] if loss.with_mcp else [])
    wait_until(
        lambda: len(company.model.requests) - before == len(sessions) + len(keys), timeout_s=READ_S, what="all are being answered"
    )
    streams = [asking for asking in (*sessions, *keys) if "stream" in asking.name or "page" in asking.name]
    wait_until(lambda: all(SIX_HOURS in asking.text for asking in streams), timeout_s=READ_S, what="all show a sentence")
    loss.act(person)
    lost_at = time.monotonic()
    ending = {"sessions": sessions, "keys": keys, "both": sessions + keys}[loss.ends]
    going_on = [asking for asking in (*sessions, *keys) if asking not in ending]
    for asking in ending:
        asking.thread.join(timeout=END_S)
        if not ("page" in asking.name and name == "deleted"):  # its turn went with the account: nothing of it is left to check
            asking.assert_ended(loss.sentence)
    took = max(asking.ended_at - lost_at for asking in ending)
    record_property("ended_after_s", round(took, 2))
    print(f"{name}: the last of {len(ending)} ended {took:.2f} s after")
    if going_on:
        time.sleep(GOES_ON_S)
        assert all(asking.is_running for asking in going_on)
        person.is_changed(is_active="")
        for asking in going_on:
            asking.thread.join(timeout=END_S)
            asking.assert_ended("Your access ended")
    actions = company.site.rows(
        f"SELECT action FROM audit_event WHERE action LIKE 'question.%' AND actor_id = '{person.pk}'"  # noqa: S608
    )
    assert actions == [("question.failed",)] * (len(sessions) + len(keys))
    person.browser.close()


def test_who_was_disabled_comes_back_with_nothing_of_before(company: Company) -> None:
    person = company.hire("returning")
    person.is_changed(is_active="")
    person.is_changed()
    assert person.browser.get(f"{company.url}/").url.path == "/accounts/login/"
    refused = httpx.post(
        f"{company.url}/api/v1/ask", json={"question": QUESTION}, headers={"Authorization": f"Bearer {person.key}"}, timeout=60
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "key_revoked")
    person.browser.close()


def test_answers_that_are_written_at_once_share_a_few_connections(
    company: Company, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    if "postgresql" not in request.node.name:
        pytest.skip("SQLite has no connections to a server")
    person, before = company.hire("many"), len(company.model.requests)
    asked = [person.ask("rest stream", by_key=True) for _ in range(QUESTIONS)]
    counts = []

    def are_all_shown() -> bool:
        counts.append(company.row("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'attest-web'"))
        return len(company.model.requests) - before == QUESTIONS and all(SIX_HOURS in one.text for one in asked)

    wait_until(are_all_shown, timeout_s=READ_S, what="all twenty show a sentence")
    record_property("connections", max(counts))
    assert 1 <= max(counts) <= POOL_SIZE
    person.is_changed(is_active="")
    for one in asked:
        one.thread.join(timeout=END_S)
        one.assert_ended("Your access ended")
    person.browser.close()

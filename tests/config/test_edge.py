"""The edge: one shape for errors, an id for every request, headers that keep a page to itself, streams that pass through."""

import contextvars
import json
import logging
import re
from collections.abc import AsyncIterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path

from audit.errors import AuditError
from config.errors import server_error
from config.logging import JsonFormatter, RequestId
from retrieval.errors import IndexDamaged


class Refused(Exception):
    """As the packages' refusals are: a code and a sentence for the sender."""

    __module__ = "ingest.errors"
    code = "empty"
    message = "The file is empty."


class Foreign(Exception):
    code = "foreign"


ERRORS = {
    "refused": Refused,
    "damaged": IndexDamaged,
    "audit": AuditError,
    "foreign": Foreign,
    "value": DataError,
    "broken": ZeroDivisionError,
}


@login_not_required
def fail(request: HttpRequest, name: str) -> HttpResponse:
    logging.getLogger("tests.edge").warning("failing")
    raise ERRORS[name]("/srv/secret/path")


@login_not_required
async def fail_async(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]("/srv/secret/path")


@login_not_required
async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"data: {number}\n\n".encode()

    return StreamingHttpResponse(parts(), content_type="text/event-stream")


urlpatterns = [
    path("fail/<str:name>/", fail),
    path("fail-async/<str:name>/", fail_async),
    path("stream/", stream),
    path("", include("config.urls")),
]
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

pytestmark = [pytest.mark.urls("tests.config.test_edge"), pytest.mark.django_db]
JSON = {"Accept": "application/json"}


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("refused", 400, "empty", "The file is empty."),
        (
            "damaged",
            503,
            "index_damaged",
            "Try again in a moment. If it keeps happening, give your administrator the request number below.",
        ),
        ("audit", 503, "audit", "Try again in a moment. If it keeps happening, give your administrator the request number below."),
        ("value", 400, "bad_request", "Go back, reload the page and try again."),
        (
            "foreign",
            500,
            "server_error",
            "The error was logged. Try again. If it keeps happening, give your administrator the request number below.",
        ),
        (
            "broken",
            500,
            "server_error",
            "The error was logged. Try again. If it keeps happening, give your administrator the request number below.",
        ),
    ],
)
@pytest.mark.parametrize("address", ["fail", "fail-async"])
def test_an_error_is_one_json_shape_for_programs_and_a_page_for_people(
    client: Client, address: str, name: str, status: int, code: str, message: str
) -> None:
    response = client.get(f"/{address}/{name}/", headers=JSON)
    assert response.status_code == status
    assert response.json() == {"error": {"code": code, "message": message}, "request_id": response["X-Request-ID"]}
    page = client.get(f"/{address}/{name}/", headers={"Accept": "text/html"})
    assert page.status_code == status
    assert page["Content-Type"].startswith("text/html")
    assert page["X-Request-ID"] in page.content.decode()
    assert "/srv/secret/path" not in page.content.decode() + response.content.decode()


async def test_errors_and_ids_work_under_asgi_too() -> None:
    client = AsyncClient(raise_request_exception=False)
    response = await client.get("/fail-async/refused/", headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "empty")
    assert response.json()["request_id"] == response["X-Request-ID"]


async def test_an_event_stream_passes_through_in_its_parts() -> None:
    response = await AsyncClient().get("/stream/")
    assert response.streaming
    assert [part async for part in response.streaming_content] == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert re.fullmatch("[0-9a-f]{12}", response["X-Request-ID"])


def test_every_request_has_an_id_of_its_own_and_its_log_lines_carry_it(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RequestId())
    first, second = (client.get("/fail/refused/")["X-Request-ID"] for _ in range(2))
    assert first != second
    records = [record for record in caplog.records if record.name == "tests.edge"]
    assert [record.request_id for record in records] == [first, second]
    assert json.loads(JsonFormatter().format(records[0]))["request_id"] == first
    outside = logging.LogRecord("x", logging.INFO, "", 0, "m", (), None)
    contextvars.Context().run(RequestId().filter, outside)  # what an earlier test left in this thread's context is not ours
    assert outside.request_id == "-"


def test_the_last_resort_answers_when_the_error_page_cannot_be_rendered(rf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> str:
        raise DatabaseError

    monkeypatch.setattr("config.errors.loader.render_to_string", broken)
    response = server_error(rf.get("/"))
    assert (response.status_code, response["Content-Type"]) == (500, "text/plain; charset=utf-8")


def test_a_form_from_another_site_is_refused_in_words(employee) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(employee)
    response = client.post("/accounts/logout/", headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")


def test_a_fragment_and_a_program_are_not_answered_with_the_sign_in_page(client: Client) -> None:
    assert client.get("/people/")["Location"] == "/accounts/login/?next=/people/"
    fragment = client.get("/people/", headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/library/?q=a"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (401, "/accounts/login/?next=%2Flibrary%2F%3Fq%3Da")
    sent = client.post("/ask/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/c/1/"})
    assert (sent.status_code, sent["HX-Redirect"]) == (401, "/accounts/login/?next=%2Fc%2F1%2F&ended=1")
    for accept in ("application/json", "text/event-stream"):
        response = client.get("/people/", headers={"Accept": accept})
        assert (response.status_code, response.json()["error"]["code"]) == (401, "sign_in")


def test_a_form_sent_with_an_ended_session_leads_to_sign_in_and_back_to_its_page(client: Client) -> None:
    sent = client.post("/ask/", {"question": "How long?"}, headers={"Referer": "http://testserver/?collection=handbook"})
    assert sent["Location"] == "/accounts/login/?next=%2F%3Fcollection%3Dhandbook&ended=1"
    assert "Your session has expired." in client.get(sent["Location"]).content.decode()
    assert (
        client.post("/ask/", {"question": "How long?"})["Location"] == "/accounts/login/?ended=1"
    )  # not to /ask/, which shows no page


def test_the_security_policy_allows_nothing_inline_and_nothing_foreign(client: Client) -> None:
    for address in ("/accounts/login/", "/fail/broken/", "/nowhere/", "/healthz"):
        response = client.get(address)
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert "unsafe" not in response["Content-Security-Policy"]
        assert set(policy.values()) <= {"'self'", "'none'"}
        assert {"default-src", "script-src", "style-src", "form-action", "frame-ancestors", "base-uri"} <= set(policy)
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_pages_carry_no_inline_code(client: Client, employee) -> None:
    client.force_login(employee)
    for address in ("/", "/library/", "/accounts/password/change/", "/nowhere/"):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), address
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), address


def test_a_page_is_kept_by_nobody_and_read_by_no_other_site(client: Client, employee) -> None:
    client.force_login(employee)
    response = client.get("/")
    headers = {
        "Cache-Control": "private, no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    assert {name: response[name] for name in headers} == headers
    assert "camera=()" in response["Permissions-Policy"]


def test_session_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, employee, settings) -> None:
    client.force_login(employee)
    client.get("/")
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_AGE == 12 * 3600


def test_the_language_switch_works_before_sign_in(client: Client) -> None:
    response = client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/accounts/login/"})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert client.cookies["django_language"].value == "zh-hans"
    page = client.get("/accounts/login/")
    assert page["Content-Language"] == "zh-hans"

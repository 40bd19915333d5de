"""Every operation of the OpenAPI descriptions, with what it does not take: one shape of errors, and nothing is done."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as configured
from django.test import AsyncClient, Client

from accounts.keys import create_api_key
from api.openai.completions import openai
from api.rest import rest
from audit.models import Event
from tests.api.conftest import bearer

JSON = "application/json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES = {"slug": "handbook", "uid": "00000000-0000-4000-8000-000000000000", "number": "1", "action": "start", "model": "attest"}
PLACES |= {"name": "erin", "ordinal": "0", "file": "00000000-0000-4000-8000-000000000000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One operation as its description has it. `path` is filled in, `pattern` is not."""

    method: str
    path: str
    pattern: str
    is_openai: bool
    body: str  # media type, "" where it takes none
    query: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"


def describe() -> list[Described]:
    found = []
    for api, is_openai in ((rest, False), (openai, True)):
        for pattern, methods in api.get_openapi_schema()["paths"].items():
            for method, one in methods.items():
                found.append(
                    Described(
                        method=method.upper(),
                        path=re.sub(r"\{(\w+)\}", lambda part: PLACES[part[1]], pattern),
                        pattern=pattern,
                        is_openai=is_openai,
                        body=next(iter(one.get("requestBody", {}).get("content", {})), ""),
                        query=frozenset(given["name"] for given in one.get("parameters", ()) if given["in"] == "query"),
                    )
                )
    return found


OPERATIONS = describe()
PATHS = sorted({(one.path, one.is_openai) for one in OPERATIONS})
WITH_JSON = [one for one in OPERATIONS if one.body == JSON]
WITH_BODY = [one for one in OPERATIONS if one.body]
every_operation = pytest.mark.parametrize("one", OPERATIONS, ids=str)


@pytest.fixture
def admin_key(request: pytest.FixtureRequest, admin_key: str) -> str:
    """A key that opens the operation: of an admin, or of an auditor at the reviewers' desk."""
    given = request.node.callspec.params
    path = given["one"].path if "one" in given else given["path"]
    if not path.startswith("/api/v1/reviews"):
        return admin_key
    auditor = request.getfixturevalue("auditor")
    return create_api_key(user=auditor, name="desk", scopes=["review"], days=1, actor=auditor).text


def send(one: Described, key: str = "", *, query: str = "", body: Any = None, content_type: str = JSON) -> Any:
    """Ask over the interface that the server uses: some views run on the event loop, others beside it."""

    async def ask() -> Any:
        given = {"data": body, "content_type": content_type} if body is not None else {}
        client = AsyncClient(raise_request_exception=False)
        return await client.generic(one.method, one.path + query, headers=bearer(key) if key else {}, **given)

    return async_to_sync(ask)()


def assert_one_shape(response: Any, status: int, code: str, *, is_openai: bool) -> dict[str, Any]:
    """Return the error."""
    assert (response.status_code, response["Content-Type"]) == (status, JSON)
    body = response.json()
    assert body.keys() == {"error", "request_id"}
    assert body["error"].keys() == {"code", "message"} | ({"type", "param"} if is_openai else set())
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    assert body["request_id"] == response["X-Request-ID"]
    return body["error"]


def assert_nothing_was_done() -> None:
    assert not Event.objects.exclude(action="key.created").exists()


def test_the_descriptions_are_read() -> None:
    assert {"POST /api/v1/ask", "GET /api/v1/search", "POST /v1/chat/completions", "GET /v1/models"} <= set(map(str, OPERATIONS))
    assert {one.body for one in OPERATIONS} == {"", JSON, "multipart/form-data"}


@every_operation
def test_nothing_is_revealed_without_a_key(db: None, one: Described) -> None:
    response = send(one, query="?nonsense=1", body="{", content_type="text/plain")
    assert_one_shape(response, 401, "key_missing", is_openai=one.is_openai)


@every_operation
def test_an_unknown_parameter_is_refused_by_its_name(admin_key: str, one: Described) -> None:
    error = assert_one_shape(send(one, admin_key, query="?Limit=5"), 422, "request_invalid", is_openai=one.is_openai)
    assert "“Limit”" in error["message"]
    assert all(name in error["message"] for name in one.query)
    assert error.get("param", "Limit") == "Limit"
    assert_nothing_was_done()


@pytest.mark.parametrize("one", WITH_BODY, ids=str)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_type_is_refused(admin_key: str, one: Described, content_type: str) -> None:
    error = assert_one_shape(
        send(one, admin_key, body='{"question": "x"}', content_type=content_type),
        415,
        "unsupported_media_type",
        is_openai=one.is_openai,
    )
    assert one.body in error["message"]
    assert_nothing_was_done()


@pytest.mark.parametrize("one", WITH_JSON, ids=str)
@pytest.mark.parametrize("body", ["{", "", "null", "[]", '"x"', "7", "[" * 20_000, b"\xff\xfe", '{"question": NaN}'])
def test_a_body_that_is_no_object_is_refused(admin_key: str, one: Described, body: str | bytes) -> None:
    assert_one_shape(send(one, admin_key, body=body), 422, "request_invalid", is_openai=one.is_openai)
    assert_nothing_was_done()


@pytest.mark.parametrize("one", [one for one in WITH_JSON if not one.is_openai], ids=str)
def test_an_unknown_field_is_refused_by_its_name(admin_key: str, one: Described) -> None:
    error = assert_one_shape(send(one, admin_key, body='{"colection": "board"}'), 422, "request_invalid", is_openai=False)
    assert "colection: Extra inputs are not permitted" in error["message"]
    assert_nothing_was_done()


@pytest.mark.parametrize("one", WITH_JSON, ids=str)
def test_a_body_that_is_too_large_is_refused(admin_key: str, one: Described) -> None:
    body = json.dumps({"question": "x" * configured.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert_one_shape(send(one, admin_key, body=body), 413, "too_large", is_openai=one.is_openai)
    assert_nothing_was_done()


@pytest.mark.parametrize(("path", "is_openai"), PATHS)
@pytest.mark.parametrize("method", [*METHODS, "HEAD", "OPTIONS", "TRACE"])
def test_a_method_that_an_address_does_not_have_is_refused(admin_key: str, path: str, is_openai: bool, method: str) -> None:
    has = sorted(one.method for one in OPERATIONS if one.path == path)
    if method in has:
        return
    wrong = Described(method=method, path=path, pattern=path, is_openai=is_openai, body="", query=frozenset())
    response = send(wrong, admin_key)
    assert response["Allow"] == ", ".join(has)
    if method == "HEAD":  # has no body; its headers are those of the same error
        assert (response.status_code, response["Content-Type"]) == (405, JSON)
    else:
        error = assert_one_shape(response, 405, "method_not_allowed", is_openai=is_openai)
        assert error["message"] == f"This address does not support {method}. Supported methods: {', '.join(has)}."
    assert_nothing_was_done()


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1/", "/api/v2/ask", "/api/v1/nothing", "/api/v1/documents/7", "/api/v1/ask/"]
)
@pytest.mark.parametrize("method", METHODS)
def test_an_address_that_is_none_is_reported_in_the_same_shape(db: None, path: str, method: str) -> None:
    response = Client(headers={"Accept": "text/html"}).generic(method, path)
    assert_one_shape(response, 404, "not_found", is_openai=False)


@pytest.mark.parametrize("path", ["/v1/", "/v1/embeddings", "/v1/completions"])
def test_an_address_that_only_openai_has_is_refused_as_its_clients_expect(db: None, path: str) -> None:
    assert_one_shape(Client().post(path, "{}", JSON), 404, "not_found", is_openai=True)


def test_a_host_that_is_not_ours_is_reported_in_the_same_shape(db: None) -> None:
    response = Client(raise_request_exception=False).get("/api/v1/collections", headers={"Host": "evil.example"})
    assert_one_shape(response, 400, "bad_request", is_openai=False)


def test_a_browsers_post_without_its_token_is_reported_in_the_same_shape(employee: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(employee)
    assert_one_shape(browser.post("/api/v1/ask", {"question": "x"}, JSON), 403, "csrf", is_openai=False)


def test_people_get_a_page_where_a_page_has_no_such_method(employee: Any) -> None:
    browser = Client()
    browser.force_login(employee)
    response = browser.put("/library/", headers={"Accept": "text/html"})
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert "Go back and use the buttons on the page." in response.content.decode()


def test_people_get_a_page_on_the_event_loop_too(employee: Any) -> None:
    async def put() -> Any:
        browser = AsyncClient(headers={"Accept": "text/html"})
        await browser.aforce_login(employee)
        return await browser.put(f"/turns/{PLACES['uid']}/stream/")

    response = async_to_sync(put)()
    assert response.status_code == 405
    assert "Go back and use the buttons on the page." in response.content.decode()

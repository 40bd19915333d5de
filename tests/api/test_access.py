"""Who may call what: no key, a key that opens nothing, each scope, and a signed-in browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.keys import scopes_of
from accounts.models import ApiKey, User
from audit.models import Event
from kb.models import Collection, Document
from tests.api.conftest import bearer, error, key_of

pytestmark = pytest.mark.usefixtures("dependencies")
JSON = "application/json"
# method, address, body, scope, status where it may
OPERATIONS = [
    ("get", "/api/v1/collections", None, "read", 200),
    ("get", "/api/v1/collections/handbook", None, "read", 200),
    ("get", "/api/v1/collections/handbook/documents", None, "read", 200),
    ("get", "/api/v1/documents/{document}", None, "read", 200),
    ("get", "/api/v1/documents/{document}/pages/1", None, "read", 200),
    ("get", "/api/v1/conversations", None, "read", 200),
    ("post", "/api/v1/ask", {"question": "How many hours of annual leave?"}, "ask", 200),
    ("post", "/api/v1/check", {"text": "Koalas sleep.", "passages": ["Koalas sleep."]}, "ask", 200),
    ("get", "/v1/models", None, "ask", 200),
    ("post", "/v1/chat/completions", {"model": "attest", "messages": [{"role": "user", "content": "Hours of leave?"}]}, "ask", 200),
    ("post", "/api/v1/collections", {"name": "Fleet"}, "manage", 201),
    ("patch", "/api/v1/collections/handbook", {"name": "Manual"}, "manage", 200),
    ("delete", "/api/v1/documents/{document}", None, "manage", 204),
]
IDS = [f"{method} {address}" for method, address, *_rest in OPERATIONS]


def call(client: Client, method: str, address: str, body: Any, document: Document, **headers: str) -> Any:
    address = address.format(document=document.uid)
    given = {"content_type": JSON} if body is None or method == "get" else {"data": body, "content_type": JSON}
    return getattr(client, method)(address, headers=headers, **given)


@pytest.mark.parametrize(("method", "address", "body", "scope", "status"), OPERATIONS, ids=IDS)
def test_each_operation_needs_its_scope(
    client: Client, leave: Document, knowledge_admin: User, method: str, address: str, body: Any, scope: str, status: int
) -> None:
    assert error(call(client, method, address, body, leave)) == (401, "key_missing")
    assert error(call(client, method, address, body, leave, **bearer("att_wrong"))) == (401, "key_unknown")
    others = [other for other in scopes_of(knowledge_admin) if other != scope]
    assert error(call(client, method, address, body, leave, **bearer(key_of(knowledge_admin, *others)))) == (403, "key_scope")
    assert call(client, method, address, body, leave, **bearer(key_of(knowledge_admin, scope))).status_code == status


@pytest.mark.parametrize(("method", "address", "body", "scope", "status"), OPERATIONS, ids=IDS)
def test_a_signed_in_browser_posts_with_its_token_alone(
    client: Client, leave: Document, knowledge_admin: User, method: str, address: str, body: Any, scope: str, status: int
) -> None:
    client.force_login(knowledge_admin)
    if method != "get":
        assert error(call(client, method, address, body, leave)) == (403, "csrf")
    client.get("/")
    token = client.cookies["csrftoken"].value
    assert call(client, method, address, body, leave, **{"X-CSRFToken": token}).status_code == status


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer  ", "att_x"])
def test_another_header_is_no_key_even_for_the_signed_in(client: Client, employee: User, header: str) -> None:
    client.force_login(employee)
    response = client.get("/api/v1/collections", headers={"Authorization": header})
    assert error(response) == (401, "key_missing")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_key_stops_at_once(client: Client, employee: User, reader: str) -> None:
    def status() -> tuple[int, str]:
        response = client.get("/api/v1/collections", headers=bearer(reader))
        return (200, "") if response.status_code == 200 else error(response)

    assert status() == (200, "")
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status() == (401, "key_expired")
    ApiKey.objects.update(expires_at=None, revoked_at=timezone.now())
    assert status() == (401, "key_revoked")
    ApiKey.objects.update(revoked_at=None)
    User.objects.filter(pk=employee.pk).update(is_active=False)
    assert status() == (401, "key_owner_inactive")
    assert Event.objects.filter(action="key.refused", actor_name="erin").count() == 3


@pytest.mark.parametrize("who", ["outsider", "auditor"])
def test_what_others_read_does_not_exist(
    request: pytest.FixtureRequest, client: Client, leave: Document, collection: Collection, who: str
) -> None:
    key = bearer(key_of(request.getfixturevalue(who), "ask", "read"))
    assert client.get("/api/v1/collections", headers=key).json() == []
    for address in (
        "/api/v1/collections/handbook",
        "/api/v1/collections/handbook/documents",
        f"/api/v1/documents/{leave.uid}",
        f"/api/v1/documents/{leave.uid}/versions/1",
        f"/api/v1/documents/{leave.uid}/pages/1",
        "/api/v1/search?q=leave&collection=handbook",
    ):
        assert error(client.get(address, headers=key)) == (404, "not_found"), address
    asked = {"question": "How many hours of annual leave?", "collection": "handbook"}
    assert error(client.post("/api/v1/ask", asked, JSON, headers=key)) == (404, "not_found")
    body = client.post("/api/v1/ask", {"question": asked["question"]}, JSON, headers=key).json()
    assert (body["outcome"], body["reason"], body["nearest"]) == ("refused", "nothing_found", [])


@pytest.mark.parametrize("who", ["employee", "outsider", "auditor"])
def test_whoever_is_no_admin_manages_nothing(request: pytest.FixtureRequest, client: Client, leave: Document, who: str) -> None:
    """Even with a key that says so: the row may be older than the role."""
    user = request.getfixturevalue(who)
    key = bearer(key_of(user, "ask", "read"))
    ApiKey.objects.update(scopes=["ask", "read", "manage"])
    assert error(client.delete(f"/api/v1/documents/{leave.uid}", headers=key)) == (403, "key_scope")
    file = {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")}
    assert error(client.post("/api/v1/collections/handbook/documents", file, headers=key)) == (403, "key_scope")
    client.force_login(user)
    client.get("/")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert error(client.delete(f"/api/v1/documents/{leave.uid}", headers=token)) == (403, "session_scope")
    assert Document.objects.live().count() == 1


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [("/api/v1/nothing", 404, "not_found"), ("/api/v1/", 404, "not_found"), ("/v1/nothing", 404, "not_found")],
)
def test_what_does_not_exist_is_reported_in_the_same_shape(client: Client, db: None, address: str, status: int, code: str) -> None:
    assert error(client.get(address)) == (status, code)


def test_the_rate_is_reported_with_the_seconds_to_wait(client: Client, leave: Document, reader: str, settings: Any) -> None:
    settings.RATE_ASK_PER_MINUTE = 2
    body = {"question": "How many hours of annual leave?"}
    for _ in range(2):
        assert client.post("/api/v1/ask", body, JSON, headers=bearer(reader)).status_code == 200
    for address, given in (
        ("/api/v1/ask", body),
        ("/v1/chat/completions", {"model": "attest", "messages": [{"role": "user", "content": "Hours?"}]}),
    ):
        response = client.post(address, given, JSON, headers=bearer(reader))
        assert error(response) == (429, "too_many_requests")
        assert 1 <= int(response["Retry-After"]) <= 120


def test_the_rate_of_a_person_counts_all_their_keys_and_pages(
    client: Client, leave: Document, employee: User, settings: Any
) -> None:
    settings.RATE_ASK_PER_MINUTE = 2
    body = {"question": "How many hours of annual leave?"}
    for _ in range(2):
        client.post("/api/v1/ask", body, JSON, headers=bearer(key_of(employee, "ask")))
    browser = Client()
    browser.force_login(employee)
    assert browser.post("/ask/", body).status_code == 429

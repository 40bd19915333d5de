"""Keys, and a library with one document, for the tests of the interfaces for programs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.keys import create_api_key
from accounts.models import User
from config.logging import current_request_id
from kb.models import Collection, Document
from tests.chat.library import LEAVE, add_document, dependencies_with

Call = Callable[..., Any]


def key_of(user: User, *scopes: str) -> str:
    """Make a key and return its text."""
    return create_api_key(user=user, name="script", scopes=scopes, days=30, actor=user).text


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture(autouse=True)
def own_context() -> Iterator[None]:
    """A request on the event loop leaves its id and its language in the context, which here is that of every later test."""
    before = current_request_id.get()
    yield
    current_request_id.set(before)
    translation.deactivate()


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def secret(db: None) -> Document:
    """A document that no employee reads."""
    return add_document(Collection.objects.create(name="Board", slug="board"), "secret.md", "Wombats earn 9 hours of burrow leave.")


@pytest.fixture
def dependencies(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the API answers with: fakes; a test puts its "model" in."""
    given: dict[str, Any] = {"model": None}
    for flow in ("chat.flow.running", "chat.checking.running"):
        monkeypatch.setattr(
            f"{flow}.configured_dependencies", lambda: dependencies_with(given["model"], **given.get("changes", {}))
        )
    return given


@pytest.fixture
def reader(employee: User) -> str:
    return key_of(employee, "ask", "read")


@pytest.fixture
def admin_key(knowledge_admin: User) -> str:
    return key_of(knowledge_admin, "ask", "read", "manage", "people")


@pytest.fixture
def client() -> Client:
    """Checks CSRF, as browsers' requests are checked."""
    return Client(enforce_csrf_checks=True)


def error(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which has the one shape of all errors."""
    body = response.json()
    assert set(body) == {"error", "request_id"}
    assert body["request_id"] == response["X-Request-ID"]
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"]

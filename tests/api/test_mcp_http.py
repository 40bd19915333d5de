"""The Model Context Protocol over HTTP: its own client, over a started server; who may not is told so before a tool runs."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.test import Client as Browser
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from accounts.keys import revoke_api_key
from accounts.models import ApiKey, User
from audit.models import Event
from kb.models import Collection, Document
from tests.api.conftest import bearer, key_of
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document
from tests.chat.library import search as fake_search

Call = Callable[..., Any]
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture
def url(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application, served on a port of its own by the server that `scripts/run` starts."""
    monkeypatch.setattr("api.searching.search_passages", fake_search)
    server = uvicorn.Server(uvicorn.Config(get_asgi_application(), port=0, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def leave(employee: User, collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def talk(url: str, key: str, work: Call) -> Any:
    async def run() -> Any:
        async with (
            create_mcp_http_client(headers=bearer(key)) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await work(client)

    return async_to_sync(run)()


def call(tool: str, **given: Any) -> Call:
    return lambda client: client.call_tool(tool, given)


def test_the_protocols_client_searches_reads_and_asks(url: str, leave: Document, employee: User, dependencies: Any) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    key = key_of(employee, "ask", "read")

    async def work(client: Any) -> Any:
        tools = await client.list_tools()
        found = await client.call_tool("search", {"query": "hours of burrow leave"})
        page = await client.call_tool("read_page", {"document": str(leave.uid), "page": 1})
        answer = await client.call_tool("ask", {"question": QUESTION})
        return [tool.name for tool in tools.tools], found, page, answer

    names, found, page, answer = talk(url, key, work)
    assert names == ["search", "read_page", "ask"]
    assert [one["document"] for one in found.structured_content["passages"]] == ["leave.md"]
    assert SIX_HOURS in page.structured_content["text"]
    assert answer.structured_content["answer"] == f"{SIX_HOURS}[1]"
    receipt = Event.objects.get(uid=answer.structured_content["receipt"])
    assert receipt.actor_name == "erin"
    assert receipt.payload.data["via"].startswith("key:")


def test_each_tool_needs_its_scope_and_each_key_has_its_owners_rights(
    url: str, leave: Document, outsider: User, employee: User
) -> None:
    refused = talk(url, key_of(employee, "ask"), call("search", query="leave"))
    assert refused.is_error
    assert "scope" in refused.content[0].text
    found = talk(url, key_of(outsider, "read"), call("search", query="hours of burrow leave"))
    assert found.structured_content["passages"] == []


def test_a_key_that_is_revoked_ends_the_answer_that_it_waits_for(
    url: str, leave: Document, employee: User, dependencies: Any
) -> None:
    begun = threading.Event()

    def pause(position: int) -> Any:
        if position == len(SIX_HOURS.split()) + 2:
            begun.set()
            return asyncio.sleep(30)
        return None

    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1] And so it goes on.", before=pause)
    key = key_of(employee, "ask")
    ended: dict[str, Any] = {}

    def ask() -> None:
        try:
            ended["result"] = asyncio.run(_ask(url, key))
        except Exception as error:  # noqa: BLE001  the stream is cut: how the client words it is its own
            ended["error"] = error
        ended["at"] = time.monotonic()

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(20)
    revoke_api_key(ApiKey.objects.get(), actor=employee)
    revoked = time.monotonic()
    thread.join(20)
    assert ended["at"] - revoked < 4  # two seconds, on a machine that is busy
    assert SIX_HOURS not in str(ended.get("result", ""))
    concluding = Event.objects.get(action__startswith="question.")
    assert concluding.action in ("question.failed", "question.stopped")


async def _ask(url: str, key: str) -> Any:
    async with (
        create_mcp_http_client(headers=bearer(key)) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        return await client.call_tool("ask", {"question": QUESTION})


def post(key: str = "", **headers: str) -> Any:
    given = {"Accept": "application/json, text/event-stream", **(bearer(key) if key else {}), **headers}
    return Browser().post("/mcp", LIST_TOOLS, content_type="application/json", headers=given)


def test_nobody_comes_in_without_a_key_or_from_a_foreign_page(employee: User, settings: Any) -> None:
    key = key_of(employee, "read")
    assert post(key).status_code == 200
    for response, status, code in (
        (post(), 401, "key_missing"),
        (post("att_wrong"), 401, "key_unknown"),
        (post(key, Origin="https://evil.example"), 403, "origin_refused"),
        (post(key, Origin="http://testserver:81"), 403, "origin_refused"),
        (post(key, Host="evil.example", Origin="http://evil.example"), 400, "bad_request"),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert post(key, Origin="http://testserver").status_code == 200
    settings.CSRF_TRUSTED_ORIGINS = ["https://portal.example"]
    assert post(key, Origin="https://portal.example").status_code == 200
    assert Event.objects.filter(action="key.refused").count() == 1
    browser = Browser()
    browser.force_login(employee)  # a cookie is nobody here
    assert browser.post("/mcp", LIST_TOOLS, content_type="application/json").status_code == 401
    assert browser.get("/mcp").status_code == 405


def test_the_rate_of_a_key_counts_once_a_message(employee: User, settings: Any) -> None:
    settings.RATE_KEY_PER_MINUTE = 2
    key = key_of(employee, "read")
    assert [post(key).status_code for _ in range(3)] == [200, 200, 429]

"""The Model Context Protocol: its own client searches, reads and asks; a key that ends, ends it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from mcp import Client, StdioServerParameters

from accounts.models import ApiKey, User
from api.mcp.server import build_server
from audit.models import Event
from kb.models import Document
from tests.api.conftest import key_of
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel
from tests.chat.library import search as fake_search

ROOT = Path(__file__).resolve().parents[2]
Call = Callable[..., Any]


def call(key: str, tool: str, **given: Any) -> Any:
    """Call a tool over the protocol, in this process. Returns: its result."""

    async def run() -> Any:
        async with Client(build_server(key=key)) as client:
            return await client.call_tool(tool, given)

    return async_to_sync(run)()


def refusal(key: str, tool: str, **given: Any) -> str:
    result = call(key, tool, **given)
    assert result.is_error
    return result.content[0].text


@pytest.fixture(autouse=True)
def searching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.searching.search_passages", fake_search)


def test_it_searches_what_its_key_may_read(leave: Document, secret: Document, reader: str) -> None:
    found = call(reader, "search", query="hours of burrow leave").structured_content["passages"]
    assert [passage["document"] for passage in found] == ["leave.md"]
    assert Event.objects.get(action="passages.searched").actor_name == "erin"
    assert "you do not have access" in refusal(reader, "search", query="burrow leave", collection="board")


def test_it_reads_a_page(leave: Document, secret: Document, reader: str) -> None:
    page = call(reader, "read_page", document=str(leave.uid), page=1).structured_content
    assert SIX_HOURS in page["text"]
    assert Event.objects.filter(action="source.viewed", actor_name="erin").count() == 1
    for document, number in ((str(secret.uid), 1), (str(leave.uid), 2), ("nonsense", 1)):
        assert "you do not have access" in refusal(reader, "read_page", document=document, page=number)


def test_it_asks_and_gets_the_contracts_answer(leave: Document, reader: str, dependencies: Any) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS.replace('6', '9')} [1] {SIX_HOURS} [1]")
    answer = call(reader, "ask", question=QUESTION).structured_content
    assert answer["text"].startswith(f"{SIX_HOURS}[1]")
    assert (answer["outcome"], answer["withheld"], answer["citations"][0]["quote"]) == ("answered", 1, SIX_HOURS)
    assert Event.objects.get(uid=answer["receipt"]).actor_name == "erin"
    assert "Enter a question" in refusal(reader, "ask", question="  ")


def test_a_key_is_checked_at_every_call(leave: Document, employee: User, dependencies: Any, settings: Any) -> None:
    key = key_of(employee, "ask")
    assert "scope" in refusal(key, "search", query="leave")
    settings.RATE_ASK_PER_MINUTE = 1
    assert not call(key, "ask", question=QUESTION).is_error
    assert "Wait" in refusal(key, "ask", question=QUESTION)
    ApiKey.objects.all().delete()
    assert "This API key does not exist" in refusal(key, "ask", question=QUESTION)


def test_the_command_serves_on_standard_input_and_output(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "ATTEST_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings.base"}

    def manage(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment | more, capture_output=True, text=True, check=False)

    assert manage("migrate").returncode == 0
    assert manage("create_account", "erin").returncode == 0
    key = manage("create_api_key", "--user", "erin", "--scope", "read").stdout.strip()
    for wrong in ("", "att_wrong"):
        refused = manage("serve_mcp", ATTEST_MCP_KEY=wrong)
        assert (refused.returncode, refused.stdout) == (1, "")

    async def talk() -> tuple[list[str], Any]:
        arguments = [str(ROOT / "manage.py"), "serve_mcp"]
        server = StdioServerParameters(
            command=sys.executable, args=arguments, cwd=str(ROOT), env=environment | {"ATTEST_MCP_KEY": key}
        )
        async with Client(server) as client:
            tools = await client.list_tools()
            return [tool.name for tool in tools.tools], await client.call_tool("read_page", {"document": "nonsense", "page": 1})

    names, result = async_to_sync(talk)()
    assert names == ["search", "read_page", "ask"]
    assert result.is_error
    assert "you do not have access" in result.content[0].text

"""docs/api.md shows what is so: its examples are run, its codes exist, its answer has the fields that answers have."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import ApiKey, User
from chat.models import Conversation, Turn
from kb.models import Collection, Document
from tests.api.conftest import bearer, key_of
from tests.chat.library import SIX_HOURS, ScriptedModel
from tests.chat.library import search as fake_search

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def block(language: str, start: str) -> str:
    return next(body for kind, body in BLOCKS if kind == language and body.startswith(start))


class DjangoTransport(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"Authorization": request.headers["Authorization"]}
        address, body = request.url.raw_path.decode(), request.read().decode()
        given = {"data": body, "content_type": "application/json"} if body else {}
        answered = getattr(Client(), request.method.lower())(address, headers=headers, **given)
        return httpx.Response(answered.status_code, content=answered.content, headers={"Content-Type": "application/json"})


def test_the_question_gives_an_answer_with_the_fields_that_are_shown(
    client: Client, leave: Document, reader: str, dependencies: Any
) -> None:
    line, body = block("http", "POST").strip().split("\n")
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    body_shown = client.post(line.split()[1], body, "application/json", headers=bearer(reader)).json()
    shown = json.loads(block("json", '{\n  "outcome"'))
    assert list(shown) == list(body_shown)
    for part in ("sentences", "citations"):
        assert sorted(shown[part][0]) == sorted(body_shown[part][0])
    assert (shown["answer"], shown["citations"][0]["document"]) == (body_shown["answer"], body_shown["citations"][0]["document"])


@pytest.mark.usefixtures("dependencies")
def test_the_check_gives_the_verdicts_that_are_shown(client: Client, reader: str) -> None:
    line, body = block("http", "POST /api/v1/check").strip().split("\n")
    body_shown = client.post(line.split()[1], body, "application/json", headers=bearer(reader)).json()
    shown = json.loads(block("json", '{\n  "sentences"'))
    assert list(shown) == list(body_shown)
    for said, found in zip(shown["sentences"], body_shown["sentences"], strict=True):
        assert said | {"score": 0} == found | {"score": 0}


def test_the_addresses_answer(
    client: Client, employee: User, leave: Document, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.searching.search_passages", fake_search)
    conversation = Conversation.objects.create(user=employee, title="Leave")
    for line in block("http", "GET").strip().split("\n"):
        address = line.split()[1].replace("CONVERSATION", str(conversation.uid))
        assert client.get(address, headers=bearer(reader)).status_code == 200, line


def test_a_collection_is_made_and_changed(client: Client, group: Any, admin_key: str) -> None:
    body_shown: dict[str, Any] = {}
    for start, status in (("POST /api/v1/collections", 201), ("PATCH", 200)):
        line, body = block("http", start).strip().split("\n")
        method, address = line.split()
        answered = getattr(client, method.lower())(address, body, "application/json", headers=bearer(admin_key))
        assert answered.status_code == status
        body_shown = answered.json()
    assert (body_shown["slug"], body_shown["vocabulary"], body_shown["sufficiency_threshold"]) == (
        "cha-lv-zhi-du",
        "PTO = paid time off",
        0.7,
    )


def test_a_widget_and_a_chat_program_are_made(
    client: Client, collection: Collection, employee: User, knowledge_admin: User
) -> None:
    admin = bearer(key_of(knowledge_admin, "people"))
    for path in ("widgets", "chat-apps"):
        line, body = block("http", f"POST /api/v1/{path}").strip().split("\n")
        made = client.post(
            line.split()[1], body.replace("U02ABC = erin", f"U02ABC = {employee.username}"), "application/json", headers=admin
        )
        assert (made.status_code, made.json()["name"]) == (201, json.loads(body)["name"])


def test_a_question_is_handed_over(client: Client, employee: User, reader: str) -> None:
    conversation = Conversation.objects.create(user=employee, title="Leave")
    turn = Turn.objects.create(conversation=conversation, position=0, question="How many?", state="refused")
    line, body = block("http", "POST /api/v1/turns").strip().split("\n")
    made = client.post(line.split()[1].replace("TURN", str(turn.uid)), body, "application/json", headers=bearer(reader))
    assert (made.status_code, made.json()["note"]) == (201, json.loads(body)["note"])


def test_the_upload_answers(client: Client, leave: Document, admin_key: str, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    address = re.search(r'\$ATTEST_URL([^"]+)"', block("bash", "curl"))[1]
    files = {"files": [SimpleUploadedFile("a.txt", b"Koalas sleep."), SimpleUploadedFile("b.txt", b"Wombats dig.")]}
    body_shown = client.post(address, files, headers=bearer(admin_key)).json()
    assert [one["outcome"] for one in body_shown] == ["new", "new"]
    watch = re.search(r"`(/api/v1/documents/DOCUMENT\S+)`", TEXT)[1]
    watch = watch.replace("DOCUMENT", body_shown[0]["document"]).replace("VERSION", str(body_shown[0]["version"]))
    assert client.get(watch, headers=bearer(admin_key)).json()["is_finished"] is False


def test_the_python_example_runs(
    leave: Document, reader: str, dependencies: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    with httpx.Client(transport=DjangoTransport()) as http:
        monkeypatch.setattr(openai, "OpenAI", partial(openai.OpenAI, http_client=http))
        exec(block("python", "from openai"), {"url": "http://localhost", "key": reader})  # noqa: S102 - the page's own example
    assert f"{SIX_HOURS}[1]" in capsys.readouterr().out


def test_the_error_is_the_one_that_is_shown(client: Client, reader: str) -> None:
    ApiKey.objects.update(expires_at="2020-01-01T00:00:00Z")
    shown = json.loads(block("json", '{"error"'))
    body_shown = client.get("/api/v1/collections", headers=bearer(reader)).json()
    assert body_shown["error"] == shown["error"]
    assert len(body_shown["request_id"]) == len(shown["request_id"])


def test_every_code_is_one_that_the_code_gives() -> None:
    packages = ("accounts", "api", "chat", "config", "curation", "ingest")
    code = "".join(path.read_text(encoding="utf-8") for package in packages for path in (ROOT / package).rglob("*.py"))
    table = TEXT[TEXT.index("| Status | Codes |") :]
    named = set(re.findall(r"`([a-z_]+)`", table))
    assert len(named) > 12
    assert {name for name in named if f'"{name}"' not in code} == set()

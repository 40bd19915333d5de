"""An empty index beside a full database: nobody hears that the documents do not hold the answer, whatever way they ask."""

import shutil
from pathlib import Path
from typing import Any

import openai
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from accounts.models import User
from audit.models import Event
from chat.models import Turn
from kb.index.engine import get_engine
from kb.models import Collection
from tests.api.conftest import bearer, key_of
from tests.api.test_mcp import refusal
from tests.api.test_openai import complete
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
RULES = [f"Rule {number}: employees in hall {number} earn {number} days of leave." for number in range(1, 8)]
TOLD = "The index is being rebuilt (0 of 7 passages). Ask again in a few minutes."
QUESTION = "How many days of leave are earned in hall 5?"


@pytest.fixture(autouse=True)
def lost_index(settings, tmp_path: Path, collection: Collection) -> None:
    settings.INDEX_ROOT = tmp_path / "index"
    index_document(get_engine(), collection, "rules.md", RULES)
    shutil.rmtree(settings.INDEX_ROOT)


def test_rest_says_503_with_its_code(client: Client, reader: str) -> None:
    headers = bearer(reader)
    for response in (
        client.post("/api/v1/ask", {"question": QUESTION}, content_type="application/json", headers=headers),
        client.get("/api/v1/search", {"q": QUESTION}, headers=headers),
    ):
        assert response.status_code == 503
        assert response.json()["error"] == {"code": "index_rebuilding", "message": TOLD}
        assert response["Retry-After"]
    assert list(Event.objects.filter(action__startswith="question.").values_list("action", flat=True)) == ["question.failed"]
    assert not Event.objects.filter(action="passages.searched").exists()


def test_the_rest_stream_ends_with_it(reader: str) -> None:
    async def read() -> str:
        response = await AsyncClient().post(
            "/api/v1/ask?stream=true", {"question": QUESTION}, content_type="application/json", headers=bearer(reader)
        )
        return b"".join([frame async for frame in response.streaming_content]).decode()

    last = async_to_sync(read)().strip().split("\n\n")[-1]
    assert last.startswith("event: failed")
    assert "index_rebuilding" in last
    assert TOLD in last


def test_openai_clients_get_a_server_error(reader: str) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        complete(reader, QUESTION)
    assert raised.value.status_code == 503
    body: Any = raised.value.body
    assert (body["code"], body["message"]) == ("index_rebuilding", TOLD)


def test_mcp_reports_it(reader: str) -> None:
    assert refusal(reader, "ask", question=QUESTION).endswith(TOLD)
    assert refusal(reader, "search", query=QUESTION).endswith(TOLD)


def test_the_page_reports_it(employee: User) -> None:
    client = AsyncClient()

    async def ask() -> str:
        await client.aforce_login(employee)
        await client.post("/ask/", {"question": QUESTION})
        turn = await Turn.objects.aget()
        response = await client.get(f"/turns/{turn.uid}/stream/")
        return b"".join([frame async for frame in response.streaming_content]).decode()

    frames = async_to_sync(ask)()
    assert "event: failed" in frames
    assert "is being rebuilt (0 of 7 passages)" in frames
    assert Turn.objects.get().error_code == "index_rebuilding"


def test_who_may_read_nothing_is_refused_as_ever(client: Client, outsider: User) -> None:
    key = key_of(outsider, "ask", "read")
    response = client.post("/api/v1/ask", {"question": QUESTION}, content_type="application/json", headers=bearer(key))
    assert (response.status_code, response.json()["outcome"], response.json()["reason"]) == (200, "refused", "nothing_found")
    assert client.get("/api/v1/search", {"q": QUESTION}, headers=bearer(key)).json()["passages"] == []

"""The whole ASGI application, as a server calls it: when the browser goes, the answer goes on; Stop is a button."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.test import Client
from django.urls import reverse

from chat import services
from chat.models import Turn
from chat.streaming.runs import get_runs
from kb.index.engine import get_engine
from kb.index.entries import to_indexed_chunk
from kb.models import Chunk, Collection
from retrieval.types import IndexEntry
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document
from tests.gateway.fake_server import FakeServer


@pytest.fixture
def asked(transactional_db: None, settings: Any, fake_server: FakeServer) -> Iterator[tuple[Turn, str]]:
    """A waiting turn over an indexed document, a model that never ends, and the cookie of the turn's owner."""
    fake_server.text = f"{SIX_HOURS} [1] And"
    settings.LLM_BASE_URL, settings.LLM_MODEL = fake_server.base_url, "endless"
    user = get_user_model().objects.create_user(username="erin", password="correct horse 7", role="knowledge_admin")
    add_document(Collection.objects.create(name="Handbook", slug="handbook", sufficiency_threshold=0.0), "leave.md", LEAVE)
    chunks = [to_indexed_chunk(chunk) for chunk in Chunk.objects.select_related("version__document")]
    engine = get_engine()
    embeddings = engine.embedder.embed_passages([chunk.contextual_text for chunk in chunks])
    engine.writer.publish([IndexEntry(chunk=chunk, embedding=vectors) for chunk, vectors in zip(chunks, embeddings, strict=True)])
    client = Client()
    client.force_login(user)
    yield services.start_turn(user=user, question=QUESTION), client.cookies["sessionid"].value
    engine.writer.publish([], remove_versions={chunk.version_id for chunk in chunks})


def test_a_browser_that_goes_leaves_the_answer_to_the_server_until_somebody_stops_it(
    asked: tuple[Turn, str], fake_server: FakeServer
) -> None:
    turn, cookie = asked

    async def read_one_sentence_and_go() -> None:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": reverse("chat:stream", args=[turn.uid]),
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"cookie", f"sessionid={cookie}".encode())],
        }
        browser = ApplicationCommunicator(get_asgi_application(), scope)
        await browser.send_input({"type": "http.request", "body": b"", "more_body": False})
        started = await browser.receive_output(timeout=30)
        assert started["status"] == 200
        while b"event: answer" not in (await browser.receive_output(timeout=30))["body"]:
            pass
        await browser.send_input({"type": "http.disconnect"})
        await browser.wait(timeout=10)
        run = get_runs().find(turn.pk)
        assert not await asyncio.to_thread(fake_server.hung_up.wait, 0.5)
        await sync_to_async(services.stop_turn)(turn)
        assert await asyncio.to_thread(fake_server.hung_up.wait, 2)
        await asyncio.wait_for(run.task, 10)

    asyncio.run(read_one_sentence_and_go())
    turn.refresh_from_db()
    assert turn.state == Turn.State.STOPPED
    assert turn.answer["answer"] == f"{SIX_HOURS}[1]"
    assert turn.receipt

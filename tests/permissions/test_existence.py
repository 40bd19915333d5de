"""The same question gets the same answer, hits, order and scores, to the bit, whatever lies in collections that the reader may not
read: in search and answers by REST, by MCP and on pages, with the real encoder and each backend."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from mcp import Client as McpClient
from milvus_lite.server_manager import server_manager_instance

from accounts.keys import create_api_key
from accounts.models import User
from api.mcp.server import build_server
from chat.models import Conversation
from kb.index.engine import Engine, get_engine
from kb.index.entries import to_indexed_chunk
from kb.index.identity import chunk_id
from kb.models import Chunk, ChunkEmbedding, Collection, Document, DocumentVersion, Page
from retrieval.types import Embedding, IndexEntry
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
SIZES = (12, 60, 400)
RANDOM_NAMES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}…")
# What differs between two requests for the same page: tokens, the receipt's number, how long ago something was.
OF_THE_REQUEST = re.compile(
    r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|X-CSRFToken&quot;: &quot;)\w+|Receipt [0-9a-f]{8}|>[^<]*</time>'
)
FACTS = (
    "Employees with three to fifteen years of service earn 6 hours of annual leave per pay period.",
    "Unused annual leave is carried over until 31 March of the following year.",
    "A parking permit costs 20 dollars a month and is ordered at the front desk.",
    "Travel of more than 200 kilometres is booked by the travel office.",
    "Overtime is paid at 150 percent of the hourly wage.",
    "The canteen opens at 11:30 and closes at 14:00.",
    "A lost badge is reported to security within 24 hours.",
    "The notice period during probation is two weeks.",
    "Laptops are replaced after four years.",
    "Remote work of up to eight days a month needs the manager's approval.",
    "Form AB-17 is used for expenses above 500 dollars.",
    "Invoices are paid within 30 days of receipt.",
    "员工累计工作已满10年不满20年的，年休假10天。",
    "加班工资不低于工资的百分之一百五十。",
    "Parental leave lasts 26 weeks and is asked for in writing.",
    "The pension fund takes 5 percent of the salary.",
)
QUESTIONS = (
    "How many hours of annual leave do employees with five years of service earn?",
    "Until when can unused annual leave be carried over?",
    "What does a parking permit cost?",
    "Who books travel of more than 200 kilometres?",
    "At what percentage is overtime paid?",
    "When does the canteen open?",
    "How soon must a lost badge be reported?",
    "How long is the notice period during probation?",
    "When are laptops replaced?",
    "How many days of remote work need approval?",
    "Which form is used for expenses above 500 dollars?",
    "Within how many days are invoices paid?",
    "工作满12年的员工有几天年休假？",
    "加班工资是多少？",
    "How long is parental leave?",
    "What share of the salary does the pension fund take?",
    "What does form AB-17 say?",
    "Who may keep a wombat in the office?",
    "annual leave",
    "What is the capital of Atlantis?",
)
IN_FULL = 3  # questions that are asked by MCP and on pages too, which go through the same flow


@pytest.fixture(params=["local", "milvus"])
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Engine]:
    file = tmp_path / "milvus" / "index.db"
    file.parent.mkdir()
    settings.INDEX_ROOT, settings.ATTEST_HOME = tmp_path / "index", tmp_path
    settings.RETRIEVAL_URL = "local" if request.param == "local" else f"milvus-lite://{file}"
    settings.RATE_SEARCH_PER_MINUTE = settings.RATE_ASK_PER_MINUTE = 10_000
    yield get_engine()
    if request.param == "milvus":
        server_manager_instance.release_server(str(file))


def add_forbidden(engine: Engine, collection: Collection, size: int, like: list[IndexEntry]) -> None:
    """Add passages of others, with words and vectors near the reader's own, so that they would meddle where they could."""
    random = np.random.default_rng(size)
    entries = []
    for number in range(size):
        nearest = like[number % len(like)]
        text = f"{nearest.chunk.text} In the board's case {number % 7} otherwise: overtime, leave, canteen. 年休假{number}天。"
        document = Document.objects.create(collection=collection, name=f"{size}-{number}.md", title=f"Board {number}")
        version = DocumentVersion.objects.create(
            document=document, number=1, sha256="0" * 64, size=1, media_type="text/plain", storage_path="x", status="indexed"
        )
        document.current_version = version
        document.save()
        page = Page.objects.create(version=version, number=1, text=text)
        chunk = Chunk.objects.create(
            id=chunk_id(version.uid, 0), version=version, ordinal=0, page=page, start=0, end=len(text), text=text, text_hash=""
        )
        vector = np.frombuffer(nearest.embedding.dense, "<f4") + 0.02 * random.standard_normal(engine.embedder.dimension)
        dense = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
        embedding = Embedding(dense=dense, tokens=nearest.embedding.tokens)
        ChunkEmbedding.objects.create(chunk=chunk, encoder=engine.embedder.fingerprint, dense=dense, tokens=embedding.tokens)
        entries.append(IndexEntry(chunk=to_indexed_chunk(chunk), embedding=embedding))
    engine.writer.publish(entries)


def own_entries() -> list[IndexEntry]:
    chunks = Chunk.objects.select_related("version__document", "embedding")
    return [
        IndexEntry(
            chunk=to_indexed_chunk(chunk),
            embedding=Embedding(dense=bytes(chunk.embedding.dense), tokens=bytes(chunk.embedding.tokens)),
        )
        for chunk in chunks
    ]


def ask_everything(user: User, key: str) -> dict[str, Any]:
    """Return what every question is answered with by every way, without what is each request's own."""
    client, browser = Client(headers={"Authorization": f"Bearer {key}"}), Client()
    browser.force_login(user)
    answers: dict[str, Any] = {}
    for number, question in enumerate(QUESTIONS):
        answers[f"search {question}"] = client.get("/api/v1/search", {"q": question, "limit": 20}).json()
        place = {"conversation": "new"} if number < IN_FULL else {}
        answer = client.post("/api/v1/ask", {"question": question, **place}, "application/json").json()
        if place:
            page = browser.get(reverse("chat:conversation", args=[answer["conversation"]])).content.decode()
            answers[f"page {question}"] = RANDOM_NAMES.sub("", OF_THE_REQUEST.sub("", page))
            answers[f"search by MCP {question}"] = call(key, "search", query=question)
            answers[f"MCP {question}"] = without_names(call(key, "ask", question=question))
        answers[f"ask {question}"] = without_names(answer)
    Conversation.objects.all().delete()  # else the next one's page lists them
    answers["library"] = [
        OF_THE_REQUEST.sub("", RANDOM_NAMES.sub("", browser.get(address).content.decode()))
        for address in ("/", "/library/", "/library/?q=leave", "/library/c/handbook/")
    ]
    return answers


def without_names(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("receipt", "timings_ms", "conversation", "turn")}


def call(key: str, tool: str, **given: Any) -> Any:
    async def run() -> Any:
        async with McpClient(build_server(key=key)) as client:
            return await client.call_tool(tool, given)

    return json.loads(json.dumps(async_to_sync(run)().structured_content))


def test_a_forbidden_collection_changes_no_answer_hit_order_or_bit(engine: Engine, employee: User, collection: Collection) -> None:
    for number, fact in enumerate(FACTS):
        index_document(engine, collection, f"rule-{number}.md", [fact], title=f"Rule {number}")
    own = own_entries()
    key = create_api_key(user=employee, name="script", scopes=["ask", "read"], days=30, actor=employee).text
    alone = ask_everything(employee, key)
    outcomes = [alone[f"ask {question}"]["outcome"] for question in QUESTIONS]
    assert outcomes.count("answered") >= 8
    assert "refused" in outcomes
    assert all(alone[f"search {question}"]["passages"] for question in QUESTIONS)
    board = Collection.objects.create(name="Board", slug="board", vocabulary="leave, vacation, 年休假\nbadge, key card")
    board.groups.add(Group.objects.create(name="Board"))
    before = 0
    for size in SIZES:
        add_forbidden(engine, board, size - before, own)
        before = size
        beside = ask_everything(employee, key)
        for name, value in alone.items():
            assert beside[name] == value, f"{name} beside {size} forbidden documents"

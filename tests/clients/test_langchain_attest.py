"""The LangChain retriever talks to the application itself."""

from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from langchain_core.runnables import RunnableLambda

from clients.langchain_attest import AttestRefused, AttestRetriever
from kb.models import Document
from tests.api.conftest import key_of, leave, reader, secret  # noqa: F401 - fixtures
from tests.api.test_docs import DjangoTransport, block
from tests.api.test_openai import InProcess
from tests.chat.library import QUESTION, SIX_HOURS
from tests.chat.library import search as fake_search

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.searching.search_passages", fake_search)


def retriever(key: str, transport: Any, **given: Any) -> AttestRetriever:
    return AttestRetriever(url="http://localhost", api_key=key, **given).with_transport(transport)


def test_passages_become_documents_that_name_their_place(leave: Document, reader: str) -> None:  # noqa: F811
    found = retriever(reader, DjangoTransport(), collection="handbook", k=3).invoke(QUESTION)
    assert SIX_HOURS in found[0].page_content
    assert (found[0].metadata["document"], found[0].metadata["version"]) == ("leave.md", 1)
    page = leave.current_version.pages.get().text
    assert page[found[0].metadata["start"] : found[0].metadata["end"]] == found[0].page_content
    assert found[0].id == found[0].metadata["chunk_id"]


def test_the_example_of_the_docs_runs(
    leave: Document,  # noqa: F811
    reader: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened = AttestRetriever.__init__

    def open_in_process(self: AttestRetriever, **given: Any) -> None:
        opened(self, **given)
        self.with_transport(DjangoTransport())

    monkeypatch.setattr(AttestRetriever, "__init__", open_in_process)
    exec(block("python", "from clients"), {"url": "http://localhost", "key": reader})  # noqa: S102 - the page's own example
    assert SIX_HOURS in capsys.readouterr().out


def test_it_stands_in_a_chain_and_waits_without_blocking(leave: Document, reader: str) -> None:  # noqa: F811
    chain = retriever(reader, InProcess()) | RunnableLambda(lambda documents: documents[0].metadata["title"])
    assert async_to_sync(chain.ainvoke)(QUESTION) == "Leave"


def test_it_finds_what_the_owner_of_the_key_may_read_and_nothing_else(leave: Document, secret: Document, reader: str) -> None:  # noqa: F811
    assert {found.metadata["collection"] for found in retriever(reader, DjangoTransport()).invoke("burrow leave")} <= {"handbook"}
    with pytest.raises(AttestRefused) as refused:
        retriever(reader, DjangoTransport(), collection="board").invoke("burrow leave")
    assert (refused.value.code, refused.value.status) == ("not_found", 404)


def test_a_refusal_says_why(leave: Document, employee: Any) -> None:  # noqa: F811
    with pytest.raises(AttestRefused, match="scope") as refused:
        retriever(key_of(employee, "ask"), DjangoTransport()).invoke(QUESTION)
    assert (refused.value.code, refused.value.status) == ("key_scope", 403)


def test_an_address_that_is_no_attest_is_distinguished_from_one_that_refuses(reader: str) -> None:  # noqa: F811
    elsewhere = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))
    with pytest.raises(AttestRefused) as refused:
        retriever(reader, elsewhere).invoke(QUESTION)
    assert refused.value.code == "unreadable"
    assert reader not in repr(retriever(reader, elsewhere))

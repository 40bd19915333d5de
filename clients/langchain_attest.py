"""Attest as a LangChain retriever: the passages that the owner of a key may read, best first.

One file, to be copied into any project; needs langchain-core and httpx, and nothing of Attest.

    retriever = AttestRetriever(url="https://attest.example", api_key="att_…", collection="handbook", k=5)
    documents = retriever.invoke("How long is parental leave?")
"""

from typing import Any

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, PrivateAttr, SecretStr


class AttestRefused(Exception):
    """Attest did not search: `code` is stable ("key_expired", "not_found", "too_many_requests" …), the text is for people."""

    def __init__(self, code: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class AttestRetriever(BaseRetriever):
    """Searches Attest over its API; each search is in its audit. The key needs the scope `read`.

    Raises: AttestRefused: Attest said why not. httpx.HTTPError: it was not reached.
    """

    url: str = Field(description="of the installation, without /api")
    api_key: SecretStr
    collection: str | None = Field(None, description="address of one collection; else all that the key's owner may read")
    k: int = Field(5, ge=1, le=50)
    timeout_s: float = 30.0
    _transport: Any = PrivateAttr(default=None)  # of httpx: for tests, and for whoever needs a proxy of their own

    def with_transport(self, transport: httpx.BaseTransport | httpx.AsyncBaseTransport) -> "AttestRetriever":
        """Send requests another way."""
        self._transport = transport
        return self

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        with httpx.Client(**self._settings()) as client:
            return read_passages(client.get("/api/v1/search", params=self._parameters(query)))

    async def _aget_relevant_documents(self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
        async with httpx.AsyncClient(**self._settings()) as client:
            return read_passages(await client.get("/api/v1/search", params=self._parameters(query)))

    def _settings(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}
        return {"base_url": self.url, "headers": headers, "timeout": self.timeout_s, "transport": self._transport}

    def _parameters(self, query: str) -> dict[str, str | int]:
        asked: dict[str, str | int] = {"q": query, "limit": self.k}
        return asked | ({"collection": self.collection} if self.collection else {})


def read_passages(response: httpx.Response) -> list[Document]:
    """Return the passages; the text is the passage's own, everything else about it is in the metadata. Raises: AttestRefused."""
    try:
        body = response.json()
    except ValueError as error:
        raise AttestRefused("unreadable", "This address does not speak Attest's API.", status=response.status_code) from error
    if response.is_error:
        refused = body.get("error", {})
        raise AttestRefused(refused.get("code", ""), refused.get("message", ""), status=response.status_code)
    return [
        Document(
            id=passage["chunk_id"],
            page_content=passage["text"],
            metadata={name: value for name, value in passage.items() if name != "text"},
        )
        for passage in body["passages"]
    ]

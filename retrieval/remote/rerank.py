"""A reranker behind `/rerank`, as vLLM and TEI serve it: the one reads `documents` and wraps its `results`, the other `texts`."""

import weakref
from collections.abc import Sequence
from typing import Any

import httpx

from retrieval.errors import EncoderError
from retrieval.remote.server import TIMEOUT_S, Server


class RemoteReranker:
    """A `retrieval.ports.Reranker`. Safe in threads."""

    def __init__(self, server: Server, *, transport: httpx.BaseTransport | None = None) -> None:
        self._server = server
        self._client = httpx.Client(timeout=TIMEOUT_S, transport=transport)
        weakref.finalize(self, self._client.close)  # nobody else knows when the last user is gone

    @property
    def name(self) -> str:
        return self._server.model

    def score(self, query: str, texts: Sequence[str]) -> list[float | None]:
        """See `retrieval.ports.Reranker`. Both dialects' fields are sent; each server reads its own."""
        if not texts:
            return []
        given = {"model": self._server.model, "query": query, "documents": list(texts), "texts": list(texts)}
        reply = self._server.call(self._client, "", given | {"top_n": len(texts), "truncate": True})
        return _read(reply, len(texts))


def _read(reply: Any, count: int) -> list[float | None]:
    rows: Any = reply.get("results") if isinstance(reply, dict) else reply
    scores: list[float | None] = [None] * count
    try:
        for row in rows:
            scores[row["index"]] = float(row["relevance_score"] if "relevance_score" in row else row["score"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EncoderError(f"The scores cannot be read: {error}") from error
    return scores

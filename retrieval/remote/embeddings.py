"""An encoder behind `/v1/embeddings`, as vLLM, TEI and OpenAI serve it. Dense vectors alone: it returns no token vectors."""

import hashlib
import re
import weakref
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import httpx
import numpy as np

from retrieval.errors import EncoderError
from retrieval.remote.server import TIMEOUT_S, Server
from retrieval.tokens import Projection
from retrieval.types import Embedding

BATCH = 64
QUERIES_KEPT = 256
SPECIAL_TOKENS = 2
USUAL_WINDOW = 512  # where the server does not report it
# The served tokenizer is not here. On the safe side for common ones: a token has at least 3 Latin letters, or one wide character.
_WIDE = re.compile(r"[^\x00-\u024f]")
LETTERS_A_TOKEN = 3


class RemoteEncoder:
    """A `retrieval.ports.Embedder`. Safe in threads; asks nothing before its first use."""

    projection: Projection | None = None

    def __init__(self, server: Server, *, transport: httpx.BaseTransport | None = None) -> None:
        self._server = server
        self._client = httpx.Client(timeout=TIMEOUT_S, transport=transport)
        weakref.finalize(self, self._client.close)  # nobody else knows when the last user is gone
        self._recent = lru_cache(maxsize=QUERIES_KEPT)(self._embed_query)

    @property
    def fingerprint(self) -> str:
        """By the model's name: the same model at another address has the same vectors."""
        digest = hashlib.sha256(self._server.model.encode()).hexdigest()[:8]
        return f"remote-{re.sub(r'[^A-Za-z0-9.-]+', '-', self._server.model)[:60]}-{digest}"

    @cached_property
    def dimension(self) -> int:
        return len(self._embed(["dimension"])[0]) // 4

    @cached_property
    def max_tokens(self) -> int:
        """As vLLM reports it with its models; else what most encoders read."""
        try:
            reply = self._client.get(f"{self._server.url}/models", headers=self._headers).json()
            windows = [int(one["max_model_len"]) for one in reply["data"] if one.get("max_model_len")]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            windows = []
        return min(windows, default=USUAL_WINDOW) - SPECIAL_TOKENS

    def warm_up(self) -> None:
        """Connect early, so that the first question need not wait for it. If the server is unavailable, the question reports it."""
        try:
            self.embed_query("warm up")
        except EncoderError:
            return

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Estimates, on the safe side."""
        return [_estimate(text) for text in texts]

    def unknown_share(self, text: str) -> float:
        """Whoever serves an encoder of their own chose one that reads their languages."""
        return 0.0

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        """See `retrieval.ports.Embedder`. Raises: EncoderError."""
        cut = [_cut(text, self.max_tokens) for text in texts]
        batches = (cut[start : start + BATCH] for start in range(0, len(cut), BATCH))
        return [Embedding(dense=dense, tokens=b"") for batch in batches for dense in self._embed(batch)]

    def embed_query(self, text: str) -> Embedding:
        """See `retrieval.ports.Embedder`. Raises: EncoderError."""
        return self._recent(text)

    def embed_tokens(self, texts: Sequence[str]) -> list[bytes]:
        return [b""] * len(texts)

    def token_starts(self, text: str) -> list[int]:
        return []

    def query_weights(self, text: str) -> list[float]:
        return []

    def _embed_query(self, text: str) -> Embedding:
        (dense,) = self._embed([_cut(text, self.max_tokens)])
        return Embedding(dense=dense, tokens=b"")

    def _embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return a unit vector of each text, as float32 bytes."""
        reply = self._server.call(
            self._client, "/embeddings", {"model": self._server.model, "input": list(texts), "encoding_format": "float"}
        )
        vectors = _read(reply, len(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return [row.tobytes() for row in (vectors / np.maximum(lengths, 1e-12)).astype("<f4")]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._server.key}"} if self._server.key else {}


def _read(reply: Any, count: int) -> Any:
    """Return the vectors in the order of the texts. Raises: EncoderError: not one for each, or of different lengths."""
    try:
        rows = sorted(reply["data"], key=lambda row: row["index"])
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise EncoderError(f"The embeddings cannot be read: {error}") from error
    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise EncoderError(f"{count} texts were sent, and what came back has the shape {vectors.shape} or holds no numbers.")
    return vectors


def _estimate(text: str) -> int:
    wide = len(_WIDE.findall(text))
    return wide + (len(text) - wide + LETTERS_A_TOKEN - 1) // LETTERS_A_TOKEN


def _cut(text: str, max_tokens: int) -> str:
    """Return as much of a text as the server reads in any case, so that it need not refuse it."""
    if _estimate(text) <= max_tokens:
        return text
    room = max_tokens * LETTERS_A_TOKEN
    for position, mark in enumerate(text):
        room -= LETTERS_A_TOKEN if _WIDE.match(mark) else 1
        if room < 0:
            return text[:position]
    return text

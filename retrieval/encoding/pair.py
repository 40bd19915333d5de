"""Two models as one encoder: a vector of two halves, so that one index and one search serve both.

The first model reads English; the second reads what the first cannot, and across languages. An inner product of two texts that both
models read is the weighted mean of both models' cosines; where one of the texts is Chinese, the second model alone decides. A
text's token vectors are the first model's where that reads it, else the second's; late interaction abstains between the two.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.encoding import processor
from retrieval.encoding.centre import PASSAGE, QUERY, STRENGTH, Centre
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.model import short_digest
from retrieval.encoding.paired_tokens import PairedProjection, mark
from retrieval.types import UNREADABLE_SHARE, Embedding

Floats = npt.NDArray[np.float32]

SECOND_WEIGHT = 0.4  # of the second model where both read a text, in [0, 1]


class PairedEncoder:
    """A `retrieval.ports.Embedder`. Loads at first use, offline; safe in threads.

    Args:
        centre: what the second model's vectors have in common.
    """

    def __init__(self, *, first: SentenceEncoder, second: SentenceEncoder, centre: Centre) -> None:
        self.first, self.second = first, second
        self._centre = centre

    @property
    def folder(self) -> Path:
        """Where the first model lies."""
        return self.first.folder

    @cached_property
    def fingerprint(self) -> str:
        parts = (self.first.fingerprint.encode(), self.second.fingerprint.encode(), self._centre.means.tobytes())
        digest = short_digest(*parts, repr((SECOND_WEIGHT, STRENGTH)).encode())
        return f"{self.first.name}+{self.second.name}-{digest}"

    @cached_property
    def projection(self) -> PairedProjection | None:
        if self.first.projection is None or self.second.projection is None:
            return None
        return PairedProjection(self.first.projection, self.second.projection)

    @cached_property
    def dimension(self) -> int:
        return self.first.dimension + self.second.dimension

    @property
    def max_tokens(self) -> int:
        return self.first.max_tokens

    def warm_up(self) -> None:
        """Load both models and run them once, so that the first question does not wait for them."""
        self.first.warm_up()
        self.second.warm_up()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """In the first model's tokens: each Han character is one, so that what fits into its window fits into the second's."""
        return self.first.count_tokens(texts)

    def unknown_share(self, text: str) -> float:
        return min(self.first.unknown_share(text), self.second.unknown_share(text))

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        known, read = self.first.embed_passages(texts), self.second.embed_passages(texts)
        return [
            Embedding(dense=self._join(text, one.dense, other.dense, role=PASSAGE), tokens=one.tokens or mark(other.tokens))
            for text, one, other in zip(texts, known, read, strict=True)
        ]

    def embed_query(self, text: str) -> Embedding:
        is_second = self.second.unknown_share(text) <= UNREADABLE_SHARE
        if self.first.unknown_share(text) > UNREADABLE_SHARE:
            other = self.second.embed_query(text) if is_second else None
            unread = bytes(4 * self.first.dimension)
            tokens = mark(other.tokens) if other else b""
            return Embedding(dense=self._join(text, unread, other.dense if other else b"", role=QUERY), tokens=tokens)
        one, other = self._ask_both(text) if is_second else (self.first.embed_query(text), None)
        return Embedding(dense=self._join(text, one.dense, other.dense if other else b"", role=QUERY), tokens=one.tokens)

    def _ask_both(self, text: str) -> tuple[Embedding, Embedding]:
        """Embed a question by both models at once. A thread for each question: one that waits for work would not outlive a fork."""
        with ThreadPoolExecutor(1, thread_name_prefix="embed-second", initializer=processor.use_one_thread) as beside:
            other = beside.submit(self.second.embed_query, text)
            one = self.first.embed_query(text)
        return one, other.result()

    def embed_tokens(self, texts: Sequence[str]) -> list[bytes]:
        """Of the first model alone: what is judged by closeness was fitted to it."""
        return self.first.embed_tokens(texts)

    def compare_across(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return the second model's cosine of a query with each text, about [-1, 1]; 0 for what it cannot read.

        Between languages this is what tells: token vectors meet their own language's, whatever is said.
        """
        asked = self._centred(query, self.second.embed_query(query).dense, role=QUERY)
        embedded = self.second.embed_passages(texts)
        return [float(asked @ self._centred(text, one.dense, role=PASSAGE)) for text, one in zip(texts, embedded, strict=True)]

    def token_starts(self, text: str) -> list[int]:
        return self.first.token_starts(text)

    def query_weights(self, text: str) -> list[float]:
        reader = self.first if self.first.unknown_share(text) <= UNREADABLE_SHARE else self.second
        return reader.query_weights(text)

    def _join(self, text: str, first: bytes, second: bytes, *, role: int) -> bytes:
        """Return the two halves as one unit vector; a half that its model cannot read is zeros."""
        one = np.frombuffer(first, np.float32)
        other = self._centred(text, second or bytes(4 * self.second.dimension), role=role)
        joined = np.concatenate([one * (1 - SECOND_WEIGHT) ** 0.5, other * SECOND_WEIGHT**0.5])
        joined /= max(float(np.linalg.norm(joined)), 1e-9)
        return joined.astype("<f4").tobytes()

    def _centred(self, text: str, vector: bytes, *, role: int) -> Floats:
        return self._centre.take_off(np.frombuffer(vector, np.float32), text, role=role)

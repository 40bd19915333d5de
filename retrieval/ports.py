"""The ports of retrieval: what a backend must offer. Adapters live in `retrieval.local`, `retrieval.milvus`, …"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from retrieval.types import Closeness, Embedding, Hit, IndexEntry, Scope, WordWeights


class Embedder(Protocol):
    """Turns text into vectors. Thread-safe; loads its model at first use, never at import."""

    @property
    def fingerprint(self) -> str:
        """Names model, revision, projection and quantisation: vectors of two fingerprints never meet in one index."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest input it reads, special tokens not counted."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in the encoder's tokens, special tokens not counted, not truncated."""

    def unknown_share(self, text: str) -> float:
        """Return the share of the text's word pieces that the vocabulary does not know, in [0, 1]."""

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        """Embed in length-sorted batches; the result is in the order of the input."""

    def embed_query(self, text: str) -> Embedding:
        """Embed one query; `tokens` holds float32 token vectors, projected but not quantised."""

    def embed_tokens(self, texts: Sequence[str]) -> list[bytes]:
        """Return the token vectors of `embed_passages` alone; empty where the encoder gives none or cannot read the text."""

    def token_starts(self, text: str) -> list[int]:
        """Return where in `text` each token begins whose vector `embed_passages([text])` gives, in characters, ascending."""

    def query_weights(self, text: str) -> list[float]:
        """Return how much each token vector of `embed_query(text)` counts in late interaction, > 0."""


class LateInteraction(Protocol):
    """Compares token vectors as an encoder gives them; see `retrieval.tokens.Projection`."""

    @property
    def token_bytes(self) -> int:
        """Bytes that one packed token takes."""

    def max_sim(
        self, query: bytes, passages: Sequence[bytes | memoryview], *, weights: Sequence[float] | None = None
    ) -> list[float | None]:
        """Return how well each passage meets the query's tokens, about [-1, 1]; None for one that cannot be compared with it."""

    def compare(
        self,
        query: bytes,
        passages: Sequence[bytes | memoryview],
        *,
        weights: Sequence[float],
        words: Sequence[tuple[str, int]] = (),
    ) -> list[Closeness | None]:
        """Return the same with what each passage meets worst."""


class Reranker(Protocol):
    """Reads question and passage together."""

    @property
    def name(self) -> str:
        """The model's, for receipts."""

    def score(self, query: str, texts: Sequence[str]) -> list[float | None]:
        """Return one score for each text, higher is better, of any scale; None where it cannot score one. Raises: EncoderError."""


class IndexSnapshot(Protocol):
    """One generation of an index: what a query sees from its start to its end."""

    @property
    def generation(self) -> int: ...

    def search_keyword(
        self, query: str, *, scope: Scope, limit: int, weights: WordWeights = ..., also: Sequence[Sequence[str]] = ()
    ) -> tuple[Hit, ...]:
        """Return at most `limit` hits by BM25, best first, only from within `scope`.

        Args:
            also: groups of words that mean the same. A passage gains by the best word of each group that it holds whole; a backend
                whose BM25 is not ours may take them for further words of the query.
        """

    def search_dense(self, vector: bytes, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return at most `limit` hits by inner product, best first, only from within `scope`. `vector`: float32 bytes."""

    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes | memoryview]:
        """Return the packed token vectors of each chunk, empty where there are none."""

    def digests(self, chunk_ids: Sequence[int]) -> list[int | None]:
        """Return the digest of each chunk's normalised text (retrieval.duplicates), None for an unknown chunk."""

    def count_in(self, scope: Scope) -> int | None:
        """Return how many chunks a query within `scope` sees; None where a backend would have to count for it."""

    def count(self) -> int:
        """Return how many chunks both legs hold; where they differ, the smaller number. Costs the same at any size."""


class IndexWriter(Protocol):
    """Publishing: whole or not at all, and twice is once."""

    def publish(
        self, entries: Sequence[IndexEntry], *, remove_versions: Iterable[int] = (), remove_chunks: Iterable[int] = ()
    ) -> int:
        """Add or replace these chunks in both legs, and drop every chunk of `remove_versions` and each of `remove_chunks`, ids.

        Returns: the generation that readers see from now on. Raises: IndexLocked, IndexDamaged.
        """

    def rebuild(self, batches: Iterable[Sequence[IndexEntry]]) -> int:
        """Publish a generation that holds exactly these entries, whatever was there, damaged or not."""

    def forget_removed(self) -> int:
        """Have nothing of deleted rows in any file; a server is asked to see to its own. Returns: rows that went."""

    def count_rows_of(self, versions: Iterable[int]) -> int:
        """Return how many rows of these versions are there in any form, deleted ones among them where that can be known."""

    @property
    def is_outdated(self) -> bool:
        """Whether another release wrote what is there, in another layout or cut into other words."""

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the ids in the keyword leg and in the dense leg, for verify_index."""

"""Reading from Milvus. Its readers see what was published a moment ago; the database's own look at each hit settles the rest."""

import base64
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from pymilvus import MilvusClient
from pymilvus.exceptions import ErrorCode, MilvusException

from retrieval.analyzer import Analyzer
from retrieval.milvus.connection import Connection
from retrieval.milvus.layout import DENSE, EF_AT_LEAST, KEYWORD, MARKER, from_signed, to_hits, within, write_terms
from retrieval.types import PRODUCTION_WEIGHTS, Hit, Scope, WordWeights

MAX_QUERY_TERMS = 256
NOT_LOADED = 101  # Milvus's code, which pymilvus gives no name


class MilvusSnapshot:
    """What one query sees; a `retrieval.ports.IndexSnapshot`. Short-lived: it remembers what its searches brought along."""

    def __init__(self, connection: Connection, alias: str, *, analyzer: Analyzer) -> None:
        self._connection, self._alias, self._analyzer = connection, alias, analyzer
        self._digests: dict[int, int] = {}

    @cached_property
    def generation(self) -> int:
        """When the index was last published to, in nanoseconds since 1970; 0: never."""
        rows = self._ask(lambda client: client.get(self._alias, ids=[MARKER], output_fields=["version"]))
        return int(rows[0]["version"]) if rows else 0

    def search_keyword(
        self,
        query: str,
        *,
        scope: Scope,
        limit: int,
        weights: WordWeights = PRODUCTION_WEIGHTS,
        also: Sequence[Sequence[str]] = (),
    ) -> tuple[Hit, ...]:
        """See `retrieval.ports.IndexSnapshot`. Milvus's BM25 reads text and knows neither weights nor words that are one."""
        words = (*(word for group in also for word in group), query)  # a long query is cut, not they
        terms = [term for word in words for term in self._analyzer.terms(word)][:MAX_QUERY_TERMS]
        return self._search(KEYWORD, write_terms(terms), scope=scope, limit=limit, metric="BM25") if terms else ()

    def search_dense(self, vector: bytes, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """See `retrieval.ports.IndexSnapshot`."""
        parameters = {"ef": max(EF_AT_LEAST, 2 * limit)}
        return self._search(DENSE, np.frombuffer(vector, dtype="<f4"), scope=scope, limit=limit, metric="IP", **parameters)

    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes | memoryview]:
        """Return the packed token vectors of each chunk, empty where there are none."""
        rows = self._get(chunk_ids, "tokens")
        return [base64.b64decode(rows[chunk]["tokens"]) if chunk in rows else b"" for chunk in chunk_ids]

    def digests(self, chunk_ids: Sequence[int]) -> list[int | None]:
        """Return the digest of each chunk's normalised text, None for an unknown chunk."""
        unknown = [chunk for chunk in chunk_ids if chunk not in self._digests]
        self._digests |= {chunk: from_signed(row["digest"]) for chunk, row in self._get(unknown, "digest").items()}
        return [self._digests.get(chunk) for chunk in chunk_ids]

    def _search(self, leg: str, given: Any, *, scope: Scope, limit: int, metric: str, **parameters: int) -> tuple[Hit, ...]:
        expression = within(scope)
        if expression is None or limit < 1:
            return ()
        found = self._ask(
            lambda client: client.search(
                self._alias,
                data=[given],
                anns_field=leg,
                limit=limit,
                filter=expression,
                output_fields=["digest"],
                search_params={"metric_type": metric, "params": parameters},
            )
        )
        rows = found[0] if found else []
        self._digests |= {int(row["chunk"]): from_signed(row["entity"]["digest"]) for row in rows}
        return to_hits(rows, leg=leg)

    def _get(self, chunk_ids: Sequence[int], field: str) -> dict[int, dict[str, Any]]:
        if not chunk_ids:
            return {}
        rows = self._ask(lambda client: client.get(self._alias, ids=list(chunk_ids), output_fields=["chunk", field]))
        return {int(row["chunk"]): row for row in rows}

    def _ask(self, work: Callable[[MilvusClient], Any]) -> Any:
        """An index that was never published to answers with nothing; one that a restart left unloaded is loaded."""

        def ask(client: MilvusClient) -> Any:
            try:
                return work(client)
            except MilvusException as error:
                if error.code == ErrorCode.COLLECTION_NOT_FOUND:
                    return []
                if error.code != NOT_LOADED:
                    raise
            client.load_collection(self._alias)
            return work(client)

        return self._connection.run(ask)


class MilvusIndex:
    """The index behind an alias."""

    def __init__(self, connection: Connection, alias: str, *, analyzer: Analyzer) -> None:
        self._connection, self._alias, self._analyzer = connection, alias, analyzer

    def snapshot(self) -> MilvusSnapshot:
        """Return the index as it is now."""
        return MilvusSnapshot(self._connection, self._alias, analyzer=self._analyzer)

    def check(self) -> None:
        """Ask whether it answers; Milvus checks its own files. Raises: IndexUnavailable."""
        self._connection.run(lambda client: client.has_collection(self._alias))

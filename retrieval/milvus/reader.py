"""Reading from Milvus. Its readers see what was published a moment ago; the database's own look at each hit settles the rest."""

import base64
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from pymilvus import MilvusClient
from pymilvus.exceptions import ErrorCode, MilvusException

from language.analyzer import Analyzer
from retrieval.milvus.connection import Connection
from retrieval.milvus.layout import (
    DENSE,
    EF_AT_LEAST,
    KEYWORD,
    MARKER,
    from_signed,
    query_weights,
    to_hits,
    within,
    write_term,
)
from retrieval.types import PRODUCTION_WEIGHTS, Hit, Scope, WordWeights

MAX_QUERY_TERMS = 256
AT_ONCE = 8  # counts that a query asks for side by side
MOST_ROWS = 16_384  # that a search of Milvus gives
SPARE = 16  # rows asked for beyond the limit, so that it shows whether rounding decides about the last
ROUNDING = 2e-5  # more than two ways of summing an inner product of unit vectors in 32 bits differ by
NOT_LOADED = 101  # Milvus's code, which pymilvus gives no name
LOADS = 3  # several queries at once may load a collection, and one of them find it released again


class MilvusSnapshot:
    """What one query sees; a `retrieval.ports.IndexSnapshot`. Short-lived: it remembers what its searches brought along."""

    def __init__(self, connection: Connection, alias: str, *, analyzer: Analyzer) -> None:
        self._connection, self._alias, self._analyzer = connection, alias, analyzer
        self._digests: dict[int, int] = {}
        self._held: dict[tuple[str, str], int] = {}

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
        """See `retrieval.ports.IndexSnapshot`. A row's terms are one list: title and headings have no weight of their own, and
        words that mean the same are further words of the query."""
        words = (*(word for group in also for word in group), query)  # a long query is cut, not they
        terms = [term for word in words for term in self._analyzer.terms(word)][:MAX_QUERY_TERMS]
        expression = within(scope)
        if not terms or expression is None or limit < 1:
            return ()
        counts: defaultdict[str, float] = defaultdict(float)
        for term in terms:
            counts[term] += weights.asking if self._analyzer.is_asking(term) else 1.0
        held = self._count(list(counts), expression)
        given = query_weights(counts, held=held, rows=self._count([""], expression)[""])
        if not given:
            return ()
        found = self._search(KEYWORD, given, among=expression, limit=limit, spare=0.0, fields=())
        return to_hits([(float(row["distance"]), int(row["chunk"])) for row in found], leg=KEYWORD, limit=limit)

    def search_dense(self, vector: bytes, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """See `retrieval.ports.IndexSnapshot`. The inner products are made here, from the vectors: a server's differ in their last
        bit by where a row lies."""
        expression = within(scope)
        if expression is None or limit < 1:
            return ()
        given = np.frombuffer(vector, dtype="<f4")
        found = self._search(DENSE, given, among=expression, limit=limit, spare=ROUNDING, fields=(DENSE,))
        query = given.astype(np.float64)
        scored = [
            (float((np.asarray(row["entity"][DENSE], dtype="<f4").astype(np.float64) * query).sum()), int(row["chunk"]))
            for row in found
        ]
        return to_hits(scored, leg=DENSE, limit=limit)

    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes | memoryview]:
        """Return the packed token vectors of each chunk, empty where there are none."""
        rows = self._get(chunk_ids, "tokens")
        return [base64.b64decode(rows[chunk]["tokens"]) if chunk in rows else b"" for chunk in chunk_ids]

    def digests(self, chunk_ids: Sequence[int]) -> list[int | None]:
        """Return the digest of each chunk's normalised text, None for an unknown chunk."""
        unknown = [chunk for chunk in chunk_ids if chunk not in self._digests]
        self._digests |= {chunk: from_signed(row["digest"]) for chunk, row in self._get(unknown, "digest").items()}
        return [self._digests.get(chunk) for chunk in chunk_ids]

    def count_in(self, scope: Scope) -> int | None:
        """See `retrieval.ports.IndexSnapshot`: a query of its own, for which no question waits."""
        return None

    def count(self) -> int:
        """See `retrieval.ports.IndexSnapshot`. Both legs are fields of the same rows."""
        asked = {"filter": f"chunk > {MARKER}", "output_fields": ["count(*)"], "consistency_level": "Strong"}
        rows = self._ask(lambda client: client.query(self._alias, **asked))
        return int(rows[0]["count(*)"]) if rows else 0

    def _search(self, leg: str, given: Any, *, among: str, limit: int, spare: float, fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return the best rows, and beyond `limit` those whose score comes within `spare` of the last: which of these are cut must
        not hang on the order in which they lie."""
        asked = min(MOST_ROWS, limit + SPARE)
        while True:
            rows = self._search_once(leg, given, among=among, limit=asked, fields=fields)
            is_whole = len(rows) < asked or rows[-1]["distance"] < rows[limit - 1]["distance"] - spare
            if is_whole or asked >= MOST_ROWS:
                return rows
            asked = min(MOST_ROWS, 4 * asked)

    def _search_once(self, leg: str, given: Any, *, among: str, limit: int, fields: Sequence[str]) -> list[dict[str, Any]]:
        parameters = {"ef": max(EF_AT_LEAST, 2 * limit)} if leg == DENSE else {}
        found = self._ask(
            lambda client: client.search(
                self._alias,
                data=[given],
                anns_field=leg,
                limit=limit,
                filter=among,
                output_fields=["digest", *fields],
                search_params={"metric_type": "IP", "params": parameters},
            )
        )
        rows: list[dict[str, Any]] = sorted(found[0], key=lambda row: -row["distance"]) if found else []
        self._digests |= {int(row["chunk"]): from_signed(row["entity"]["digest"]) for row in rows}
        return rows

    def _count(self, terms: Sequence[str], among: str) -> dict[str, int]:
        """Return how many rows among these hold each term; "": how many there are."""
        unknown = [term for term in terms if (term, among) not in self._held]
        with ThreadPoolExecutor(max(1, min(AT_ONCE, len(unknown)))) as pool:
            self._held |= zip(
                [(term, among) for term in unknown], pool.map(lambda term: self._count_one(term, among), unknown), strict=True
            )
        return {term: self._held[term, among] for term in terms}

    def _count_one(self, term: str, among: str) -> int:
        holding = f"({among}) and text_match(terms, '{write_term(term)}')" if term else among
        rows = self._ask(lambda client: client.query(self._alias, filter=holding, output_fields=["count(*)"]))
        return int(rows[0]["count(*)"]) if rows else 0

    def _get(self, chunk_ids: Sequence[int], field: str) -> dict[int, dict[str, Any]]:
        if not chunk_ids:
            return {}
        rows = self._ask(lambda client: client.get(self._alias, ids=list(chunk_ids), output_fields=["chunk", field]))
        return {int(row["chunk"]): row for row in rows}

    def _ask(self, work: Callable[[MilvusClient], Any]) -> Any:
        """An index that was never published to answers with nothing; one that a restart left unloaded is loaded."""

        def ask(client: MilvusClient) -> Any:
            for _attempt in range(LOADS):
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

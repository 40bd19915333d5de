"""Writing to Milvus. Rows are upserted by chunk id and deleted by version, so that twice is once; a rebuild swaps an alias."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from pymilvus import MilvusClient

from language.analyzer import Analyzer
from retrieval.errors import IndexOutdated
from retrieval.milvus.connection import Connection
from retrieval.milvus.layout import MARKER, create, describe_layout, marker_row, to_row
from retrieval.types import IndexEntry

logger = logging.getLogger(__name__)

ROWS_A_CALL = 1000  # about 12 MB of gRPC, of at most 64
IDS_A_CALL = 10_000


class MilvusIndexWriter:
    """A `retrieval.ports.IndexWriter` on the collection behind an alias. Many may write at once: a row has one writer, its job.

    Args:
        dimension: of the dense vectors.
        reached: called with the name of each step as it is reached; tests end the process there.
    """

    def __init__(
        self,
        connection: Connection,
        alias: str,
        *,
        dimension: Callable[[], int],
        analyzer: Analyzer,
        reached: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._connection, self._alias, self._analyzer = connection, alias, analyzer
        self._dimension, self._reached = dimension, reached

    def publish(
        self, entries: Sequence[IndexEntry], *, remove_versions: Iterable[int] = (), remove_chunks: Iterable[int] = ()
    ) -> int:
        """See `retrieval.ports.IndexWriter`. Raises: IndexUnavailable, IndexOutdated."""
        gone = sorted(set(remove_chunks) - {entry.chunk.id for entry in entries})
        entries, removed = list({entry.chunk.id: entry for entry in entries}.values()), sorted(set(remove_versions))

        def write(client: MilvusClient) -> int:
            self._ensure(client)
            self._insert(client, self._alias, entries)
            self._reached("rows written")
            if removed:
                # What comes with the same version is written anew, not removed: a job may do both in one call.
                kept = [entry.chunk.id for entry in entries if entry.chunk.version_id in set(removed)]
                spare = f" and chunk not in {kept}" if kept else ""
                client.delete(self._alias, filter=f"version in {removed}{spare}")
            for start in range(0, len(gone), ROWS_A_CALL):
                client.delete(self._alias, ids=gone[start : start + ROWS_A_CALL])
            self._reached("versions removed")
            return self._mark(client, self._alias)

        return self._connection.run(write)

    def rebuild(self, batches: Iterable[Sequence[IndexEntry]]) -> int:
        """See `retrieval.ports.IndexWriter`. Readers keep the old collection until the alias points to the new one."""

        def write(client: MilvusClient) -> int:
            # A collection that bears the alias' name, or was left by a rebuild that was killed, is in nobody's way but the alias'.
            before = self._behind_alias(client)
            fresh = f"{self._alias}_{time.time_ns()}"
            create(client, fresh, dimension=self._dimension())
            for batch in batches:
                self._insert(client, fresh, batch)
            generation = self._mark(client, fresh)
            client.flush(fresh)
            self._reached("collection filled")
            self._point(client, fresh, is_new=before is None)
            self._reached("alias swapped")
            self._sweep(client, kept=fresh)
            logger.info("rebuilt %s as %s", self._alias, fresh)
            return generation

        return self._connection.run(write)

    def forget_removed(self) -> int:
        """Ask the server to write its segments anew without what was deleted. When it has done so, and removed the old files, is
        its own to say (`common.retentionDuration`, by default a day). Returns: 0, since it does not tell how many."""

        def compact(client: MilvusClient) -> int:
            if self._behind_alias(client) is not None:
                client.flush(self._alias)
                client.compact(self._behind_alias(client))
            return 0

        return self._connection.run(compact)

    def count_rows_of(self, versions: Iterable[int]) -> int:
        """Return how many rows of these versions a query finds; deleted ones are the server's."""
        wanted = sorted(set(versions))

        def count(client: MilvusClient) -> int:
            if self._behind_alias(client) is None or not wanted:
                return 0
            found = client.query(self._alias, filter=f"version in {wanted}", output_fields=["count(*)"], consistency_level="Strong")
            return int(found[0]["count(*)"])

        return self._connection.run(count)

    @property
    def is_outdated(self) -> bool:
        """Whether another release wrote the rows, in another layout or cut into other words. Raises: IndexUnavailable."""
        return self._connection.run(self._is_outdated)

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the ids in both legs, which are two fields of the same rows."""

        def read(client: MilvusClient) -> frozenset[int]:
            if self._behind_alias(client) is None:
                return frozenset()
            ids: set[int] = set()
            pages = client.query_iterator(
                self._alias, batch_size=IDS_A_CALL, filter=f"chunk > {MARKER}", output_fields=["chunk"], consistency_level="Strong"
            )
            while page := pages.next():
                ids.update(int(row["chunk"]) for row in page)
            pages.close()
            return frozenset(ids)

        ids = self._connection.run(read)
        return ids, ids

    def remove_chunks(self, chunk_ids: Iterable[int]) -> None:
        """Delete rows by chunk id: what a migration finds that the database has no more."""
        ids = sorted(set(chunk_ids))

        def write(client: MilvusClient) -> None:
            for start in range(0, len(ids), ROWS_A_CALL):
                client.delete(self._alias, ids=ids[start : start + ROWS_A_CALL])
            self._mark(client, self._alias)

        if ids:
            self._connection.run(write)

    def remove(self) -> None:
        """Drop the index with all its rows. Dropping twice is dropping once."""

        def drop(client: MilvusClient) -> None:
            if self._behind_alias(client) is not None:
                client.drop_alias(self._alias)
            self._sweep(client, kept="")

        self._connection.run(drop)

    def _is_outdated(self, client: MilvusClient) -> bool:
        if self._behind_alias(client) is None:
            return False
        rows = client.get(self._alias, ids=[MARKER], output_fields=["terms"])
        return bool(rows) and rows[0]["terms"] != describe_layout(self._analyzer)

    def _ensure(self, client: MilvusClient) -> None:
        if self._is_outdated(client):
            raise IndexOutdated(f"{self._alias} has the layout of another release; it is made anew from the database.")
        if self._behind_alias(client) is None:
            fresh = f"{self._alias}_{time.time_ns()}"
            create(client, fresh, dimension=self._dimension())
            self._point(client, fresh, is_new=True)

    def _insert(self, client: MilvusClient, name: str, entries: Sequence[IndexEntry]) -> None:
        for start in range(0, len(entries), ROWS_A_CALL):
            client.upsert(name, [to_row(entry, self._analyzer) for entry in entries[start : start + ROWS_A_CALL]])

    def _mark(self, client: MilvusClient, name: str) -> int:
        generation = time.time_ns()
        client.upsert(name, [marker_row(generation=generation, dimension=self._dimension(), analyzer=self._analyzer)])
        return generation

    def _behind_alias(self, client: MilvusClient) -> str | None:
        for name in self._collections(client):
            if self._alias in client.list_aliases(name)["aliases"]:
                return name
        return None

    def _point(self, client: MilvusClient, name: str, *, is_new: bool) -> None:
        if is_new:
            client.create_alias(name, self._alias)
        else:
            client.alter_alias(name, self._alias)

    def _sweep(self, client: MilvusClient, *, kept: str) -> None:
        for name in self._collections(client):
            if name != kept:
                client.drop_collection(name)

    def _collections(self, client: MilvusClient) -> list[str]:
        start = f"{self._alias}_"
        return [name for name in client.list_collections() if name.startswith(start) and name.removeprefix(start).isdigit()]

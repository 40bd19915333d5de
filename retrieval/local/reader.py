"""Reading the local index: one snapshot is one generation; a query sees one snapshot from its start to its end."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from language.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.local.bm25 import read_query, search_words
from retrieval.local.damage import is_noted, note_damage
from retrieval.local.manifest import NAME, PREVIOUS, Manifest, Part, check_part, load_manifest
from retrieval.local.segment import ROUNDING, Segment
from retrieval.types import PRODUCTION_WEIGHTS, Hit, Scope, WordWeights

logger = logging.getLogger(__name__)

OPEN_ATTEMPTS = 5
RETRY_S = 5.0  # after damage: to look again costs a reading of the index


class Snapshot:
    """One generation, open for reading. What a search gives depends on the permitted rows alone, to the bit."""

    def __init__(self, *, generation: int, analyzer: Analyzer, segments: tuple[Segment, ...]) -> None:
        self.generation = generation
        self._analyzer = analyzer
        self._segments = segments

    def search_keyword(
        self,
        query: str,
        *,
        scope: Scope,
        limit: int,
        weights: WordWeights = PRODUCTION_WEIGHTS,
        also: Sequence[Sequence[str]] = (),
    ) -> tuple[Hit, ...]:
        """See `retrieval.ports.IndexSnapshot`."""
        if not _sees_anything(scope) or limit < 1 or not self._segments:
            return ()
        read = read_query(query, analyzer=self._analyzer, weights=weights, also=also)
        return search_words(self._segments, read, scope=scope, limit=limit) if read is not None else ()

    def search_dense(self, vector: bytes, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """See `retrieval.ports.IndexSnapshot`. Ties go by chunk id."""
        if not _sees_anything(scope) or limit < 1:
            return ()
        query = np.frombuffer(vector, dtype="<f4")
        found = [(segment, *segment.search(query, scope=scope, limit=limit)) for segment in self._segments]
        rounded = np.concatenate([np.zeros(0, np.float32), *(scores for _, scores, _ in found)])
        if not len(rounded):
            return ()
        last = max(len(rounded) - limit, 0)
        bound = np.partition(rounded, last)[last] - ROUNDING
        exact, exact_query = [], query.astype(np.float64)
        for segment, scores, rows in found:
            kept = rows[scores >= bound]
            if len(kept):
                exact.append((segment.score_exactly(exact_query, kept), segment.chunks[kept]))
        scores, chunks = (np.concatenate(column) for column in zip(*exact, strict=True))
        order = np.lexsort((chunks, -scores))[:limit]
        return tuple(
            Hit(chunk_id=chunk_id, score=score, rank=rank, dense_score=score, dense_rank=rank)
            for rank, (score, chunk_id) in enumerate(zip(scores[order].tolist(), chunks[order].tolist(), strict=True), start=1)
        )

    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes | memoryview]:
        """Return the packed token vectors of each chunk, empty where there are none."""
        result: list[bytes | memoryview] = [b""] * len(chunk_ids)
        for position, (segment, row) in self._locate(chunk_ids).items():
            result[position] = segment.tokens(row)
        return result

    def count_in(self, scope: Scope) -> int | None:
        """See `retrieval.ports.IndexSnapshot`: the legs have found these rows already."""
        return sum(segment.permitted(scope).count for segment in self._segments) if _sees_anything(scope) else 0

    def digests(self, chunk_ids: Sequence[int]) -> list[int | None]:
        """Return the digest of each chunk's normalised text, None for an unknown chunk."""
        result: list[int | None] = [None] * len(chunk_ids)
        for position, (segment, row) in self._locate(chunk_ids).items():
            result[position] = int(segment.rows["digest"][row])
        return result

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the ids in the keyword leg and in the dense leg, which are two sides of the same rows."""
        ids = frozenset(chunk for segment in self._segments for chunk in segment.chunks[segment.alive].tolist())
        return ids, ids

    def count(self) -> int:
        """See `retrieval.ports.IndexSnapshot`."""
        return sum(segment.part.rows - segment.part.dead_rows for segment in self._segments)

    def _locate(self, chunk_ids: Sequence[int]) -> dict[int, tuple[Segment, int]]:
        wanted = np.array(chunk_ids, dtype=np.uint64)
        places: dict[int, tuple[Segment, int]] = {}
        for segment in self._segments:
            rows = segment.find(wanted)
            here = np.flatnonzero(rows >= 0)
            places.update((position, (segment, row)) for position, row in zip(here.tolist(), rows[here].tolist(), strict=True))
        return places


def _sees_anything(scope: Scope) -> bool:
    return bool(scope.collection_ids) and scope.document_ids != frozenset()


class LocalIndex:
    """The published index in a folder. Notices a new generation by one stat of the manifest for each query.

    Where the published generation is damaged, it goes on with the one that it has open, or opens the one before, and leaves a
    note for whoever rebuilds the index (`is_damaged`).
    """

    def __init__(self, root: Path, *, analyzer: Analyzer) -> None:
        self._root = root
        self._analyzer = analyzer
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._snapshot: Snapshot | None = None
        self._damage: IndexDamaged | None = None
        self._retry_at = 0.0
        self._open: dict[str, Segment] = {}

    def snapshot(self) -> Snapshot:
        """Return the generation that is published now. Raises: IndexDamaged."""
        if self._snapshot is not None and self._stamp() == self._seen:
            return self._snapshot
        with self._lock:
            stamp = self._stamp()
            if self._damage is not None and stamp == self._seen and time.monotonic() < self._retry_at:
                raise self._damage
            if self._snapshot is None or stamp != self._seen:
                self._seen, self._damage = stamp, None
                try:
                    self._snapshot = self._read()
                except IndexDamaged as error:
                    self._snapshot = self._stand_in(error)
            return self._snapshot

    @property
    def is_damaged(self) -> bool:
        """Whether a reader of any process met damage since the last rebuild."""
        return is_noted(self._root)

    def check(self) -> None:
        """Read every file of the published generation against its checksum. Raises: IndexDamaged."""
        for attempt in range(1, OPEN_ATTEMPTS + 1):
            manifest = load_manifest(self._root)
            try:
                for part in manifest.segments:
                    check_part(self._root, part, thorough=True)
                return
            except IndexDamaged as error:
                if attempt == OPEN_ATTEMPTS or load_manifest(self._root).generation == manifest.generation:
                    note_damage(self._root, error)
                    raise

    def _stand_in(self, error: IndexDamaged) -> Snapshot:
        """Return what can still be read. Raises: IndexDamaged: nothing can."""
        note_damage(self._root, error)
        if self._snapshot is not None:
            return self._snapshot
        try:
            before = load_manifest(self._root, PREVIOUS)
            if before.generation:
                return self._assemble(before)
        except IndexDamaged:
            logger.warning("the generation before is damaged too: %s", self._root)
        self._damage, self._retry_at = error, time.monotonic() + RETRY_S
        raise error

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self._root / NAME)  # noqa: PTH116 - once for each query
        except FileNotFoundError:
            return (0, 0, 0)
        return (status.st_ino, status.st_mtime_ns, status.st_size)

    def _read(self) -> Snapshot:
        for attempt in range(1, OPEN_ATTEMPTS + 1):
            manifest = load_manifest(self._root)
            try:
                return self._assemble(manifest)
            except IndexDamaged:
                # The writer may have published twice between reading the manifest and opening what it names.
                if attempt == OPEN_ATTEMPTS or load_manifest(self._root).generation == manifest.generation:
                    raise
        raise IndexDamaged(f"No generation of {self._root} could be opened.")

    def _assemble(self, manifest: Manifest) -> Snapshot:
        segments = tuple(self._segment(part) for part in manifest.segments)
        self._open = {segment.part.name: segment for segment in segments}
        logger.debug("index opened: generation=%s segments=%s", manifest.generation, len(segments))
        return Snapshot(generation=manifest.generation, analyzer=self._analyzer, segments=segments)

    def _segment(self, part: Part) -> Segment:
        opened = self._open.get(part.name)
        return opened if opened is not None and opened.part == part else Segment(self._root, part, opened=opened)

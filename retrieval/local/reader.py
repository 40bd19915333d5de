"""Reading the local index: one snapshot is one generation; a query sees one snapshot from its start to its end."""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.local.keyword import KeywordReader
from retrieval.local.manifest import NAME, Manifest, Part, check_part, load_manifest
from retrieval.local.segment import Mask, Segment
from retrieval.types import Hit, Scope

logger = logging.getLogger(__name__)

MASKS_KEPT = 32  # scopes whose masks a snapshot remembers: a mask of 1,000,000 rows takes 1 MB
OPEN_ATTEMPTS = 5


class Snapshot:
    """One generation, open for reading. `keyword` is its BM25 leg; the snapshot itself is the dense one."""

    def __init__(self, *, generation: int, keyword: KeywordReader | None, segments: tuple[Segment, ...]) -> None:
        self.generation = generation
        self._keyword = keyword
        self._segments = segments
        self._masks: OrderedDict[Scope, tuple[Mask, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def search_keyword(self, query: str, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """See `retrieval.ports.KeywordIndex.search`."""
        return self._keyword.search(query, scope=scope, limit=limit) if self._keyword is not None else ()

    def search_dense(self, vector: bytes, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """See `retrieval.ports.VectorIndex.search`."""
        if not scope.collection_ids or limit < 1:
            return ()
        query = np.frombuffer(vector, dtype="<f4")
        found: list[tuple[float, int]] = []
        for segment, mask in zip(self._segments, self._permitted(scope), strict=True):
            scores, rows = segment.search(query, mask, limit)
            found.extend(zip(scores.tolist(), segment.rows["chunk"][rows].tolist(), strict=True))
        found.sort(key=lambda item: (-item[0], item[1]))
        return tuple(
            Hit(chunk_id=chunk_id, score=score, rank=rank, dense_score=score, dense_rank=rank)
            for rank, (score, chunk_id) in enumerate(found[:limit], start=1)
        )

    def tokens(self, chunk_ids: Sequence[int]) -> list[bytes | memoryview]:
        """Return the packed token vectors of each chunk, empty where there are none."""
        result: list[bytes | memoryview] = [b""] * len(chunk_ids)
        for position, (segment, row) in self._locate(chunk_ids).items():
            result[position] = segment.tokens(row)
        return result

    def digests(self, chunk_ids: Sequence[int]) -> list[int | None]:
        """Return the digest of each chunk's normalised text, None for an unknown chunk."""
        result: list[int | None] = [None] * len(chunk_ids)
        for position, (segment, row) in self._locate(chunk_ids).items():
            result[position] = int(segment.rows["digest"][row])
        return result

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the ids in the keyword leg and in the dense leg."""
        dense = frozenset(int(chunk) for segment in self._segments for chunk in segment.rows["chunk"][segment.alive])
        return (self._keyword.chunk_ids() if self._keyword is not None else frozenset()), dense

    def _locate(self, chunk_ids: Sequence[int]) -> dict[int, tuple[Segment, int]]:
        wanted = np.array(chunk_ids, dtype=np.uint64)
        places: dict[int, tuple[Segment, int]] = {}
        for segment in self._segments:
            rows = segment.find(wanted)
            places.update((int(position), (segment, int(rows[position]))) for position in np.flatnonzero(rows >= 0))
        return places

    def _permitted(self, scope: Scope) -> tuple[Mask, ...]:
        with self._lock:
            masks = self._masks.get(scope)
            if masks is not None:
                self._masks.move_to_end(scope)
                return masks
        masks = tuple(segment.permitted(scope) for segment in self._segments)
        with self._lock:
            self._masks[scope] = masks
            while len(self._masks) > MASKS_KEPT:
                self._masks.popitem(last=False)
        return masks


class LocalIndex:
    """The published index in a folder. Notices a new generation by one stat of the manifest for each query."""

    def __init__(self, root: Path, *, analyzer: Analyzer) -> None:
        self._root = root
        self._analyzer = analyzer
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._snapshot = Snapshot(generation=0, keyword=None, segments=())
        self._open: dict[str, Segment] = {}
        self._checked: Part | None = None

    def snapshot(self) -> Snapshot:
        """Return the generation that is published now. Raises: IndexDamaged."""
        stamp = self._stamp()
        if stamp == self._seen:
            return self._snapshot
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._snapshot = self._read()
                self._seen = stamp
            return self._snapshot

    def check(self) -> None:
        """Read every file of the published generation against its checksum. Raises: IndexDamaged."""
        manifest = load_manifest(self._root)
        for part in [*manifest.segments, *([manifest.keyword] if manifest.keyword else [])]:
            check_part(self._root, part, thorough=True)

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
        segments = tuple(Segment(self._root, part, opened=self._open.get(part.name)) for part in manifest.segments)
        keyword = None
        if manifest.keyword is not None:
            check_part(self._root, manifest.keyword, known=self._checked)
            keyword = KeywordReader(self._root / manifest.keyword.name, self._analyzer)
        self._open = {segment.part.name: segment for segment in segments}
        self._checked = manifest.keyword
        logger.debug("index opened: generation=%s segments=%s", manifest.generation, len(segments))
        return Snapshot(generation=manifest.generation, keyword=keyword, segments=segments)

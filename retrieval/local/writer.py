"""The writer of the local index: publishes generations, whole or not at all.

A generation is a keyword folder, some dense segments and their tombstones, all immutable, named by the manifest. A publish
makes the next keyword folder from hard links to the last one's files (tantivy's files never change; its meta.json, which
does, is copied), commits there, writes one dense segment, and swaps the manifest last. A kill before the swap leaves the
old generation, after it the new one; what nothing refers to is swept by the next writer. The generation before is kept,
for readers that were about to open it.
"""

import fcntl
import logging
import math
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.analyzer import Analyzer
from retrieval.duplicates import text_digest
from retrieval.errors import IndexDamaged, IndexLocked
from retrieval.local import durable, keyword
from retrieval.local.manifest import NAME, PREVIOUS, Manifest, Part, describe, load_manifest, store_manifest
from retrieval.local.reader import LocalIndex
from retrieval.local.segment import ROW, Segment, SegmentContent, write_segment
from retrieval.types import IndexEntry

logger = logging.getLogger(__name__)

LOCK = "writer.lock"
LOCK_TIMEOUT_S = 120.0
MERGE_FACTOR = 8  # segments of one tier that become one of the next: each row is rewritten log8(n) times


class LocalIndexWriter:
    """A `retrieval.ports.IndexWriter` on a folder. Several processes may hold one each; a lock orders their publishes.

    Args:
        root: the index's folder; made where it is missing.
        dimension: of the dense vectors.
        reached: called with the name of each step as it is reached; tests kill the process there.
    """

    def __init__(
        self, root: Path, *, dimension: Callable[[], int], analyzer: Analyzer, reached: Callable[[str], None] = lambda step: None
    ) -> None:
        self._root = root
        self._dimension = dimension
        self._analyzer = analyzer
        self._reached = reached
        self._open: dict[str, Segment] = {}  # by name; touched under the lock only

    def publish(self, entries: Sequence[IndexEntry], *, remove_versions: Iterable[int] = ()) -> int:
        removed = frozenset(remove_versions)
        entries = list({entry.chunk.id: entry for entry in entries}.values())
        with self._locked():
            current = load_manifest(self._root)
            if not entries and not removed:
                return current.generation
            return self._swap(current, self._next(current, [entries], removed))

    def rebuild(self, batches: Iterable[Sequence[IndexEntry]]) -> int:
        """Make a generation that holds exactly these entries, whatever was there, even where it was damaged."""
        with self._locked():
            try:
                generation = load_manifest(self._root).generation
            except IndexDamaged:
                logger.exception("rebuilding over a damaged manifest")
                generation = int(time.time())  # past any that was published one by one
            (self._root / PREVIOUS).unlink(missing_ok=True)
            return self._swap(Manifest(generation=generation), self._next(Manifest(generation=generation), batches, frozenset()))

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        return LocalIndex(self._root, analyzer=self._analyzer).snapshot().chunk_ids()

    def _next(self, current: Manifest, batches: Iterable[Sequence[IndexEntry]], removed: frozenset[int]) -> Manifest:
        folder = self._root / f"keyword-{current.generation + 1:08d}-{uuid.uuid4().hex[:8]}"
        self._inherit(current.keyword, folder)
        self._reached("keyword inherited")
        index = keyword.create_or_open(folder)
        writer = index.writer(keyword.HEAP_BYTES, 1)
        keyword.delete(index, writer, "version", removed)
        added: list[Part] = []
        ids: list[npt.NDArray[np.uint64]] = []
        for entries in batches:
            if current.keyword is not None:
                keyword.delete(index, writer, "chunk", [entry.chunk.id for entry in entries])
            for entry in entries:
                writer.add_document(keyword.to_document(entry.chunk, self._analyzer))
            if entries:
                added.append(self._write(self._content(entries)))
                ids.append(np.array([entry.chunk.id for entry in entries], dtype=np.uint64))
        self._reached("segment written")
        writer.commit()
        writer.wait_merging_threads()
        durable.sync_folder(folder)
        self._reached("keyword committed")
        chunk_ids = np.concatenate(ids) if ids else np.zeros(0, np.uint64)
        self._open = {part.name: self._segment(part) for part in current.segments}
        kept = [self._bury(part, chunk_ids, removed) for part in current.segments]
        segments = self._merge([part for part in kept if part is not None] + added)
        return Manifest(
            generation=current.generation + 1,
            keyword=Part(name=folder.name, files=describe(folder, known=current.keyword)),
            segments=tuple(segments),
        )

    def _segment(self, part: Part) -> Segment:
        """Open a segment; one that an earlier publish of this writer opened is not read and checked again."""
        return Segment(self._root, part, opened=self._open.get(part.name))

    def _inherit(self, before: Part | None, folder: Path) -> None:
        folder.mkdir()
        for name in before.files if before else ():
            source = self._root / before.name / name if before else folder
            if name.endswith(".json"):
                durable.write_durably(folder / name, source.read_bytes())
            else:
                durable.link_or_copy(source, folder / name)

    def _content(self, entries: Sequence[IndexEntry]) -> SegmentContent:
        rows = np.zeros(len(entries), dtype=ROW)
        for row, entry in zip(rows, entries, strict=True):
            chunk = entry.chunk
            row["chunk"], row["collection"], row["document"] = chunk.id, chunk.collection_id, chunk.document_id
            row["version"], row["digest"] = chunk.version_id, text_digest(chunk.text)
        dense = b"".join(entry.embedding.dense for entry in entries)
        vectors = np.frombuffer(dense, dtype="<f4").reshape(len(entries), self._dimension())
        return SegmentContent(rows=rows, vectors=vectors, tokens=[entry.embedding.tokens for entry in entries])

    def _write(self, content: SegmentContent) -> Part:
        return write_segment(self._root, f"dense-{uuid.uuid4().hex}", content)

    def _bury(self, part: Part, chunk_ids: npt.NDArray[np.uint64], removed: frozenset[int]) -> Part | None:
        """Return the part with further tombstones, itself where nothing dies, None where nothing is left."""
        segment = self._segment(part)
        alive = segment.alive.copy()
        rows = segment.find(chunk_ids)
        alive[rows[rows >= 0]] = False
        if removed:
            alive &= ~np.isin(segment.rows["version"], np.array(sorted(removed), dtype=np.uint64))
        dead = np.flatnonzero(~alive)
        if len(dead) == part.rows:
            return None
        if len(dead) == part.dead_rows:
            return part
        name = f"dead-{uuid.uuid4().hex}.npy"
        np.save(self._root / name, dead.astype(np.uint32))
        durable.sync_file(self._root / name)
        return Part(name=part.name, files=part.files, rows=part.rows, dead=name, dead_rows=len(dead))

    def _merge(self, parts: list[Part]) -> list[Part]:
        """Join segments of a tier once there are MERGE_FACTOR of them, and rewrite those that are mostly dead."""
        while True:
            tiers: dict[int, list[Part]] = {}
            for part in parts:
                tiers.setdefault(int(math.log(max(1, part.rows), MERGE_FACTOR)), []).append(part)
            crowded = next((tier for tier in tiers.values() if len(tier) >= MERGE_FACTOR), None)
            if crowded is None:
                crowded = [part for part in parts if part.dead_rows * 2 > part.rows]
            if not crowded:
                return parts
            contents = [self._segment(part).live_content() for part in crowded]
            merged = self._write(
                SegmentContent(
                    rows=np.concatenate([content.rows for content in contents]),
                    vectors=np.concatenate([content.vectors for content in contents]),
                    tokens=[tokens for content in contents for tokens in content.tokens],
                )
            )
            self._reached("segments merged")
            parts = [part for part in parts if part not in crowded] + [merged]

    def _swap(self, current: Manifest, following: Manifest) -> int:
        self._reached("before swap")
        if (self._root / NAME).exists():
            store_manifest(self._root, current, PREVIOUS)
        store_manifest(self._root, following)
        self._reached("after swap")
        self._sweep()
        return following.generation

    def _sweep(self) -> None:
        """Remove what neither the published generation nor the one before it refers to: earlier ones, and a killed writer's."""
        needed = {NAME, PREVIOUS, LOCK} | load_manifest(self._root).names() | self._previous().names()
        for path in self._root.iterdir():
            if path.name not in needed:
                durable.remove(path)

    def _previous(self) -> Manifest:
        try:
            return load_manifest(self._root, PREVIOUS)
        except IndexDamaged:
            return Manifest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise IndexLocked(
                            f"Another process has been writing to {self._root} for {LOCK_TIMEOUT_S:.0f} s."
                        ) from error
                    time.sleep(0.02)
            try:
                self._sweep()
            except IndexDamaged:
                logger.warning("the manifest of %s is damaged; nothing is swept", self._root)
            yield
        finally:
            os.close(descriptor)  # releases the lock

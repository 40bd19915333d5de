"""The dense segments of an index as its writer makes them: from entries, from other segments, with some rows dead."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.duplicates import text_digest
from retrieval.local import durable, merging
from retrieval.local.manifest import Part
from retrieval.local.segment import Segment
from retrieval.local.segment_files import ROW, SegmentContent, Source, write_segment
from retrieval.types import IndexEntry

PUBLISHED = "dense-"  # how the name of a segment begins
ChunkIds = npt.NDArray[np.uint64]


class DenseParts:
    """Makes segments in an index's folder. Nothing refers to them until the manifest does.

    Args:
        dimension: of the dense vectors.
        coded_rows: from so many rows on a segment gets codes.
    """

    def __init__(self, root: Path, *, dimension: Callable[[], int], coded_rows: int) -> None:
        self._root = root
        self._dimension = dimension
        self._coded_rows = coded_rows
        self._open: dict[str, Segment] = {}  # by name; touched under the writer's lock only

    def open_all(self, parts: Iterable[Part]) -> None:
        """Open these, and forget all others. What an earlier call opened is not read and checked again. Raises: IndexDamaged."""
        self._open = {part.name: self._segment(part) for part in parts}

    def from_entries(self, entries: Sequence[IndexEntry]) -> Part:
        """Write entries as a segment without codes."""
        rows = np.zeros(len(entries), dtype=ROW)
        for row, entry in zip(rows, entries, strict=True):
            chunk = entry.chunk
            row["chunk"], row["collection"], row["document"] = chunk.id, chunk.collection_id, chunk.document_id
            row["version"], row["digest"] = chunk.version_id, text_digest(chunk.text)
        dense = b"".join(entry.embedding.dense for entry in entries)
        vectors = np.frombuffer(dense, dtype="<f4").reshape(len(entries), self._dimension())
        content = SegmentContent(rows=rows, all_vectors=vectors, all_tokens=[entry.embedding.tokens for entry in entries])
        return self.write([content], coded=False)

    def write(self, sources: Sequence[Source], *, name: str = "", coded: bool = True) -> Part:
        """Write one segment from several sources, under a name of its own where none is given."""
        return write_segment(
            self._root,
            name or f"{PUBLISHED}{uuid.uuid4().hex}",
            sources,
            dimension=self._dimension(),
            coded_rows=self._coded_rows if coded else merging.MAX_ROWS * 2,
        )

    def join(self, parts: Sequence[Part], *, coded: bool = True) -> Part:
        """Write the live rows of several as one."""
        return self.write([self._segment(part).live() for part in parts], coded=coded)

    def condense(self, parts: Sequence[Part], *, coded: bool = True) -> Part:
        """Join segments that nothing refers to yet, and remove them."""
        if len(parts) == 1 and not (coded and parts[0].rows >= self._coded_rows):
            return parts[0]
        joined = self.join(parts, coded=coded)
        for part in parts:
            durable.remove(self._root / part.name)
        return joined

    def bury(self, part: Part, chunk_ids: ChunkIds, versions: frozenset[int]) -> Part | None:
        """Return the part with further tombstones, itself where nothing dies, None where nothing is left."""
        segment = self._segment(part)
        alive = segment.alive.copy()
        rows = segment.find(chunk_ids)
        alive[rows[rows >= 0]] = False
        if versions:
            alive &= ~np.isin(segment.rows["version"], np.array(sorted(versions), dtype=np.uint64))
        return self._with_dead(part, alive)

    def take_over(self, joined: Part, sources: Iterable[Part]) -> Part | None:
        """Give a segment that was joined beside publishes its name, and the tombstones that its sources have by now.

        Returns: None where nothing is left of it.
        """
        now = [Segment(self._root, part) for part in sources]
        name = f"{PUBLISHED}{uuid.uuid4().hex}"
        (self._root / joined.name).rename(self._root / name)
        durable.sync_folder(self._root)
        renamed = Part(name=name, files=joined.files, rows=joined.rows)
        alive = [source.rows["chunk"][source.alive] for source in now]
        chunks = Segment(self._root, renamed).rows["chunk"]
        return self._with_dead(renamed, np.isin(chunks, np.concatenate(alive)) if alive else np.zeros(joined.rows, dtype=bool))

    def _segment(self, part: Part) -> Segment:
        opened = self._open.get(part.name)
        return opened if opened is not None and opened.part == part else Segment(self._root, part, opened=opened)

    def _with_dead(self, part: Part, alive: npt.NDArray[np.bool_]) -> Part | None:
        dead = np.flatnonzero(~alive)
        if len(dead) == part.rows:
            return None
        if len(dead) == part.dead_rows:
            return part
        name = f"dead-{uuid.uuid4().hex}.npy"
        np.save(self._root / name, dead.astype(np.uint32))
        durable.sync_file(self._root / name)
        return Part(name=part.name, files=part.files, rows=part.rows, dead=name, dead_rows=len(dead))

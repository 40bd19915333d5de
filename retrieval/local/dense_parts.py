"""Build the segments of an index from entries and from other segments, leaving out deleted rows."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from language.analyzer import Analyzer
from retrieval.duplicates import text_digest
from retrieval.local import durable
from retrieval.local.manifest import Part
from retrieval.local.segment import Segment
from retrieval.local.segment_files import NEVER, ROW, OfCollections, SegmentContent, Source, write_segment
from retrieval.local.words import collect_words
from retrieval.types import IndexEntry

PUBLISHED = "dense-"  # how the name of a segment begins
ChunkIds = npt.NDArray[np.uint64]


class DenseParts:
    """Makes segments in an index's folder. Nothing refers to them until the manifest does.

    Args:
        dimension: of the dense vectors.
        analyzer: cuts texts into words.
        coded_rows: from so many rows of one collection on, these get a segment of their own, with codes.
    """

    def __init__(self, root: Path, *, dimension: Callable[[], int], analyzer: Analyzer, coded_rows: int) -> None:
        self._root = root
        self._dimension = dimension
        self._analyzer = analyzer
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
        words = collect_words([entry.chunk for entry in entries], self._analyzer)
        tokens = [entry.embedding.tokens for entry in entries]
        return self._write([SegmentContent(rows=rows, all_vectors=vectors, all_tokens=tokens, all_words=words)])

    def arrange(self, sources: Sequence[Source], *, name: str = PUBLISHED) -> list[Part]:
        """Write the rows of several sources anew: those of each large collection as a segment with codes, the rest as one without.

        Whether a row lies under codes thus follows from the number of rows in its own collection alone.

        Args:
            name: how the names of the segments begin.
        """
        counts: Counter[int] = Counter()
        for source in sources:
            counts.update(_count(source.rows["collection"]))
        large = sorted(collection for collection, rows in counts.items() if rows >= self._coded_rows)
        parts = [
            self._write([OfCollections(source, [one], is_among=True) for source in sources], name=name, coded_rows=self._coded_rows)
            for one in large
        ]
        if counts.keys() - set(large):
            others = [OfCollections(source, large, is_among=False) for source in sources]
            parts.append(self._write(others if large else sources, name=name))
        return parts

    def join(self, parts: Sequence[Part]) -> Part:
        """Write the live rows of several as one segment without codes."""
        return self._write([self._segment(part).live() for part in parts])

    def condense(self, parts: Sequence[Part]) -> Part:
        """Join segments that nothing refers to yet, and remove them."""
        if len(parts) == 1:
            return parts[0]
        joined = self.join(parts)
        self._remove(parts)
        return joined

    def arrange_new(self, parts: Sequence[Part]) -> list[Part]:
        """Arrange segments that nothing refers to yet, and remove them."""
        if len(parts) == 1 and max(parts[0].collections.values(), default=0) < self._coded_rows:
            return list(parts)
        arranged = self.arrange([self._segment(part).live() for part in parts])
        self._remove(parts)
        return arranged

    def mark_deleted(self, part: Part, chunk_ids: ChunkIds, versions: frozenset[int]) -> Part | None:
        """Return the part with further tombstones, itself where nothing dies, None where nothing is left."""
        segment = self._segment(part)
        alive = segment.alive.copy()
        rows = segment.find(chunk_ids)
        alive[rows[rows >= 0]] = False
        if versions:
            alive &= ~np.isin(segment.rows["version"], np.array(sorted(versions), dtype=np.uint64))
        return self._with_dead(segment, alive)

    def take_over(self, made: Iterable[Part], sources: Iterable[Part]) -> list[Part]:
        """Give segments that were made beside publishes their names, and the tombstones that their sources have by now.

        Returns: those of which anything is left.
        """
        now = [Segment(self._root, part) for part in sources]
        alive = np.concatenate([np.zeros(0, np.uint64), *(source.chunks[source.alive] for source in now)])
        taken = []
        for part in made:
            name = f"{PUBLISHED}{uuid.uuid4().hex}"
            (self._root / part.name).rename(self._root / name)
            segment = Segment(self._root, replace(part, name=name))
            taken.append(self._with_dead(segment, np.isin(segment.chunks, alive)))
        durable.sync_folder(self._root)
        return [part for part in taken if part is not None]

    def _write(self, sources: Sequence[Source], *, name: str = PUBLISHED, coded_rows: int = NEVER) -> Part:
        return write_segment(self._root, f"{name}{uuid.uuid4().hex}", sources, dimension=self._dimension(), coded_rows=coded_rows)

    def _remove(self, parts: Sequence[Part]) -> None:
        for part in parts:
            durable.remove(self._root / part.name)

    def _segment(self, part: Part) -> Segment:
        opened = self._open.get(part.name)
        return opened if opened is not None and opened.part == part else Segment(self._root, part, opened=opened)

    def _with_dead(self, segment: Segment, alive: npt.NDArray[np.bool_]) -> Part | None:
        part, dead = segment.part, np.flatnonzero(~alive)
        if len(dead) == part.rows:
            return None
        if len(dead) == part.dead_rows:
            return part
        name = f"dead-{uuid.uuid4().hex}.npy"
        np.save(self._root / name, dead.astype(np.uint32))
        durable.sync_file(self._root / name)
        gone = _count(segment.collections[segment.alive & ~alive])
        left = {collection: rows - gone.get(collection, 0) for collection, rows in part.collections.items()}
        left = {collection: rows for collection, rows in left.items() if rows}
        return replace(part, dead=name, dead_rows=len(dead), collections=left)


def _count(collections: npt.NDArray[np.uint64]) -> dict[int, int]:
    values, counts = np.unique(collections, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))

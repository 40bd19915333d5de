"""The writer of the local index: publishes generations, whole or not at all.

A generation is a keyword folder, some dense segments and their tombstones, all immutable, named by the manifest. A publish
makes the next keyword folder from hard links to the last one's files (tantivy's files never change; its meta.json, which
does, is copied), commits there, writes one dense segment, and swaps the manifest last. A kill before the swap leaves the
old generation, after it the new one; what nothing refers to is swept by the next writer. The generation before is kept,
for readers that were about to open it.

`tend` joins large segments beside all that: it reads immutable files, writes a new one without the writer's lock, and takes
the lock for the swap alone. What died meanwhile is found by comparing with the manifest of that moment.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from retrieval.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.local import durable, keyword, merging
from retrieval.local.damage import clear_note, is_noted, note_damage
from retrieval.local.dense_parts import DenseParts
from retrieval.local.locks import MERGE_LOCK, UPKEEP_LOCK, WRITER_LOCK, held, hold
from retrieval.local.manifest import NAME, PREVIOUS, Manifest, Part, describe, load_manifest, store_manifest
from retrieval.local.reader import LocalIndex
from retrieval.local.segment import Segment
from retrieval.local.segment_files import CODED_ROWS
from retrieval.local.sweeping import UNDER_WAY, sweep
from retrieval.types import IndexEntry

logger = logging.getLogger(__name__)

REBUILT_AT_ONCE = 64  # batches of a rebuild whose segments become one before more are written
REBUILD_HEAP_BYTES = 256 * 1024 * 1024
BULK_ROWS = 5_000  # from so many rows in one publish on, the keyword index gets more memory, and so writes fewer segments
CHECK_EVERY_S = 24 * 3600.0  # files are read against their checksums; when they are opened, only those up to 64 MB are


class LocalIndexWriter:
    """A `retrieval.ports.IndexWriter` on a folder. Several processes may hold one each; a lock orders their publishes.

    Args:
        root: the index's folder; made where it is missing.
        dimension: of the dense vectors.
        reached: called with the name of each step as it is reached; tests kill the process there.
        coded_rows: from so many rows on a segment gets codes.
    """

    def __init__(
        self,
        root: Path,
        *,
        dimension: Callable[[], int],
        analyzer: Analyzer,
        reached: Callable[[str], None] = lambda step: None,
        coded_rows: int = CODED_ROWS,
    ) -> None:
        self._root = root
        self._analyzer = analyzer
        self._reached = reached
        self._coded_rows = coded_rows
        self._dense = DenseParts(root, dimension=dimension, coded_rows=coded_rows)

    def publish(self, entries: Sequence[IndexEntry], *, remove_versions: Iterable[int] = ()) -> int:
        removed = frozenset(remove_versions)
        entries = list({entry.chunk.id: entry for entry in entries}.values())
        with self._noting_damage(), hold(self._root, WRITER_LOCK):
            sweep(self._root)
            current = load_manifest(self._root)
            if not entries and not removed:
                return current.generation
            return self._swap(current, self._next(current, entries, removed))

    def rebuild(self, batches: Iterable[Sequence[IndexEntry]]) -> int:
        """Make a generation that holds exactly these entries, whatever was there, even where it was damaged."""
        with hold(self._root, WRITER_LOCK):
            sweep(self._root)
            try:
                generation = load_manifest(self._root).generation
            except IndexDamaged:
                logger.exception("rebuilding over a damaged manifest")
                generation = int(time.time())  # past any that was published one by one
            (self._root / PREVIOUS).unlink(missing_ok=True)
            empty = Manifest(generation=generation)
            generation = self._swap(empty, self._anew(empty, batches))
            clear_note(self._root)
            return generation

    def tend(self) -> bool:
        """Join segments that are due, beside publishes and readers. Returns: False where nothing was due or another is at it."""
        with self._noting_damage(), held(self._root, MERGE_LOCK) as mine:
            if not mine:
                return False
            with hold(self._root, WRITER_LOCK):
                sweep(self._root)
                parts = merging.due(load_manifest(self._root).segments, coded_rows=self._coded_rows)
                sources = [Segment(self._root, part) for part in parts]  # open: they stay readable when they are swept
            if not parts:
                return False
            started = time.monotonic()
            joined = self._dense.write([source.live() for source in sources], name=f"{UNDER_WAY}{uuid.uuid4().hex}")
            self._reached("segments joined")
            with hold(self._root, WRITER_LOCK):
                self._adopt(joined, parts)
            logger.info("joined %s segments of %s rows in %.1f s", len(parts), joined.rows, time.monotonic() - started)
            return True

    @property
    def is_damaged(self) -> bool:
        """Whether a reader or writer of any process met damage since the last rebuild."""
        return is_noted(self._root)

    @property
    def is_outdated(self) -> bool:
        """Whether the keyword part was cut into words by another analyzer than the one that now cuts the questions."""
        try:
            current = load_manifest(self._root)
        except IndexDamaged:
            return False  # is_damaged tells of it
        return current.keyword is not None and current.analyzer != self._analyzer.fingerprint

    def claim_upkeep(self) -> AbstractContextManager[bool]:
        """Hold what lets one process at a time look after this index. Gives False where another does."""
        return held(self._root, UPKEEP_LOCK)

    @property
    def wants_check(self) -> bool:
        """Whether the files were last read against their checksums CHECK_EVERY_S ago, or the index was first looked after then."""
        try:
            return time.time() - (self._root / UPKEEP_LOCK).stat().st_mtime > CHECK_EVERY_S
        except FileNotFoundError:
            return False

    def check(self) -> None:
        """Read every published file against its checksum. Raises: IndexDamaged, and leaves a note of it."""
        (self._root / UPKEEP_LOCK).touch()
        LocalIndex(self._root, analyzer=self._analyzer).check()

    @property
    def wants_tending(self) -> bool:
        """Whether `tend` has something to do. Raises: IndexDamaged, and leaves a note of it."""
        with self._noting_damage():
            return bool(merging.due(load_manifest(self._root).segments, coded_rows=self._coded_rows))

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except IndexDamaged as error:
            note_damage(self._root, error)
            raise

    def chunk_ids(self) -> tuple[frozenset[int], frozenset[int]]:
        return LocalIndex(self._root, analyzer=self._analyzer).snapshot().chunk_ids()

    def _next(self, current: Manifest, entries: Sequence[IndexEntry], removed: frozenset[int]) -> Manifest:
        folder = self._root / f"keyword-{current.generation + 1:08d}-{uuid.uuid4().hex[:8]}"
        self._inherit(current.keyword, folder)
        self._reached("keyword inherited")
        index = keyword.create_or_open(folder)
        writer = index.writer(keyword.HEAP_BYTES if len(entries) < BULK_ROWS else REBUILD_HEAP_BYTES, 1)
        keyword.delete(index, writer, "version", removed)
        if current.keyword is not None:
            keyword.delete(index, writer, "chunk", [entry.chunk.id for entry in entries])
        for entry in entries:
            writer.add_document(keyword.to_document(entry.chunk, self._analyzer))
        added = [self._dense.from_entries(entries)] if entries else []
        self._reached("segment written")
        writer.commit()
        writer.wait_merging_threads()
        durable.sync_folder(folder)
        self._reached("keyword committed")
        chunk_ids = np.array([entry.chunk.id for entry in entries], dtype=np.uint64)
        self._dense.open_all(current.segments)
        kept = [self._dense.bury(part, chunk_ids, removed) for part in current.segments]
        segments = self._join_small([part for part in kept if part is not None] + added)
        return Manifest(
            generation=current.generation + 1,
            keyword=Part(name=folder.name, files=describe(folder, known=current.keyword)),
            segments=tuple(segments),
            analyzer=current.analyzer if current.keyword else self._analyzer.fingerprint,
        )

    def _anew(self, empty: Manifest, batches: Iterable[Sequence[IndexEntry]]) -> Manifest:
        """Write both legs from nothing. Batches become segments, REBUILT_AT_ONCE of these one, and all at last as few as may be."""
        folder = self._root / f"keyword-{empty.generation + 1:08d}-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        writer = keyword.create_or_open(folder).writer(REBUILD_HEAP_BYTES, 1)
        large: list[Part] = []
        small: list[Part] = []
        for entries in batches:
            for entry in entries:
                writer.add_document(keyword.to_document(entry.chunk, self._analyzer))
            if entries:
                small.append(self._dense.from_entries(entries))
            if len(small) == REBUILT_AT_ONCE:
                large.append(self._dense.condense(small, coded=False))
                small = []
        self._reached("segment written")
        writer.commit()
        writer.wait_merging_threads()
        durable.sync_folder(folder)
        self._reached("keyword committed")
        segments: list[Part] = []
        group: list[Part] = []
        for part in [*large, *small]:
            if group and sum(other.rows for other in group) + part.rows > merging.MAX_ROWS:
                segments.append(self._dense.condense(group))
                group = []
            group.append(part)
        if group:
            segments.append(self._dense.condense(group))
        keyword_part = Part(name=folder.name, files=describe(folder))
        return Manifest(
            generation=empty.generation + 1,
            keyword=keyword_part,
            segments=tuple(segments),
            analyzer=self._analyzer.fingerprint,
        )

    def _inherit(self, before: Part | None, folder: Path) -> None:
        folder.mkdir()
        for name in before.files if before else ():
            source = self._root / before.name / name if before else folder
            if name.endswith(".json"):
                durable.write_durably(folder / name, source.read_bytes())
            else:
                durable.link_or_copy(source, folder / name)

    def _join_small(self, parts: list[Part]) -> list[Part]:
        while crowded := merging.due_inline(parts):
            joined = self._dense.join(crowded)
            self._reached("segments merged")
            parts = [part for part in parts if part not in crowded] + [joined]
        return parts

    def _adopt(self, joined: Part, parts: Sequence[Part]) -> None:
        """Publish a joined segment in the place of its sources, as these are by now."""
        current = load_manifest(self._root)
        names = {part.name for part in parts}
        replacement = self._dense.take_over(joined, [part for part in current.segments if part.name in names])
        kept = tuple(part for part in current.segments if part.name not in names)
        segments = (*kept, replacement) if replacement is not None else kept
        self._swap(current, replace(current, generation=current.generation + 1, segments=segments))

    def _swap(self, current: Manifest, following: Manifest) -> int:
        self._reached("before swap")
        if (self._root / NAME).exists():
            store_manifest(self._root, current, PREVIOUS)
        store_manifest(self._root, following)
        self._reached("after swap")
        sweep(self._root)
        return following.generation

"""The writer of the local index: publishes generations, whole or not at all.

A generation is some segments and their tombstones, all immutable, named by the manifest. A publish writes one segment and swaps the
manifest last. A kill before the swap leaves the old generation, after it the new one; what nothing refers to is swept by the next
writer. The generation before is kept, for readers that were about to open it.

`maintain` joins large segments beside all that: it reads immutable files, writes a new one without the writer's lock, and takes
the lock for the swap alone. What died meanwhile is found by comparing with the manifest of that moment.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from language.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.local import merging
from retrieval.local.damage import clear_note, is_noted, note_damage
from retrieval.local.dense_parts import DenseParts
from retrieval.local.locks import MERGE_LOCK, UPKEEP_LOCK, WRITER_LOCK, held, hold
from retrieval.local.manifest import NAME, PREVIOUS, Manifest, Part, load_manifest, store_manifest
from retrieval.local.reader import LocalIndex
from retrieval.local.segment import Segment
from retrieval.local.segment_files import CODED_ROWS
from retrieval.local.sweeping import UNDER_WAY, sweep
from retrieval.types import IndexEntry

logger = logging.getLogger(__name__)

REBUILT_AT_ONCE = 64  # batches of a rebuild whose segments become one before more are written
CHECK_EVERY_S = 24 * 3600.0  # files are read against their checksums; when they are opened, only those up to 64 MB are


class LocalIndexWriter:
    """A `retrieval.ports.IndexWriter` on a folder. Several processes may hold one each; a lock orders their publishes.

    Args:
        root: the index's folder; made where it is missing.
        dimension: of the dense vectors.
        reached: called with the name of each step as it is reached; tests kill the process there.
        coded_rows: from so many rows of one collection on, these get codes.
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
        self._dense = DenseParts(root, dimension=dimension, analyzer=analyzer, coded_rows=coded_rows)

    def publish(
        self, entries: Sequence[IndexEntry], *, remove_versions: Iterable[int] = (), remove_chunks: Iterable[int] = ()
    ) -> int:
        removed, removed_chunks = frozenset(remove_versions), frozenset(remove_chunks)
        entries = list({entry.chunk.id: entry for entry in entries}.values())
        with self._noting_damage(), hold(self._root, WRITER_LOCK):
            sweep(self._root)
            current = load_manifest(self._root)
            if not (entries or removed or removed_chunks):
                return current.generation
            return self._swap(current, self._next(current, entries, removed, removed_chunks))

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

    def maintain(self) -> bool:
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
            made = self._dense.arrange([source.live() for source in sources], name=UNDER_WAY)
            self._reached("segments joined")
            with hold(self._root, WRITER_LOCK):
                self._adopt(made, parts)
            rows = sum(part.rows for part in made)
            logger.info("made %s segments of %s, %s rows, in %.1f s", len(made), len(parts), rows, time.monotonic() - started)
            return True

    def forget_removed(self) -> int:
        """Write every segment that has deleted rows anew without them, and let the generations go that still have them.

        `publish` marks rows as deleted, which is enough for every search; after this their words and vectors are in no file.
        Returns: rows that went. Raises: IndexLocked, IndexDamaged.
        """
        forgotten = 0
        with self._noting_damage(), hold(self._root, MERGE_LOCK):
            while part := self._next_with_deleted():
                with hold(self._root, WRITER_LOCK):
                    source = Segment(self._root, part)
                made = self._dense.arrange([source.live()], name=UNDER_WAY)
                self._reached("segment cleaned")
                with hold(self._root, WRITER_LOCK):
                    self._adopt(made, [part])
                forgotten += part.dead_rows
            with hold(self._root, WRITER_LOCK):
                current = load_manifest(self._root)
                if load_manifest(self._root, PREVIOUS).names() - current.names():  # the generation before still had them
                    self._swap(current, replace(current, generation=current.generation + 1))
        return forgotten

    def count_rows_of(self, versions: Iterable[int]) -> int:
        """Return how many rows of these versions lie in any file: deleted rows, and the generation before, among them."""
        wanted = np.array(sorted(set(versions)), dtype=np.uint64)
        parts = {part.name: part for name in (NAME, PREVIOUS) for part in load_manifest(self._root, name).segments}
        return sum(
            int(np.isin(Segment(self._root, replace(part, dead="")).rows["version"], wanted).sum()) for part in parts.values()
        )

    def _next_with_deleted(self) -> Part | None:
        return next((part for part in load_manifest(self._root).segments if part.dead_rows), None)

    @property
    def is_damaged(self) -> bool:
        """Whether a reader or writer of any process met damage since the last rebuild."""
        return is_noted(self._root)

    @property
    def is_outdated(self) -> bool:
        """Whether passages were cut into words by another analyzer than the one that now cuts the questions."""
        try:
            current = load_manifest(self._root)
        except IndexDamaged:
            return False  # is_damaged reports it
        return bool(current.segments) and current.analyzer != self._analyzer.fingerprint

    def claim_upkeep(self) -> AbstractContextManager[bool]:
        """Lock the maintenance of this index to one process at a time. Yields False if another holds it."""
        return held(self._root, UPKEEP_LOCK)

    @property
    def needs_check(self) -> bool:
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
    def needs_maintenance(self) -> bool:
        """Whether `maintain` has something to do. Raises: IndexDamaged, and leaves a note of it."""
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

    def _next(
        self, current: Manifest, entries: Sequence[IndexEntry], removed: frozenset[int], removed_chunks: frozenset[int]
    ) -> Manifest:
        added = [self._dense.from_entries(entries)] if entries else []
        self._reached("segment written")
        chunk_ids = np.array([*(entry.chunk.id for entry in entries), *removed_chunks], dtype=np.uint64)
        self._dense.open_all(current.segments)
        kept = [self._dense.mark_deleted(part, chunk_ids, removed) for part in current.segments]
        segments = self._join_small([part for part in kept if part is not None] + added)
        return Manifest(
            generation=current.generation + 1,
            segments=tuple(segments),
            analyzer=current.analyzer if current.segments else self._analyzer.fingerprint,
        )

    def _anew(self, empty: Manifest, batches: Iterable[Sequence[IndexEntry]]) -> Manifest:
        """Write segments from nothing. Batches become segments, REBUILT_AT_ONCE of these one, and all at last as few as may be."""
        large: list[Part] = []
        small: list[Part] = []
        for entries in batches:
            if entries:
                small.append(self._dense.from_entries(entries))
            if len(small) == REBUILT_AT_ONCE:
                large.append(self._dense.condense(small))
                small = []
        self._reached("segment written")
        segments: list[Part] = []
        group: list[Part] = []
        for part in [*large, *small]:
            if group and sum(other.rows for other in group) + part.rows > merging.MAX_ROWS:
                segments += self._dense.arrange_new(group)
                group = []
            group.append(part)
        if group:
            segments += self._dense.arrange_new(group)
        return Manifest(generation=empty.generation + 1, segments=tuple(segments), analyzer=self._analyzer.fingerprint)

    def _join_small(self, parts: list[Part]) -> list[Part]:
        while crowded := merging.due_inline(parts):
            joined = self._dense.join(crowded)
            self._reached("segments merged")
            parts = [part for part in parts if part not in crowded] + [joined]
        return parts

    def _adopt(self, made: Sequence[Part], parts: Sequence[Part]) -> None:
        """Publish segments that were made in the place of their sources, as these are by now."""
        current = load_manifest(self._root)
        names = {part.name for part in parts}
        replacements = self._dense.take_over(made, [part for part in current.segments if part.name in names])
        kept = [part for part in current.segments if part.name not in names]
        self._swap(current, replace(current, generation=current.generation + 1, segments=(*kept, *replacements)))

    def _swap(self, current: Manifest, following: Manifest) -> int:
        self._reached("before swap")
        if (self._root / NAME).exists():
            store_manifest(self._root, current, PREVIOUS)
        store_manifest(self._root, following)
        self._reached("after swap")
        sweep(self._root)
        return following.generation

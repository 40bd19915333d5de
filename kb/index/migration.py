"""Filling another index from the database while the present one answers: online, resumable, verified.

The database holds every vector, so that nothing is embedded again. What the target has already is not sent again: a migration
that was cut off goes on where it stopped, and running it once more after the switch fetches what came meanwhile.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from kb.index.engine import Engine
from kb.index.entries import to_entry
from kb.models import Chunk
from retrieval.ports import IndexSnapshot, IndexWriter
from retrieval.types import IndexEntry, Scope

logger = logging.getLogger(__name__)

BATCH = 1000
PASSES = 5  # each sends what was published during the one before
SAMPLE = 50  # chunks that are looked for in the target


class RowWriter(IndexWriter, Protocol):
    """A writer whose rows can be removed one by one."""

    def remove_chunks(self, chunk_ids: Sequence[int]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What a migration did. `missing` and `stale`: ids that differ from the database's at the end; `lost`: not found by search."""

    sent: int
    removed: int
    chunks: int
    missing: int
    stale: int
    sampled: int
    lost: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.stale or self.lost)


def migrate_index(
    *,
    engine: Engine,
    writer: RowWriter,
    snapshot: Callable[[], IndexSnapshot],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Migrated:
    """Bring the index behind `writer` to what the database says of the engine's edition.

    Args:
        snapshot: opens the target for reading.
        progress: called with the chunks that are there, and with how many there are to be.
    Raises: IndexFault: the target is unavailable; what was sent stays, and the next run goes on from there.
    """
    sent = removed = 0
    for _pass in range(PASSES):
        there, wanted = set(writer.chunk_ids()[0]), _wanted(engine)
        missing, stale = wanted - there, there - wanted
        if not missing and not stale:
            break
        for entries in _entries(engine, sorted(missing)):
            writer.publish(entries)
            sent += len(entries)
            progress(len(wanted) - len(missing) + sent, len(wanted))
        writer.remove_chunks(sorted(stale))
        removed += len(stale)
    there, wanted = set(writer.chunk_ids()[0]), _wanted(engine)
    sample = sorted(wanted & there)[:: max(1, len(wanted) // SAMPLE)][:SAMPLE]
    return Migrated(
        sent=sent,
        removed=removed,
        chunks=len(wanted),
        missing=len(wanted - there),
        stale=len(there - wanted),
        sampled=len(sample),
        lost=tuple(entry.chunk.id for batch in _entries(engine, sample) for entry in batch if not is_found(entry, snapshot())),
    )


def is_found(entry: IndexEntry, index: IndexSnapshot) -> bool:
    """Tell whether both legs find a chunk by its own vector and words, within its own document."""
    within = Scope(collection_ids=frozenset({entry.chunk.collection_id}), document_ids=frozenset({entry.chunk.document_id}))
    by_words = index.search_keyword(entry.chunk.text, scope=within, limit=SAMPLE)
    by_meaning = index.search_dense(entry.embedding.dense, scope=within, limit=SAMPLE)
    is_read = any(entry.embedding.dense)  # of a script that the encoder cannot read the vector is nothing but zeros
    has_words = bool(by_words) or not entry.chunk.text.strip()
    return has_words and (not is_read or entry.chunk.id in {hit.chunk_id for hit in by_meaning})


def _wanted(engine: Engine) -> set[int]:
    chunks = Chunk.objects.live().filter(edition=engine.edition, embedding__encoder=engine.embedder.fingerprint)
    return set(chunks.values_list("pk", flat=True))


def _entries(engine: Engine, ids: Sequence[int]) -> Iterator[list[IndexEntry]]:
    """Yield what is published of these chunks, as far as they are still there."""
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        chunks = Chunk.objects.live().filter(pk__in=batch, edition=engine.edition)
        yield [to_entry(chunk) for chunk in chunks.select_related("version__document", "embedding")]

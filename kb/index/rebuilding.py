"""An index made anew from the database: it is a function of the chunks and their stored embeddings."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from kb.index.engine import Engine
from kb.index.entries import to_entry
from kb.models import Chunk, ChunkQuerySet
from retrieval.types import IndexEntry


def rebuild_index(*, engine: Engine, batch_size: int = 1000, advance: Callable[[int], None] = lambda count: None) -> int:
    """Publish a generation made from the database alone, without the model. Returns: the generation.

    Chunks that were embedded by another encoder are left out; verify_index then reports them as missing.

    Args:
        advance: called after each batch with how many passages it had.
    """
    return engine.writer.rebuild(_stored_entries(engine, batch_size, advance))


def indexable_chunks(engine: Engine) -> ChunkQuerySet:
    """Return the chunks that an index made from the database holds."""
    return Chunk.objects.live().filter(edition=engine.edition, embedding__encoder=engine.embedder.fingerprint)


def _stored_entries(engine: Engine, batch_size: int, advance: Callable[[int], None]) -> Iterator[Sequence[IndexEntry]]:
    chunks = indexable_chunks(engine).select_related("version__document", "embedding")
    rows = chunks.order_by("version_id", "ordinal").iterator(chunk_size=batch_size)
    while batch := list(islice(rows, batch_size)):
        yield [to_entry(chunk) for chunk in batch]
        advance(len(batch))

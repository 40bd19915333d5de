"""Compute missing token vectors of passages once for all; until then searches compute them for the best ten."""

import logging
from itertools import islice

from django.db import transaction

from kb.index.batches import in_batches
from kb.index.engine import Engine
from kb.index.entries import to_indexed_chunk
from kb.models import Chunk, ChunkEmbedding
from retrieval.types import Embedding, IndexEntry

logger = logging.getLogger(__name__)
BATCH = 64  # passages embedded and published at once


def fill_token_gap(*, engine: Engine, batches: int = 50) -> int:
    """Embed again the passages that have no token vectors, and publish them. Idempotent.

    Args:
        batches: at most so many; what is left waits for the next call.
    Returns: how many passages now have token vectors. Raises: retrieval.errors.RetrievalError.
    """
    if engine.projection is None:
        return 0
    fingerprint, unread = engine.embedder.fingerprint, bytes(4 * engine.embedder.dimension)
    lacking = Chunk.objects.live().filter(embedding__encoder=fingerprint, embedding__tokens=b"").exclude(embedding__dense=unread)
    rows = in_batches(lacking.select_related("version__document"), key="pk", size=BATCH)
    filled = sum(_fill(chunks, engine) for chunks in islice(rows, batches))
    if filled:
        logger.info("token vectors filled in: passages=%s encoder=%s", filled, fingerprint)
    return filled


def _fill(chunks: list[Chunk], engine: Engine) -> int:
    made = engine.embedder.embed_passages([to_indexed_chunk(chunk).contextual_text for chunk in chunks])
    entries: list[IndexEntry] = []
    with transaction.atomic():
        for chunk, vectors in zip(chunks, made, strict=True):
            # A text that the encoder does not read after all gets its vector of zeros, and is not asked about again.
            kept = ChunkEmbedding.objects.filter(chunk=chunk, encoder=engine.embedder.fingerprint)
            if kept.update(dense=vectors.dense, tokens=vectors.tokens):
                embedding = Embedding(dense=vectors.dense, tokens=vectors.tokens)
                entries.append(IndexEntry(chunk=to_indexed_chunk(chunk), embedding=embedding))
    engine.writer.publish(entries)
    return sum(bool(entry.embedding.tokens) for entry in entries)

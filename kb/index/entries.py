"""What the index keeps of a chunk: its text in context, who may read it, and its vectors."""

from collections.abc import Sequence

from kb.models import Chunk
from retrieval.types import Chunk as IndexedChunk
from retrieval.types import Embedding, IndexEntry


def to_indexed_chunk(chunk: Chunk) -> IndexedChunk:
    """Return what the index keeps of a chunk whose version and document are selected."""
    document = chunk.version.document
    return IndexedChunk(
        id=chunk.pk,
        collection_id=document.collection_id,
        document_id=document.pk,
        version_id=chunk.version_id,
        title=document.title,
        name=document.name,
        heading_path=tuple(chunk.heading_path),
        prefix=chunk.prefix,
        text=chunk.text,
    )


def to_entry(chunk: Chunk) -> IndexEntry:
    """Return what is published of a chunk whose version, document and embedding are selected."""
    embedding = Embedding(dense=bytes(chunk.embedding.dense), tokens=bytes(chunk.embedding.tokens))
    return IndexEntry(chunk=to_indexed_chunk(chunk), embedding=embedding)


def read_texts(chunk_ids: Sequence[int]) -> dict[int, str]:
    """Return these chunks as they were embedded, in their context, as far as they answer now. Scope chose them."""
    chunks = Chunk.objects.live().filter(pk__in=chunk_ids).select_related("version__document")
    return {chunk.pk: to_indexed_chunk(chunk).contextual_text for chunk in chunks}

"""Documents that are indexed without the ingestion: a page, chunks and vectors, published by an engine."""

import hashlib
from collections.abc import Sequence

from kb.index.engine import Engine
from kb.index.entries import to_indexed_chunk
from kb.index.identity import chunk_id
from kb.models import Chunk, ChunkEmbedding, Collection, Document, DocumentVersion, Page
from retrieval.types import IndexEntry


def index_document(
    engine: Engine,
    collection: Collection,
    name: str,
    passages: Sequence[str],
    *,
    document: Document | None = None,
    title: str = "",
) -> Document:
    """Index a document of one page; with `document`, as its next version, which becomes the current one."""
    if document is None:
        document = Document.objects.create(collection=collection, name=name, title=title or name)
    replaced = document.current_version
    version = DocumentVersion.objects.create(
        document=document,
        number=document.versions.count() + 1,
        sha256=hashlib.sha256("".join(passages).encode()).hexdigest(),
        size=1,
        media_type="text/plain",
        storage_path=name,
        chunk_count=len(passages),
        status=DocumentVersion.Status.INDEXED,
    )
    document.current_version = version
    document.save()
    page = Page.objects.create(version=version, number=1, text="\n".join(passages))
    entries = []
    for ordinal, text in enumerate(passages):
        start = page.text.index(text)
        chunk = Chunk.objects.create(
            id=chunk_id(version.uid, ordinal),
            version=version,
            ordinal=ordinal,
            page=page,
            start=start,
            end=start + len(text),
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
        )
        (embedding,) = engine.embedder.embed_passages([to_indexed_chunk(chunk).contextual_text])
        encoder = engine.embedder.fingerprint
        ChunkEmbedding.objects.create(chunk=chunk, encoder=encoder, dense=embedding.dense, tokens=embedding.tokens)
        entries.append(IndexEntry(chunk=to_indexed_chunk(chunk), embedding=embedding))
    engine.writer.publish(entries, remove_versions=[replaced.pk] if replaced else [])
    return document

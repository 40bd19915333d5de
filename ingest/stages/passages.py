"""Passages of a version for one edition: cut from its pages, embedded, published. Each step resumes where it stopped."""

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterator

from django.db.models import Max

from ingest.parsers.content import Block
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease
from ingest.stages.chunking import CutChunk, SourcePage, cut_pages
from kb.index.batches import in_batches
from kb.index.engine import Engine
from kb.index.entries import to_entry
from kb.index.identity import chunk_id
from kb.keeping.passages import change_new, changes_of
from kb.models import Chunk, ChunkEmbedding, Document, DocumentVersion
from retrieval.types import Chunk as IndexedChunk
from retrieval.types import Embedding, IndexEntry

PAGE_BATCH = 32
CHUNK_BATCH = 500
EMBED_BATCH = 256  # 128: 5 % slower, for each batch ends with a thread that waits for the other
PUBLISH_BATCH = 2000
CHANGED_BATCH = 500


class Passages:
    """The work on one version's passages, under a lease, with the encoder and into the index of the engine's edition.

    Args:
        title: what the passages carry as their document's title.
        between: called between two batches, outside of transactions; it may do something else first, or raise.
    """

    def __init__(self, *, version: DocumentVersion, title: str, lease: Lease, engine: Engine, between: Callable[[], None]) -> None:
        self.version, self.title, self.lease, self.engine = version, title, lease, engine
        self.between = between
        self.chunks = version.chunks.filter(edition=engine.edition)

    def cut(self) -> int:
        """Cut the pages that are not cut yet, whole pages in each transaction. Returns: how many chunks there are now."""
        done = self.chunks.aggregate(page=Max("page__number"), ordinal=Max("ordinal"))
        count = 0 if done["ordinal"] is None else done["ordinal"] + 1
        page_ids: dict[int, int] = {}
        pages = self._source_pages(page_ids, after=done["page"] or 0)
        cut = cut_pages(pages, title=self.title, count_tokens=self.engine.embedder.count_tokens)
        for batch in _batches_of_pages(cut):
            with self.lease.fenced():
                Document.objects.select_for_update().get(pk=self.version.document_id)  # in line with who changes its passages
                rows = [self._row(chunk, count + i, page_ids) for i, chunk in enumerate(batch)]
                change_new(rows, changes_of(self.version.document_id))
                Chunk.objects.bulk_create(rows)
            count += len(batch)
            crash_point("chunks_stored")
            self.between()
        return count

    def _source_pages(self, page_ids: dict[int, int], *, after: int) -> Iterator[SourcePage]:
        pages = self.version.pages.filter(number__gt=after).defer("boxes")
        for page in itertools.chain.from_iterable(in_batches(pages, key="number", size=PAGE_BATCH)):
            page_ids[page.number] = page.pk
            yield SourcePage(number=page.number, text=page.text, blocks=tuple(Block.from_dict(row) for row in page.blocks))

    def _row(self, chunk: CutChunk, ordinal: int, page_ids: dict[int, int]) -> Chunk:
        return Chunk(
            id=chunk_id(self.version.uid, ordinal, edition=self.engine.edition),
            version=self.version,
            ordinal=ordinal,
            edition=self.engine.edition,
            page_id=page_ids[chunk.page_number],
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            prefix=chunk.prefix,
            text_hash=hashlib.sha256(chunk.text.encode()).hexdigest(),
            heading_path=list(chunk.heading_path),
            token_count=chunk.token_count,
        )

    def embed(self, *, embedded: Callable[[int], None] = lambda ordinal: None) -> None:
        """Embed the chunks that lack vectors of the edition's encoder. `embedded` is called with the last one of each batch."""
        encoder = self.engine.embedder.fingerprint
        with self.lease.fenced():
            ChunkEmbedding.objects.filter(chunk__in=self.chunks.all()).exclude(encoder=encoder).delete()
        missing = self.chunks.filter(embedding=None).order_by("ordinal")
        last = -1
        # From the last one on: looking for the first without vectors again would walk past all that have them.
        while batch := list(missing.filter(ordinal__gt=last)[:EMBED_BATCH]):
            self.lease.check()
            vectors = self.engine.embedder.embed_passages([self._indexed(chunk).contextual_text for chunk in batch])
            with self.lease.fenced():
                ChunkEmbedding.objects.bulk_create(
                    ChunkEmbedding(chunk=chunk, encoder=encoder, dense=vector.dense, tokens=vector.tokens)
                    for chunk, vector in zip(batch, vectors, strict=True)
                )
            last = batch[-1].ordinal
            crash_point("vectors_stored")
            embedded(last)
            self.between()

    def publish(self, *, start: int = 0, end: int | None = None) -> int:
        """Put the chunks from ordinal `start` to before `end` into the index. Returns: the collection under which it has them."""
        self.version.document = Document.objects.get(pk=self.version.document_id)  # it may have been moved since
        chunks = self.chunks.filter(ordinal__gte=start, is_off=False)
        if end is not None:
            chunks = chunks.filter(ordinal__lt=end)
        for batch in in_batches(chunks.select_related("embedding"), key="ordinal", size=PUBLISH_BATCH):
            self.lease.check()
            entries = [
                IndexEntry(
                    chunk=self._indexed(chunk),
                    embedding=Embedding(dense=bytes(chunk.embedding.dense), tokens=bytes(chunk.embedding.tokens)),
                )
                for chunk in batch
            ]
            self.engine.writer.publish(entries)
            crash_point("published")
        return self.version.document.collection_id

    def publish_changed(self, chunk_ids: Collection[int]) -> None:
        """Put these chunks into the index again, and take those of them out that are switched off."""
        ids = sorted(chunk_ids)
        for batch in (ids[start : start + CHANGED_BATCH] for start in range(0, len(ids), CHANGED_BATCH)):
            self.lease.check()
            chunks = self.chunks.filter(pk__in=batch).select_related("version__document", "embedding")
            shown = [chunk for chunk in chunks if not chunk.is_off]
            gone = [chunk.pk for chunk in chunks if chunk.is_off]
            self.engine.writer.publish([to_entry(chunk) for chunk in shown], remove_chunks=gone)

    def _indexed(self, chunk: Chunk) -> IndexedChunk:
        return IndexedChunk(
            id=chunk.pk,
            collection_id=self.version.document.collection_id,
            document_id=self.version.document_id,
            version_id=self.version.pk,
            title=self.title,
            name=self.version.document.name,
            heading_path=tuple(chunk.heading_path),
            prefix=chunk.prefix,
            text=chunk.text,
        )


def _batches_of_pages(chunks: Iterator[CutChunk]) -> Iterator[list[CutChunk]]:
    """Yield batches of about CHUNK_BATCH that end where a page ends, so that cutting can go on with the next page."""
    batch: list[CutChunk] = []
    for _, page in itertools.groupby(chunks, key=lambda chunk: chunk.page_number):
        batch += page
        if len(batch) >= CHUNK_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

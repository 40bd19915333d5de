"""The stages of a version: uploaded → parsed → chunked → embedded → indexed. Each goes on where it stopped, and twice is once."""

import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from audit.services import record
from ingest.chunking import CutChunk, SourcePage, cut_pages
from ingest.errors import UserFault
from ingest.faults import fault
from ingest.leases import Lease
from ingest.models import Job
from ingest.names import title_from
from ingest.parsers.content import Block, Notice, Opening, ParsedPage
from ingest.sandbox import parse_file
from kb.engine import Engine
from kb.identity import chunk_id
from kb.models import Chunk, ChunkEmbedding, Document, DocumentVersion, Page
from kb.storage import original_path
from retrieval.types import Chunk as IndexedChunk
from retrieval.types import Embedding, IndexEntry

logger = logging.getLogger(__name__)
Status = DocumentVersion.Status

PAGE_CLASSES = (50, 300, 1500)  # pages: a job's priority once they are known, beside ingest.services.SIZE_CLASSES
PAGE_BATCH = 32  # pages stored in one transaction: what is lost at most when the worker dies
PAGE_BATCH_S = 1.0  # and how long progress may stand still while pages arrive slowly
CHUNK_BATCH = 500
EMBED_BATCH = 128
PUBLISH_BATCH = 2000


class Pipeline:
    """Takes one version through its stages under a lease."""

    def __init__(
        self, *, version: DocumentVersion, lease: Lease, engine: Engine, checkpoint: Callable[[], float] = lambda: 0.0
    ) -> None:
        """`checkpoint` is called between two batches, outside of transactions; it returns the seconds that it gave to others."""
        self.version, self.lease, self.engine = version, lease, engine
        self.checkpoint, self.seconds_for_others = checkpoint, 0.0
        self.timings_ms: dict[str, float] = {}

    @property
    def title(self) -> str:
        """The title that this version's chunks carry; the document takes it over when the version becomes current."""
        return self.version.metadata.get("title") or title_from(self.version.document.name)

    def run(self) -> None:
        """Run the stages that are left. Raises: UserFault, PassingFault, LeaseLost, and whatever the database and index raise."""
        stages: tuple[tuple[str, str, Callable[[], None]], ...] = (
            (Status.UPLOADED, "parse", self.parse),
            (Status.PARSED, "chunk", self.chunk),
            (Status.CHUNKED, "embed", self.embed),
            (Status.EMBEDDED, "publish", self.publish),
        )
        for status, name, stage in stages:
            if self.version.status == status:
                started, self.seconds_for_others = time.perf_counter(), 0.0
                fault(f"before_{name}")
                stage()
                fault(f"after_{name}")
                self.timings_ms[name] = round((time.perf_counter() - started - self.seconds_for_others) * 1000, 1)

    def _let_pass(self) -> None:
        """A checkpoint: what is stored so far is stored, and jobs that are more urgent may run. Raises: LeaseLost."""
        self.lease.check()
        self.seconds_for_others += self.checkpoint()

    # --- parse ----------------------------------------------------------------------------------------------------

    def parse(self) -> None:
        """Store the pages, batch by batch; a second run begins after the last page that was stored."""
        version = self.version
        notices: list[dict[str, object]] = []
        batch: list[ParsedPage] = []
        stored_at = time.monotonic()
        items = parse_file(
            original_path(version.storage_path),
            name=version.document.name,
            media_type=version.media_type,
            first_page=version.pages_done + 1,
        )
        for item in items:
            self.lease.check()
            if isinstance(item, Opening):
                self._open(item)
            elif isinstance(item, Notice):
                notices.append(item.as_dict())
            else:
                batch.append(item)
                if len(batch) >= PAGE_BATCH or time.monotonic() - stored_at > PAGE_BATCH_S:
                    self._store_pages(batch)
                    batch, stored_at = [], time.monotonic()
        self._store_pages(batch)
        if not version.pages.exclude(text="").exists():
            raise UserFault("no_text")
        self._advance(Status.PARSED, page_count=version.page_count or version.pages_done, warnings=version.warnings + notices)

    def _open(self, opening: Opening) -> None:
        version = self.version
        title = " ".join(opening.title.split())[:500] or title_from(version.document.name)
        with self.lease.fenced() as job:
            long = sum((opening.page_count or 0) > limit for limit in PAGE_CLASSES)
            if long > job.priority:  # few bytes a page: they said less than this
                job.priority = long
                job.save(update_fields=["priority"])
            version.is_paged = opening.is_paged
            version.page_count = opening.page_count
            version.metadata = {**opening.metadata, "title": title}
            version.save(update_fields=["is_paged", "page_count", "metadata"])
            # A first version names its document at once, so that the list shows it; a later one waits for its turn.
            Document.objects.filter(pk=version.document_id, current_version=None).update(title=title)

    def _store_pages(self, pages: Sequence[ParsedPage]) -> None:
        if not pages:
            return
        with self.lease.fenced() as job:
            Page.objects.bulk_create(
                Page(
                    version=self.version,
                    number=page.number,
                    label=page.label,
                    text=page.text,
                    width=page.width,
                    height=page.height,
                    boxes=page.boxes,
                    blocks=[block.as_dict() for block in page.blocks],
                )
                for page in pages
            )
            self.version.pages_done = pages[-1].number
            self.version.save(update_fields=["pages_done"])
            self._count_anew(job)
        fault("pages_stored")
        self._let_pass()

    # --- chunk ----------------------------------------------------------------------------------------------------

    def chunk(self) -> None:
        """Cut the pages into chunks; what an interrupted run left is removed first."""
        with self.lease.fenced():
            self.version.chunks.all().delete()
        page_ids: dict[int, int] = {}
        cut = cut_pages(self._source_pages(page_ids), title=self.title, count_tokens=self.engine.embedder.count_tokens)
        count = 0
        while batch := list(itertools.islice(cut, CHUNK_BATCH)):
            with self.lease.fenced():
                Chunk.objects.bulk_create(self._row(chunk, count + i, page_ids) for i, chunk in enumerate(batch))
            count += len(batch)
            fault("chunks_stored")
            self._let_pass()
        if not count:
            raise UserFault("no_text")
        self._advance(Status.CHUNKED, chunk_count=count)

    def _source_pages(self, page_ids: dict[int, int]) -> Iterator[SourcePage]:
        for page in self.version.pages.order_by("number").defer("boxes").iterator(chunk_size=PAGE_BATCH):
            page_ids[page.number] = page.pk
            yield SourcePage(number=page.number, text=page.text, blocks=tuple(Block.from_dict(row) for row in page.blocks))

    def _row(self, chunk: CutChunk, ordinal: int, page_ids: dict[int, int]) -> Chunk:
        return Chunk(
            id=chunk_id(self.version.uid, ordinal),
            version=self.version,
            ordinal=ordinal,
            page_id=page_ids[chunk.page_number],
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            prefix=chunk.prefix,
            text_hash=hashlib.sha256(chunk.text.encode()).hexdigest(),
            heading_path=list(chunk.heading_path),
            token_count=chunk.token_count,
        )

    # --- embed ----------------------------------------------------------------------------------------------------

    def embed(self) -> None:
        """Embed the chunks that have no vectors of the present encoder yet."""
        encoder = self.engine.embedder.fingerprint
        with self.lease.fenced():
            ChunkEmbedding.objects.filter(chunk__version=self.version).exclude(encoder=encoder).delete()
        missing = self.version.chunks.filter(embedding=None).order_by("ordinal")
        while batch := list(missing[:EMBED_BATCH]):
            self.lease.check()
            vectors = self.engine.embedder.embed_passages([self._indexed(chunk).contextual_text for chunk in batch])
            with self.lease.fenced():
                ChunkEmbedding.objects.bulk_create(
                    ChunkEmbedding(chunk=chunk, encoder=encoder, dense=vector.dense, tokens=vector.tokens)
                    for chunk, vector in zip(batch, vectors, strict=True)
                )
            fault("vectors_stored")
            self._let_pass()
        self._advance(Status.EMBEDDED)

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

    # --- publish --------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Put the chunks into the index, then make the version the one that answers.

        Readers see only chunks of current versions, whatever the index holds: so the version's chunks may be there before
        the swap and the old one's after it, and the swap itself is one row.
        """
        rows = self.version.chunks.select_related("embedding").order_by("ordinal").iterator(chunk_size=PUBLISH_BATCH)
        while batch := list(itertools.islice(rows, PUBLISH_BATCH)):
            self.lease.check()
            entries = [
                IndexEntry(
                    chunk=self._indexed(chunk),
                    embedding=Embedding(dense=bytes(chunk.embedding.dense), tokens=bytes(chunk.embedding.tokens)),
                )
                for chunk in batch
            ]
            self.engine.writer.publish(entries)
            fault("published")
            self._let_pass()
        self._make_current()

    def _make_current(self) -> None:
        version, now = self.version, timezone.now()
        with self.lease.fenced() as job:
            document = Document.objects.select_for_update().get(pk=version.document_id)
            replaced = document.current_version_id
            newer = document.deleted_at is None and (
                document.current_version is None or document.current_version.number <= version.number
            )
            if newer:
                document.current_version, document.title = version, self.title
                document.save(update_fields=["current_version", "title"])
                superseded = replaced if replaced != version.pk else None
            else:
                superseded = version.pk  # a newer one was faster, or the document is gone: this one never answers
            version.status, version.indexed_at = Status.INDEXED, now
            version.save(update_fields=["status", "indexed_at"])
            self._count_anew(job)
            if superseded:
                open_removal(superseded)
            record(
                "document.indexed",
                subject=f"document:{document.uid}",
                summary=document.name,
                payload={
                    "version": version.number,
                    "version_uid": str(version.uid),
                    "pages": version.page_count,
                    "chunks": version.chunk_count,
                },
            )

    def _advance(self, status: str, **changes: object) -> None:
        with self.lease.fenced() as job:
            for name, value in {**changes, "status": status}.items():
                setattr(self.version, name, value)
            self.version.save(update_fields=[*changes, "status"])
            self._count_anew(job)

    def _count_anew(self, job: Job) -> None:
        """What gets on is not what kills its worker, and nothing is in its way: the attempts of this job are counted from here."""
        job.attempts, job.obstacle, job.hindered_since = 1, "", None
        job.save(update_fields=["attempts", "obstacle", "hindered_since"])


def open_removal(version_id: int, *, not_before: object = None) -> None:
    """Put the removal of a version's chunks into the queue, once."""
    Job.objects.get_or_create(
        version_id=version_id,
        kind=Job.Kind.REMOVE,
        state__in=[Job.State.WAITING, Job.State.RUNNING],
        defaults={"state": Job.State.WAITING, "priority": -1, "not_before": not_before},
    )


def remove_version(*, version: DocumentVersion, lease: Lease, engine: Engine) -> None:
    """Take a version's chunks out of the index and the database; of a deleted document also its pages.

    The version's row and original stay, so that receipts can name what they saw.
    """
    engine.writer.publish([], remove_versions=[version.pk])
    fault("removed_from_index")
    with lease.fenced():
        version.chunks.all().delete()
        if version.document.deleted_at is not None:
            version.pages.all().delete()


def drop_content(version: DocumentVersion) -> None:
    """Remove what a failed version left in the database."""
    with transaction.atomic():
        version.chunks.all().delete()
        version.pages.all().delete()

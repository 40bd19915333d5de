"""The stages of a version: uploaded → parsed → chunked → embedded → indexed. Each resumes where it stopped and is idempotent."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from django.utils import timezone

from audit.services import record
from ingest.editions.building import lock_serving, open_rebuild
from ingest.errors import LeaseLost, UserFault
from ingest.models import Job
from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease, put_back
from ingest.stages.early import EarlyAnswers
from ingest.stages.names import title_from
from ingest.stages.parsing import parse_file
from ingest.stages.passages import Passages
from ingest.stages.removal import open_removal
from kb.index.engine import Engine
from kb.models import Document, DocumentVersion, Page
from kb.storage import original_path
from vault.kept import in_clear

logger = logging.getLogger(__name__)
Status = DocumentVersion.Status

PAGE_CLASSES = (50, 300, 1500)  # pages: a job's priority once they are known, beside ingest.documents.versions.SIZE_CLASSES
PAGE_BATCH = 32  # pages stored in one transaction: what is lost at most when the worker dies
PAGE_BATCH_S = 1.0  # and how long progress may stand still while pages arrive slowly


class Pipeline:
    """Takes one version through its stages under a lease."""

    def __init__(
        self, *, version: DocumentVersion, lease: Lease, engine: Engine, checkpoint: Callable[[], float] = lambda: 0.0
    ) -> None:
        """`checkpoint` is called between two batches, outside of transactions; it returns the seconds that it gave to others."""
        self.version, self.lease, self.engine = version, lease, engine
        self.checkpoint, self.seconds_for_others = checkpoint, 0.0
        self.timings_ms: dict[str, float] = {}
        self.early = EarlyAnswers(version=version, lease=lease, engine=engine)

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
                crash_point(f"before_{name}")
                stage()
                crash_point(f"after_{name}")
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
        for item in self._parsed():
            self.lease.check()
            if isinstance(item, Opening):
                self._open(item)
            elif isinstance(item, Notice):
                notices.append(item.as_dict())
            else:
                batch.append(item)
                if len(batch) >= PAGE_BATCH or time.monotonic() - stored_at > PAGE_BATCH_S:
                    self._store_pages(batch)
                    self.early.serve_first(self.passages)
                    batch, stored_at = [], time.monotonic()
        self._store_pages(batch)
        if not version.pages.exclude(text="").exists():
            raise UserFault("no_text")
        self._advance(Status.PARSED, page_count=version.page_count or version.pages_done, warnings=version.warnings + notices)

    def _parsed(self) -> Iterator[Opening | ParsedPage | Notice]:
        """Yield what is read of the original, in clear, from the first page on that is not stored."""
        version = self.version
        with in_clear(original_path(version.storage_path)) as path:
            yield from parse_file(
                path, name=version.document.name, media_type=version.media_type, first_page=version.pages_done + 1
            )

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
        crash_point("pages_stored")
        self._let_pass()

    # --- chunk, embed, publish ------------------------------------------------------------------------------------

    @property
    def passages(self) -> Passages:
        return Passages(version=self.version, title=self.title, lease=self.lease, engine=self.engine, between=self._let_pass)

    def chunk(self) -> None:
        """Cut the pages into chunks."""
        count = self.passages.cut()
        if not count:
            raise UserFault("no_text")
        self._advance(Status.CHUNKED, chunk_count=count)

    def embed(self) -> None:
        """Embed the chunks; of a long document, those that are done answer already."""
        passages = self.passages
        passages.embed(embedded=lambda ordinal: self.early.serve_more(passages, until=ordinal + 1))
        self._advance(Status.EMBEDDED)

    def publish(self) -> None:
        """Put the chunks into the index, then make the version current.

        Readers see only chunks of current versions, whatever the index holds: so the version's chunks may be there before
        the swap and the old one's after it, and the swap itself is one row.
        """
        while True:
            published_in = self.early.publish_rest(self.passages)
            with self.lease.fenced() as job:
                if lock_serving(self.engine).number != self.engine.edition:
                    self._cut_again(job)
                    break
                document = Document.objects.select_for_update().get(pk=self.version.document_id)
                if document.collection_id == published_in:
                    self._make_current(job, document)
                    return
                logger.info("version %s was moved while it was published", self.version.pk)
        raise LeaseLost("another edition answers by now")

    def _make_current(self, job: Job, document: Document) -> None:
        version, now = self.version, timezone.now()
        replaced = document.current_version_id
        newer = document.deleted_at is None and (
            document.current_version is None or document.current_version.number <= version.number
        )
        if newer:
            document.current_version, document.title, document.moved_from = version, self.title, None
            document.save(update_fields=["current_version", "title", "moved_from"])
            superseded = replaced if replaced != version.pk else None
            open_rebuild(version)
        else:
            superseded = version.pk  # a newer one was faster, or the document is gone: this one never answers
        version.status, version.indexed_at, version.early_chunks = Status.INDEXED, now, 0
        version.save(update_fields=["status", "indexed_at", "early_chunks"])
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

    def _cut_again(self, job: Job) -> None:
        """Another edition answers by now: its passages are cut from the pages, which are there already."""
        self.version.status, self.version.chunk_count, self.version.early_chunks = Status.PARSED, 0, 0
        self.version.save(update_fields=["status", "chunk_count", "early_chunks"])
        put_back(job)

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

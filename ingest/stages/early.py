"""Make the first passages of a long document searchable before the whole is read.

Only of a document's first version: a newer one takes the place of the one that answers at once, when it is whole. The document
has no current version until then (kb.models.ChunkQuerySet.live lets `early_chunks` of its first one answer), so what moves,
rebuilds, replaces or fails a document need not know of it.
"""

from ingest.editions.building import lock_serving
from ingest.queue.leases import Lease
from ingest.stages.passages import PUBLISH_BATCH, Passages
from kb.index.engine import Engine
from kb.models import Document, DocumentVersion

LONG_PAGES = 300  # a shorter document is whole before this would be worth a publish of its own
FIRST_PAGES = 32


class EarlyAnswers:
    """What of one version was published before its end, by this process: ordinals below `until`, under `collection_id`."""

    def __init__(self, *, version: DocumentVersion, lease: Lease, engine: Engine) -> None:
        self.version, self.lease, self.engine = version, lease, engine
        self.until, self.collection_id = 0, 0

    @property
    def is_wanted(self) -> bool:
        """True for the first version of a document that is long, or as long as nobody knows how long it is."""
        pages = self.version.page_count
        return self.version.document.current_version_id is None and (pages is None or pages > LONG_PAGES)

    def serve_first(self, passages: Passages) -> None:
        """While pages are still being read: have the first ones answer. Does nothing before they are there, and the second time."""
        if self.version.early_chunks or self.version.pages_done < FIRST_PAGES or not self.is_wanted:
            return
        if count := passages.cut():
            passages.embed()
            self._serve(passages, until=count)

    def serve_more(self, passages: Passages, *, until: int) -> None:
        """Have what was embedded since answer too, once it is as much as is published at once."""
        if until - self.until >= PUBLISH_BATCH and self.is_wanted:
            self._serve(passages, until=until)

    def publish_rest(self, passages: Passages) -> int:
        """Publish what has not been. Returns: the collection under which the index has all of it."""
        collection_id = passages.publish(start=self.until)
        if self.until and collection_id != self.collection_id:  # moved meanwhile: the index has the first ones where it was
            collection_id = passages.publish()
        self.until, self.collection_id = 0, 0  # asked again, it is because the document was moved again
        return collection_id

    def _serve(self, passages: Passages, *, until: int) -> None:
        collection_id = passages.publish(start=self.until, end=until)
        with self.lease.fenced():
            if lock_serving(self.engine).number != self.engine.edition:
                return  # at its end the version is cut again
            document = Document.objects.select_for_update().get(pk=self.version.document_id)
            if self.until and collection_id != self.collection_id:
                self.until = 0
                return
            if document.collection_id != collection_id or document.current_version_id is not None:
                return
            if document.versions.exclude(pk=self.version.pk).filter(early_chunks__gt=0).exists():
                return  # one version answers, never two
            self.version.early_chunks = until
            self.version.save(update_fields=["early_chunks"])
        self.until, self.collection_id = until, collection_id

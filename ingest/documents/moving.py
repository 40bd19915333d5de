"""Moving a document to another collection.

The document's row is the truth: from its commit on, the readers of the old collection see nothing of it, and those of the new one
everything. The index still has its passages under the old collection until a MOVE job, or of a document that is still being read
its end (ingest.stages.early), has published them anew; until then
`Document.moved_from` says so, and the new collection's scope names the document beside its collections (kb.index.search.scope_for).
"""

from django.db import transaction

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from ingest.editions.building import uncleared_engines
from ingest.errors import UploadRefused
from ingest.models import OPEN_STATES, Job
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease
from ingest.queue.notices import notify_worker
from kb.index.batches import in_batches
from kb.index.engine import Engine
from kb.index.entries import to_entry
from kb.keeping.tags import carry_tags
from kb.models import Collection, Document, DocumentVersion
from kb.rights.clock import touch

PUBLISH_BATCH = 2000
MOVE_PRIORITY = -1  # before uploads: it is short


def move_document(document: Document, *, to: Collection, user: User, should_notify: bool = True) -> Document:
    """Give a document to another collection, at once for all readers; a job follows it in the index.

    Raises: UploadRefused: it is there already, its name is taken there, it is a SQL source's, or it was deleted.
    """
    with transaction.atomic():
        target = Collection.objects.live().select_for_update().filter(pk=to.pk).first()  # in line with uploads to it
        locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
        if target is None or locked is None:
            raise UploadRefused("gone")
        if locked.collection_id == target.pk:
            raise UploadRefused("same_collection")
        if locked.source_rows.exists():
            raise UploadRefused("row_of_source")
        if locked.source_items.exists():
            raise UploadRefused("item_of_source")
        if target.documents.live().filter(name=locked.name).exists():
            raise UploadRefused("name_taken")
        origin = Collection.objects.get(pk=locked.collection_id)
        locked.collection, locked.folder = target, None  # whom it names itself, it goes on naming
        if locked.current_version_id is not None:
            open_move(locked.current_version_id)
        if locked.current_version_id is not None or locked.versions.filter(early_chunks__gt=0).exists():
            # Moved twice before the index could follow: it still has it where it was first. What answers while the rest is
            # being read is published anew with the rest, at the end of which this is taken back.
            locked.moved_from_id = locked.moved_from_id or origin.pk
        locked.save(update_fields=["collection", "folder", "moved_from"])
        touch(Document.objects.filter(pk=locked.pk))
        carry_tags(locked, origin=origin, names=[tag.name for tag in locked.tags.all()])
        record(
            "document.moved",
            by=actor_of(user),
            subject=f"document:{locked.uid}",
            summary=locked.name,
            payload={"from": origin.slug, "to": target.slug},
        )
        crash_point("before_move")
        if should_notify:
            notify_worker()
    crash_point("after_move")
    return locked


def open_move(version_id: int) -> None:
    """Put the move of a version's passages in the index into the queue, once."""
    Job.objects.get_or_create(
        version_id=version_id,
        kind=Job.Kind.MOVE,
        state__in=OPEN_STATES,
        defaults={"state": Job.State.WAITING, "priority": MOVE_PRIORITY},
    )


def follow_move(*, version: DocumentVersion, lease: Lease, engine: Engine) -> None:
    """Publish a version's passages under the collection that its document has now, in every edition's index."""
    while True:
        document = Document.objects.get(pk=version.document_id)
        if document.deleted_at is not None or document.current_version_id != version.pk:
            return  # its removal, or the newer version, takes care of the index
        for each in uncleared_engines(engine):
            chunks = version.chunks.filter(edition=each.edition, is_off=False, embedding__encoder=each.embedder.fingerprint)
            chunks = chunks.select_related("version__document", "embedding")
            for batch in in_batches(chunks, key="ordinal", size=PUBLISH_BATCH):
                lease.check()
                each.writer.publish([to_entry(chunk) for chunk in batch])
        crash_point("move_published")
        with lease.fenced():
            locked = Document.objects.select_for_update().get(pk=document.pk)
            if locked.collection_id == document.collection_id:
                locked.moved_from = None
                locked.save(update_fields=["moved_from"])
                return

"""Purging: of a deleted document nothing is left but its name, the hashes of its files, and the receipts that quoted it.

Every step may be done twice. The certificate is an event, recorded in the transaction that ends the purge, after a reconciler has
looked for what might be left (`retention.purging.reconciling`); where it finds something, the next run goes on.
"""

import logging
import shutil
from collections.abc import Callable, Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actor import SYSTEM, Actor
from audit.services import lock_chain, record
from ingest.documents.held import held_among
from ingest.editions.building import uncleared_engines
from ingest.models import OPEN_STATES, Job
from ingest.queue.crash_points import crash_point
from kb.index.engine import Engine, get_engine
from kb.models import Chunk, Document, DocumentVersion, Page, PassageChange
from kb.storage import remove_original
from retention.models import Purge
from retention.purging.reconciling import Findings, count_quoting, has_other_owner, pictures_of
from retention.purging.scrubbing import Scrubbed, scrub_database

logger = logging.getLogger(__name__)
PURGED = "document.purged"


def purge_documents(
    documents: Sequence[Document], *, by: Actor = SYSTEM, engine: Callable[[], Engine] = get_engine, scrub: bool = True
) -> int:
    """Purge deleted documents. What a legal hold keeps, and what a worker is still removing, stays for another run.

    Args: scrub: False leaves the free pages of the database as they are, and the certificate says so.
    Returns: how many are gone, each with its certificate.
    """
    begun = [purge for document in documents if (purge := _begin(document)) is not None]
    if not begun:
        return 0
    versions = list(DocumentVersion.objects.filter(document__purge__in=begun))
    engines = list(uncleared_engines(engine()))
    for each in engines:
        each.writer.publish([], remove_versions=[version.pk for version in versions])
        each.writer.forget_removed()
    crash_point("purge_index_cleaned")
    for purge in begun:
        _remove_rows(purge)
        _remove_files(purge)
        crash_point("purge_files_removed")
    scrubbed = scrub_database() if scrub else Scrubbed(method="none", at=timezone.now())
    return sum([_finish(purge, engines=engines, scrubbed=scrubbed, by=by) for purge in begun])


def _begin(document: Document) -> Purge | None:
    with transaction.atomic():
        row = Document.objects.select_for_update().exclude(deleted_at=None).filter(pk=document.pk).first()
        lock_chain()  # a hold that is recorded before this is seen here
        if row is None or any(held_among(Document.objects.filter(pk=row.pk))):
            return None
        if Job.objects.filter(version__document=row, state__in=OPEN_STATES).exists():
            return None
        purge, _is_new = Purge.objects.get_or_create(document=row)
        return purge if purge.finished_at is None else None


def _remove_rows(purge: Purge) -> None:
    with transaction.atomic():
        versions = DocumentVersion.objects.filter(document=purge.document_id)
        Chunk.objects.filter(version__in=versions).delete()
        Page.objects.filter(version__in=versions).delete()
        PassageChange.objects.filter(document=purge.document_id).delete()
        # What a file declared of itself, and what was found while it was read.
        versions.update(metadata={}, warnings=[], error_message="")
        Document.objects.filter(pk=purge.document_id).update(origin={})


def _remove_files(purge: Purge) -> None:
    """Remove originals and pictures, unless another document has the very same file."""
    for version in purge.document.versions.all():
        if remove_original(version.sha256, is_wanted=partial(has_other_owner, version)):
            shutil.rmtree(pictures_of(version), ignore_errors=True)
    # Only now: a kill before leaves paths that the next run goes on with. Backups look for no original of a version without one.
    purge.document.versions.update(storage_path="")


def _finish(purge: Purge, *, engines: Sequence[Engine], scrubbed: Scrubbed, by: Actor) -> bool:
    found = Findings.of(purge.document, engines=engines)
    if not found.is_clean:
        problem = ", ".join(f"{name}: {count}" for name, count in found.left.items() if count)
        logger.warning("document %s is not wholly purged: %s", purge.document_id, problem)
        Purge.objects.filter(pk=purge.pk).update(problem=problem[:300])
        return False
    with transaction.atomic():
        document = purge.document
        event = record(
            PURGED,
            by=by,
            subject=f"document:{document.uid}",
            summary=document.name,
            payload={
                "certificate": {
                    "format": "attest-deletion/1",
                    "document": {"uid": str(document.uid), "name": document.name, "collection": document.collection.name},
                    "versions": [
                        {"number": version.number, "sha256": version.sha256, "bytes": version.size, "file": found.files[version.pk]}
                        for version in document.versions.order_by("number")
                    ],
                    "uploaded_at": document.created_at.isoformat(timespec="seconds"),
                    "deleted_at": document.deleted_at.isoformat(timespec="seconds") if document.deleted_at else "",
                    "purged_at": timezone.now().isoformat(timespec="seconds"),
                    "looked_for": found.left,
                    "database": {"method": scrubbed.method, "at": scrubbed.at.isoformat(timespec="seconds")},
                    "index": settings.RETRIEVAL_URL.partition(":")[0],
                    "remaining": count_quoting(document),
                }
            },
        )
        Purge.objects.filter(pk=purge.pk).update(finished_at=event.at, certificate=event.uid, problem="")
    return True

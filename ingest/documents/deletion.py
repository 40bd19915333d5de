"""Deleting a document, and a collection with all that is in it."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from audit.actor import COMMAND_LINE, Actor, actor_of
from audit.services import lock_chain, record
from ingest.documents.held import hold_on_any
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.cancelling import cancel_jobs
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_worker
from ingest.stages.removal import open_removal
from kb.models import Collection, Document, DocumentVersion

REMOVALS_AT_ONCE = 1000


def delete_document(document: Document, *, user: User | None, should_notify: bool = True, actor: Actor = COMMAND_LINE) -> None:
    """Delete a document: unreachable for every answer and page from now on; a job cleans the index and the pages.

    Its versions' rows and original files stay, so that receipts can name what they saw. Deleting twice is deleting once.
    Raises: UploadRefused: a legal hold keeps it.
    """
    with transaction.atomic():
        now = timezone.now()
        # Jobs before documents, as a worker locks them.
        was_running = _cancel_jobs(Q(version__document=document))
        if not Document.objects.live().filter(pk=document.pk).update(deleted_at=now):
            return
        # A worker that is publishing right now notices at the end of its batch; the removal comes after it.
        not_before = now + timedelta(seconds=settings.LEASE_S) if was_running else None
        for version in document.versions.all():
            open_removal(version.pk, not_before=not_before)
        lock_chain()  # a hold that is recorded before this deletion is seen here
        if hold_on_any(Document.objects.filter(pk=document.pk)) is not None:
            raise UploadRefused("held")
        record(
            "document.deleted",
            by=actor_of(user, otherwise=actor),
            subject=f"document:{document.uid}",
            summary=document.name,
            payload={"collection": document.collection.slug, "versions": document.versions.count()},
        )
        if should_notify:
            notify_worker()
    document.deleted_at = now


def delete_collection(collection: Collection, *, confirmation: str, user: User | None, should_notify: bool = True) -> int:
    """Delete a collection: from now on nobody reads it and no answer uses it; jobs clean the index and the pages.

    Rows and original files stay, so that receipts can name what they saw; its address is free again.

    Args:
        confirmation: the collection's name, as the person typed it.
    Returns: how many documents went with it.
    Raises: UploadRefused: another name was typed, it is gone already, or a legal hold keeps a document in it.
    """
    if confirmation.strip() != collection.name.strip():
        raise UploadRefused("not_confirmed")
    with transaction.atomic():
        now = timezone.now()
        was_running = _cancel_jobs(Q(version__document__collection=collection))  # first, as everywhere
        locked = Collection.objects.undeleted().select_for_update().filter(pk=collection.pk).first()
        if locked is None:
            raise UploadRefused("gone")
        # A worker that is publishing right now notices at the end of its batch; the removals come after it.
        _queue_removals(locked, not_before=now + timedelta(seconds=settings.LEASE_S) if was_running else None)
        count = locked.documents.live().update(deleted_at=now)
        slug, locked.slug, locked.deleted_at = locked.slug, f"{locked.slug[:40]}-{uuid.uuid4().hex[:12]}", now
        locked.save(update_fields=["slug", "deleted_at"])
        locked.groups.clear()
        # Nothing reads for it any more, and addresses of databases and passwords go at once.
        locked.sql_sources.filter(removed_at=None).update(
            removed_at=now, sealed_dsn="", leased_by="", lease_expires_at=None, wanted_at=None
        )
        locked.document_sources.filter(removed_at=None).update(
            removed_at=now, sealed_secrets="", leased_by="", lease_expires_at=None, wanted_at=None
        )
        lock_chain()  # last, as everywhere; a hold that is recorded before this deletion is seen here
        if hold_on_any(locked.documents.filter(deleted_at=now)) is not None:
            raise UploadRefused("held_documents")
        record(
            "collection.deleted",
            by=actor_of(user),
            subject=f"collection:{slug}",
            summary=locked.name,
            payload={"name": locked.name, "documents": count},
        )
        crash_point("before_collection_deleted")
        if should_notify:
            notify_worker()
    crash_point("after_collection_deleted")
    return count


def _cancel_jobs(where: Q) -> bool:
    """End the jobs of what is deleted, but removals. Returns: whether a worker had one."""
    return cancel_jobs(Job.objects.filter(where).exclude(kind=Job.Kind.REMOVE)).was_running


def _queue_removals(collection: Collection, *, not_before: datetime | None) -> None:
    versions = DocumentVersion.objects.filter(document__collection=collection, document__deleted_at=None)
    Job.objects.bulk_create(
        (
            Job(version_id=pk, kind=Job.Kind.REMOVE, priority=-1, not_before=not_before)
            for pk in versions.values_list("pk", flat=True)
        ),
        batch_size=REMOVALS_AT_ONCE,
        ignore_conflicts=True,  # whose removal waits already
    )

"""Taking documents in, trying them again, deleting them."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Literal

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from audit.services import record
from ingest.doorbell import ring
from ingest.errors import MESSAGES, UploadRefused
from ingest.faults import fault
from ingest.models import Job
from ingest.names import clean_name, title_from
from ingest.obstacles import DISK_FULL, find_obstacle
from ingest.parsers.detect import detect_type
from ingest.parsers.refusal import Refusal
from ingest.queue import run_job, sweep
from ingest.removal import drop_content, open_removal
from kb import storage
from kb.models import Collection, Document, DocumentVersion

__all__ = ["Accepted", "accept_upload", "cancel_version", "delete_document", "retry_version", "run_job", "sweep"]

logger = logging.getLogger(__name__)
SIZE_CLASSES = (256 * 1024, 2 * 1024**2, 20 * 1024**2)  # bytes: a small file never waits behind a large one
LIVE_STATES = (Job.State.WAITING, Job.State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of an upload. "unchanged": these bytes are in the collection already, as `version`, maybe of another name.

    "new" also where the same file had failed before: it is tried again.
    """

    version: DocumentVersion
    outcome: Literal["new", "new_version", "unchanged"]


def accept_upload(
    *,
    collection: Collection,
    name: str,
    stream: BinaryIO,
    user: User | None,
    should_ring: bool = True,
    media_type: str = "",
    actor_name: str = "manage.py",
) -> Accepted:
    """Take a file in: kept, recorded and queued in one step, or refused without a trace.

    Args:
        name: file name or relative path; cleaned here.
        should_ring: False where the caller does the job itself.
        media_type: where Attest made the file itself and knows; else it is detected.
        actor_name: who the audit names where there is no user.
    Raises: UploadRefused: bad name, empty, unknown or wrong type, too large, disk full …
    """
    try:
        cleaned = clean_name(name)
    except ValueError as error:
        raise UploadRefused("bad_name") from error
    try:
        incoming = storage.receive(stream, max_bytes=settings.UPLOAD_MAX_BYTES)
    except storage.TooLarge as error:
        raise UploadRefused("too_large") from error
    except storage.StorageFull as error:
        raise UploadRefused("storage_full") from error
    try:
        media_type = media_type or detect_type(incoming.path, name=cleaned)
        if same := find_same(collection=collection, name=cleaned, sha256=incoming.sha256):
            if same.status != DocumentVersion.Status.FAILED:
                return Accepted(version=same, outcome="unchanged")
            with storage.keeping(incoming):  # what failed because its file was missing has it again
                retry_version(same, user=user, should_ring=should_ring)
            same.refresh_from_db()
            return Accepted(version=same, outcome="new")
        with storage.keeping(incoming) as path:
            fault("file_kept")
            with transaction.atomic():
                accepted = _write_version(
                    collection=collection,
                    name=cleaned,
                    incoming=incoming,
                    media_type=media_type,
                    path=path,
                    user=user,
                    actor_name=actor_name,
                )
                if should_ring and accepted.outcome != "unchanged":
                    ring()
        return accepted
    except Refusal as refusal:
        raise UploadRefused(refusal.code, refusal.detail) from refusal
    except storage.StorageFull as error:
        raise UploadRefused("storage_full") from error
    except OperationalError as error:
        if find_obstacle(error) != DISK_FULL:
            raise
        raise UploadRefused("storage_full") from error
    finally:
        storage.discard(incoming)


def find_same(*, collection: Collection, name: str, sha256: str) -> DocumentVersion | None:
    """Return the version that holds these bytes in this collection now: the newest of a live document, and not failed.

    A failed one of the same name counts too: uploading it again is trying it again.
    """
    versions = (
        DocumentVersion.objects.filter(sha256=sha256, document__collection=collection, document__deleted_at=None)
        .select_related("document")
        .annotate(newest=Max("document__versions__number"))
    )
    for version in sorted(versions, key=lambda version: version.document.name != name):
        is_failed = version.status == DocumentVersion.Status.FAILED
        if version.number == version.newest and (not is_failed or version.document.name == name):
            return version
    return None


def _write_version(
    *,
    collection: Collection,
    name: str,
    incoming: storage.Incoming,
    media_type: str,
    path: str,
    user: User | None,
    actor_name: str,
) -> Accepted:
    """Write document, version, job and audit record. In the caller's transaction."""
    # The collection's row puts uploads to it in line: two of the same bytes at once are recognised too.
    if Collection.objects.live().select_for_update().filter(pk=collection.pk).first() is None:
        raise UploadRefused("gone")
    if same := find_same(collection=collection, name=name, sha256=incoming.sha256):
        return Accepted(version=same, outcome="unchanged")
    document = Document.objects.live().filter(collection=collection, name=name).first()
    is_new = document is None
    if document is None:
        document = Document.objects.create(collection=collection, name=name, title=title_from(name), created_by=user)
    number = (document.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = DocumentVersion.objects.create(
        document=document,
        number=number,
        sha256=incoming.sha256,
        size=incoming.size,
        media_type=media_type,
        storage_path=path,
        created_by=user,
    )
    Job.objects.create(version=version, priority=sum(incoming.size > limit for limit in SIZE_CLASSES))
    record(
        "document.uploaded" if is_new else "document.version_added",
        actor_id=user.pk if user else "",
        actor_name=user.get_username() if user else actor_name,
        subject=f"document:{document.uid}",
        summary=name,
        payload={
            "collection": collection.slug,
            "version": number,
            "version_uid": str(version.uid),
            "sha256": incoming.sha256,
            "size": incoming.size,
            "media_type": media_type,
        },
    )
    return Accepted(version=version, outcome="new" if is_new else "new_version")


def retry_version(version: DocumentVersion, *, user: User | None, should_ring: bool = True) -> Job:
    """Put a failed version into the queue again, from its start. Raises: UploadRefused: it has not failed, or is deleted."""
    with transaction.atomic():
        locked = DocumentVersion.objects.select_for_update(of=("self",)).select_related("document").get(pk=version.pk)
        if locked.status != DocumentVersion.Status.FAILED or locked.document.deleted_at is not None:
            raise UploadRefused("not_failed")
        locked.status, locked.error_code, locked.error_message = DocumentVersion.Status.UPLOADED, "", ""
        locked.pages_done, locked.chunk_count, locked.warnings = 0, 0, []
        locked.save()
        job = Job.objects.create(version=locked, priority=sum(locked.size > limit for limit in SIZE_CLASSES))
        record(
            "document.retried",
            actor_id=user.pk if user else "",
            actor_name=user.get_username() if user else "manage.py",
            subject=f"document:{locked.document.uid}",
            summary=locked.document.name,
            payload={"version": locked.number, "version_uid": str(locked.uid)},
        )
        if should_ring:
            ring()
    return job


def cancel_version(version: DocumentVersion, *, user: User) -> None:
    """Stop reading a version: nobody takes its job any more, and it stays in the list as failed, to be tried again at will.

    Raises: UploadRefused: it is neither waiting nor running.
    """
    with transaction.atomic():
        jobs = Job.objects.filter(version=version, kind=Job.Kind.INGEST, state__in=LIVE_STATES)
        # A worker that has the job loses its lease by this, and with it the right to write.
        if not jobs.update(state=Job.State.CANCELLED, finished_at=timezone.now(), leased_by="", lease_expires_at=None):
            raise UploadRefused("not_running")
        locked = DocumentVersion.objects.select_for_update(of=("self",)).select_related("document").get(pk=version.pk)
        published = locked.chunks.exists()  # maybe: the first ones answer before the version is whole
        locked.status, locked.error_code = DocumentVersion.Status.FAILED, "cancelled"
        locked.error_message, locked.chunk_count, locked.early_chunks = MESSAGES["cancelled"], 0, 0
        locked.save(update_fields=["status", "error_code", "error_message", "chunk_count", "early_chunks"])
        drop_content(locked)
        if published:
            open_removal(locked.pk)
        record(
            "document.cancelled",
            actor_id=user.pk,
            actor_name=user.get_username(),
            subject=f"document:{locked.document.uid}",
            summary=locked.document.name,
            payload={"version": locked.number, "version_uid": str(locked.uid)},
        )


def delete_document(document: Document, *, user: User | None, should_ring: bool = True, actor_name: str = "manage.py") -> None:
    """Delete a document: unreachable for every answer and page from now on; a job cleans the index and the pages.

    Its versions' rows and original files stay, so that receipts can name what they saw. Deleting twice is deleting once.
    """
    with transaction.atomic():
        now = timezone.now()
        # Jobs before documents, as a worker locks them.
        jobs = Job.objects.select_for_update().filter(version__document=document, state__in=LIVE_STATES)
        jobs = list(jobs.exclude(kind=Job.Kind.REMOVE))
        if not Document.objects.live().filter(pk=document.pk).update(deleted_at=now):
            return
        running = any(job.state == Job.State.RUNNING for job in jobs)
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state=Job.State.CANCELLED, finished_at=now)
        # A worker that is publishing right now notices at the end of its batch; the removal comes after it.
        not_before = now + timedelta(seconds=settings.LEASE_S) if running else None
        for version in document.versions.all():
            open_removal(version.pk, not_before=not_before)
        record(
            "document.deleted",
            actor_id=user.pk if user else "",
            actor_name=user.get_username() if user else actor_name,
            subject=f"document:{document.uid}",
            summary=document.name,
            payload={"collection": document.collection.slug, "versions": document.versions.count()},
        )
        if should_ring:
            ring()
    document.deleted_at = now

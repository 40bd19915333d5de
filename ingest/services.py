"""Services of ingestion: accept a document, try a version again, stop it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Max, QuerySet

from accounts.models import User
from audit.actor import COMMAND_LINE, Actor, actor_of
from audit.services import record
from ingest.documents.versions import open_version, queue_version
from ingest.errors import UploadRefused, english_message
from ingest.models import Job
from ingest.parsers.formats.detect import detect_type
from ingest.parsers.refusal import Refusal
from ingest.queue.cancelling import cancel_jobs
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_worker
from ingest.queue.obstacles import DISK_FULL, find_obstacle
from ingest.stages.names import clean_name, title_from
from ingest.stages.removal import drop_content, open_removal
from ingest.upload import ReceivedFile
from kb import storage
from kb.models import Collection, Document, DocumentVersion, Folder
from kb.rights.clock import touch
from kb.rights.folders import path_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of an upload. "unchanged": these bytes are in the collection already, as `version`, maybe of another name.

    "new" also where the same file had failed before: it is tried again.
    """

    version: DocumentVersion
    outcome: Literal["new", "new_version", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How a file comes in that a source keeps in step: it is a document of its own, whatever else has the same bytes.

    `document`: whose next version it is; None: a new one. `take` is called with the document in the transaction that writes it,
    before anybody can read it: who may read it is set there, and whose it is; whatever it raises undoes all.
    """

    document: Document | None
    take: Callable[[Document, "DocumentVersion"], None]


def accept_upload(
    *,
    collection: Collection,
    name: str,
    stream: BinaryIO | ReceivedFile,
    user: User | None,
    should_notify: bool = True,
    media_type: str = "",
    actor: Actor = COMMAND_LINE,
    folder: Folder | None = None,
    kept: Kept | None = None,
) -> Accepted:
    """Take a file in: kept, recorded and queued in one step, or refused without a trace.

    Args:
        name: file name or relative path; cleaned here.
        stream: the file, or where a form's file was received to.
        should_notify: False where the caller does the job itself.
        media_type: where Attest made the file itself and knows; else it is detected.
        actor: who the audit names where there is no user.
        kept: of a source that keeps its documents in step.
        folder: of the collection, in which a new document is to lie; a new version stays where its document is.
    Raises: UploadRefused: bad name, empty, unknown or wrong type, too large, disk full …
    """
    try:
        cleaned = clean_name(name)
    except ValueError as error:
        raise UploadRefused("bad_name") from error
    with _refusals(), _received(stream) as incoming:
        media_type = media_type or _detect(incoming, name=cleaned)
        if kept is None and (same := find_same(collection=collection, name=cleaned, sha256=incoming.sha256)):
            if same.status != DocumentVersion.Status.FAILED:
                return Accepted(version=same, outcome="unchanged")
            with storage.keeping(incoming):  # what failed because its file was missing has it again
                retry_version(same, user=user, should_notify=should_notify)
            same.refresh_from_db()
            return Accepted(version=same, outcome="new")
        with storage.keeping(incoming) as path:
            crash_point("file_kept")
            with transaction.atomic():
                accepted = _write_version(
                    collection=collection,
                    name=cleaned,
                    incoming=incoming,
                    media_type=media_type,
                    path=path,
                    user=user,
                    actor=actor,
                    folder=folder,
                    kept=kept,
                )
                if should_notify and accepted.outcome != "unchanged":
                    notify_worker()
        return accepted


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what parsers, storage and the database's disk refuse into a refusal of the upload."""
    try:
        yield
    except Refusal as refusal:
        raise UploadRefused(refusal.code, refusal.detail) from refusal
    except storage.TooLarge as error:
        raise UploadRefused("too_large") from error
    except storage.StorageFull as error:
        raise UploadRefused("storage_full") from error
    except OperationalError as error:
        if find_obstacle(error) != DISK_FULL:
            raise
        raise UploadRefused("storage_full") from error


@contextmanager
def _received(stream: BinaryIO | ReceivedFile) -> Iterator[storage.Incoming]:
    """Yield the file where it was received to; it is gone at the end, unless storage keeps it."""
    incoming = stream.take() if isinstance(stream, ReceivedFile) else storage.receive(stream, max_bytes=settings.UPLOAD_MAX_BYTES)
    try:
        yield incoming
    finally:
        storage.discard(incoming)


def _detect(incoming: storage.Incoming, *, name: str) -> str:
    with incoming.path.open("rb") as received:
        return detect_type(received, name=name)


def find_same(*, collection: Collection, name: str, sha256: str) -> DocumentVersion | None:
    """Return the version that holds these bytes in this collection now: the newest of a live document, and not failed.

    A failed one of the same name counts too: uploading it again is trying it again.
    """
    versions = (
        DocumentVersion.objects.filter(sha256=sha256, document__collection=collection, document__deleted_at=None)
        .filter(document__source_items=None)  # those have readers of their own, and go when their source says so
        .select_related("document")
        .annotate(newest=Max("document__versions__number"))
    )
    for version in sorted(versions, key=lambda version: version.document.name != name):
        is_failed = version.status == DocumentVersion.Status.FAILED
        if version.number == version.newest and (not is_failed or version.document.name == name):  # type: ignore[attr-defined]  # annotated
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
    actor: Actor,
    folder: Folder | None,
    kept: Kept | None,
) -> Accepted:
    """Write document, version, job and audit record. In the caller's transaction."""
    # The collection's row puts uploads to it in line: two of the same bytes at once are recognised too.
    if Collection.objects.undeleted().select_for_update().filter(pk=collection.pk).first() is None:
        raise UploadRefused("gone")
    if kept is None and (same := find_same(collection=collection, name=name, sha256=incoming.sha256)):
        return Accepted(version=same, outcome="unchanged")
    live = Document.objects.live().filter(collection=collection)
    if kept is not None:
        document = live.filter(pk=kept.document.pk).first() if kept.document is not None else None
    else:
        document = live.filter(name=name).first()
        if document is not None and document.source_items.exists():
            raise UploadRefused("name_of_source")
    is_new = document is None
    if document is None:
        document = _make_document(collection, name=free_name(live, name), folder=folder, user=user)
    newest = document.versions.order_by("-number").first() if kept is not None else None
    if kept is not None and newest is not None and newest.sha256 == incoming.sha256:  # another date, the same bytes
        kept.take(document, newest)
        return Accepted(version=newest, outcome="unchanged")
    version = open_version(
        document, sha256=incoming.sha256, size=incoming.size, media_type=media_type, storage_path=path, created_by=user
    )
    if kept is not None:
        kept.take(document, version)
    record(
        "document.uploaded" if is_new else "document.version_added",
        by=actor_of(user, otherwise=actor),
        subject=f"document:{document.uid}",
        summary=document.name if is_new else name,
        payload={
            "collection": collection.slug,
            "version": version.number,
            "version_uid": str(version.uid),
            "sha256": incoming.sha256,
            "size": incoming.size,
            "media_type": media_type,
            **({"folder": path_of(document.folder)} if is_new and document.folder is not None else {}),
        },
    )
    return Accepted(version=version, outcome="new" if is_new else "new_version")


def _make_document(collection: Collection, *, name: str, folder: Folder | None, user: User | None) -> Document:
    """Raises: UploadRefused: the folder is gone; elsewhere the document would have other readers than was asked for."""
    place = Folder.objects.filter(pk=folder.pk, collection=collection).first() if folder is not None else None
    if folder is not None and place is None:
        raise UploadRefused("folder_gone")
    document = Document.objects.create(collection=collection, folder=place, name=name, title=title_from(name), created_by=user)
    if place is not None:
        touch(Document.objects.filter(pk=document.pk))
    return document


def free_name(live: QuerySet[Document], name: str) -> str:
    """Return the name, or one like it that no live document has: two items of a source may have the same name here."""
    stem, dot, ending = name.rpartition(".") if "." in name.rpartition("/")[2][1:] else (name, "", "")
    wanted, number = name, 1
    while live.filter(name=wanted).exists():
        number += 1
        wanted = f"{stem} ({number}){dot}{ending}"
    return wanted


def retry_version(version: DocumentVersion, *, user: User | None, should_notify: bool = True) -> Job:
    """Put a failed version into the queue again, from its start. Raises: UploadRefused: it has not failed, or is deleted."""
    with transaction.atomic():
        locked = DocumentVersion.objects.select_for_update(of=("self",)).select_related("document").get(pk=version.pk)
        if locked.status != DocumentVersion.Status.FAILED or locked.document.deleted_at is not None:
            raise UploadRefused("not_failed")
        locked.status, locked.error_code, locked.error_message = DocumentVersion.Status.UPLOADED, "", ""
        locked.pages_done, locked.chunk_count, locked.warnings = 0, 0, []
        locked.save()
        job = queue_version(locked)
        record(
            "document.retried",
            by=actor_of(user, otherwise=COMMAND_LINE),
            subject=f"document:{locked.document.uid}",
            summary=locked.document.name,
            payload={"version": locked.number, "version_uid": str(locked.uid)},
        )
        if should_notify:
            notify_worker()
    return job


def cancel_version(version: DocumentVersion, *, user: User) -> None:
    """Stop reading a version: nobody takes its job any more, and it stays in the list as failed, to be tried again at will.

    Raises: UploadRefused: it is neither waiting nor running.
    """
    with transaction.atomic():
        if not cancel_jobs(Job.objects.filter(version=version, kind=Job.Kind.INGEST)).count:
            raise UploadRefused("not_running")
        locked = DocumentVersion.objects.select_for_update(of=("self",)).select_related("document").get(pk=version.pk)
        published = locked.chunks.exists()  # maybe: the first ones answer before the version is whole
        locked.status, locked.error_code = DocumentVersion.Status.FAILED, "cancelled"
        locked.error_message, locked.chunk_count, locked.early_chunks = english_message("cancelled"), 0, 0
        locked.save(update_fields=["status", "error_code", "error_message", "chunk_count", "early_chunks"])
        drop_content(locked)
        if published:
            open_removal(locked.pk)
        record(
            "document.cancelled",
            by=actor_of(user),
            subject=f"document:{locked.document.uid}",
            summary=locked.document.name,
            payload={"version": locked.number, "version_uid": str(locked.uid)},
        )

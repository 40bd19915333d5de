"""The file of a version becomes the next version: read again with the present parsers, or rolled back to.

A version's pages never change, so that what a receipt cites stays where it was; what answers serves until the new one is ready.
"""

import datetime
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from ingest.documents.versions import open_version
from ingest.errors import UploadRefused
from ingest.queue.notices import notify_worker
from kb.models import Collection, Document, DocumentVersion
from kb.models.documents import DocumentQuerySet
from kb.storage import original_path
from vault.kept import is_kept

FINISHED = (DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED)


def reread_document(document: Document, *, user: User | None, should_notify: bool = True) -> DocumentVersion:
    """Put what answers into the queue again, as the next version.

    Raises: UploadRefused: nothing answers yet, one waits, or the original is gone.
    """

    def choose(locked: Document) -> DocumentVersion:
        if locked.current_version_id is None:
            raise UploadRefused("not_ready")
        return locked.versions.get(pk=locked.current_version_id)

    return _open_again(
        document.pk, choose, "document.reread", "read_before", user=user, should_notify=should_notify, is_reread=True
    )


def find_read_before(
    day: datetime.date | None, *, collection: Collection | None = None, endings: tuple[str, ...] = ()
) -> DocumentQuerySet:
    """Return the documents that answer by what was read of them before a day began, here. `endings`: of their names; none: all."""
    documents = Document.objects.live().filter(current_version__status=DocumentVersion.Status.INDEXED)
    if collection is not None:
        documents = documents.filter(collection=collection)
    if day is not None:
        begin = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        documents = documents.filter(current_version__indexed_at__lt=begin)
    if endings:
        documents = documents.filter(reduce(or_, (Q(name__iendswith=f".{ending.removeprefix('.')}") for ending in endings)))
    return documents.order_by("pk")


def restore_version(version: DocumentVersion, *, user: User | None, should_notify: bool = True) -> DocumentVersion:
    """Put an earlier version's original into the queue again, as the next version.

    Raises: UploadRefused: it is the one that answers, another one is being read, or its original is gone.
    """

    def choose(locked: Document) -> DocumentVersion:
        if locked.current_version_id == version.pk:
            raise UploadRefused("same_version")
        return locked.versions.get(pk=version.pk)

    action, told = "document.rolled_back", "restored_from"
    number = version.number
    return _open_again(version.document_id, choose, action, told, user=user, should_notify=should_notify, restored_from=number)


def _open_again(
    pk: int,
    choose: Callable[[Document], DocumentVersion],
    action: str,
    told: str,
    *,
    user: User | None,
    should_notify: bool,
    **how: Any,
) -> DocumentVersion:
    """Open a version of the file of another one. `told`: what the event calls the number of that one."""
    with transaction.atomic():
        locked = Document.objects.live().select_for_update().filter(pk=pk).first()
        if locked is None:
            raise UploadRefused("gone")
        if locked.versions.exclude(status__in=FINISHED).exists():
            raise UploadRefused("not_ready")
        read = choose(locked)
        if not is_kept(original_path(read.storage_path)):
            raise UploadRefused("original_gone")
        opened = open_version(
            locked,
            sha256=read.sha256,
            size=read.size,
            media_type=read.media_type,
            storage_path=read.storage_path,
            created_by=user,
            **how,
        )
        record(
            action,
            by=actor_of(user, otherwise=COMMAND_LINE),
            subject=f"document:{locked.uid}",
            summary=locked.name,
            payload={"version": opened.number, "version_uid": str(opened.uid), told: read.number},
        )
        if should_notify:
            notify_worker()
    return opened

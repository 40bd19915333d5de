"""Read a document again with the present parsers: the same bytes become a new version; the old one serves until it is ready.

A version's pages never change, so that what a receipt cites stays where it was.
"""

from django.db import transaction

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from ingest.documents.versions import open_version
from ingest.errors import UploadRefused
from ingest.queue.notices import notify_worker
from kb.models import Document, DocumentVersion


def reread_document(document: Document, *, user: User | None, should_notify: bool = True) -> DocumentVersion:
    """Put what answers into the queue again, as the next version. Raises: UploadRefused: nothing answers yet, or one waits."""
    with transaction.atomic():
        locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
        if locked is None:
            raise UploadRefused("gone")
        finished = [DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED]
        if locked.current_version_id is None or locked.versions.exclude(status__in=finished).exists():
            raise UploadRefused("not_ready")
        read = DocumentVersion.objects.get(pk=locked.current_version_id)
        version = open_version(
            locked,
            sha256=read.sha256,
            size=read.size,
            media_type=read.media_type,
            storage_path=read.storage_path,
            is_reread=True,
            created_by=user,
        )
        record(
            "document.reread",
            by=actor_of(user, otherwise=COMMAND_LINE),
            subject=f"document:{locked.uid}",
            summary=locked.name,
            payload={"version": version.number, "version_uid": str(version.uid), "read_before": read.number},
        )
        if should_notify:
            notify_worker()
    return version

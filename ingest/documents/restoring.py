"""Roll back: the original of an earlier version becomes the next version; what answers now serves until that is ready."""

from django.db import transaction

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from ingest.documents.versions import open_version
from ingest.errors import UploadRefused
from ingest.queue.notices import notify_worker
from kb.models import Document, DocumentVersion
from kb.storage import original_path


def restore_version(version: DocumentVersion, *, user: User | None, should_notify: bool = True) -> DocumentVersion:
    """Put an earlier version's original into the queue again, as the next version.

    Raises: UploadRefused: it is the one that answers, another one is being read, or its original is gone.
    """
    with transaction.atomic():
        locked = Document.objects.live().select_for_update().filter(pk=version.document_id).first()
        if locked is None:
            raise UploadRefused("gone")
        finished = [DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED]
        if locked.versions.exclude(status__in=finished).exists():
            raise UploadRefused("not_ready")
        if locked.current_version_id == version.pk:
            raise UploadRefused("same_version")
        earlier = locked.versions.get(pk=version.pk)
        if not original_path(earlier.storage_path).is_file():
            raise UploadRefused("original_gone")
        restored = open_version(
            locked,
            sha256=earlier.sha256,
            size=earlier.size,
            media_type=earlier.media_type,
            storage_path=earlier.storage_path,
            restored_from=earlier.number,
            created_by=user,
        )
        record(
            "document.rolled_back",
            by=actor_of(user, otherwise=COMMAND_LINE),
            subject=f"document:{locked.uid}",
            summary=locked.name,
            payload={"version": restored.number, "version_uid": str(restored.uid), "restored_from": earlier.number},
        )
        if should_notify:
            notify_worker()
    return restored

"""Deleting a collection with all that is in it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.services import record
from ingest.doorbell import ring
from ingest.errors import UploadRefused
from ingest.faults import fault
from ingest.models import Job
from kb.models import Collection, DocumentVersion

REMOVALS_AT_ONCE = 1000


def delete_collection(collection: Collection, *, confirmation: str, user: User, should_ring: bool = True) -> int:
    """Delete a collection: from now on nobody reads it and no answer uses it; jobs clean the index and the pages.

    Rows and original files stay, so that receipts can name what they saw; its address is free again.

    Args:
        confirmation: the collection's name, as the person typed it.
    Returns: how many documents went with it. Raises: UploadRefused: another name was typed, or it is gone already.
    """
    if confirmation.strip() != collection.name.strip():
        raise UploadRefused("not_confirmed")
    with transaction.atomic():
        now = timezone.now()
        # Jobs first, as everywhere: a worker that has one loses its lease by this, and with it the right to write.
        jobs = Job.objects.filter(version__document__collection=collection, state__in=[Job.State.WAITING, Job.State.RUNNING])
        jobs = jobs.exclude(kind=Job.Kind.REMOVE)
        running = jobs.filter(state=Job.State.RUNNING).exists()
        jobs.update(state=Job.State.CANCELLED, finished_at=now, leased_by="", lease_expires_at=None)
        locked = Collection.objects.live().select_for_update().filter(pk=collection.pk).first()
        if locked is None:
            raise UploadRefused("gone")
        versions = DocumentVersion.objects.filter(document__collection=locked, document__deleted_at=None)
        # A worker that is publishing right now notices at the end of its batch; the removals come after it.
        not_before = now + timedelta(seconds=settings.LEASE_S) if running else None
        Job.objects.bulk_create(
            (
                Job(version_id=pk, kind=Job.Kind.REMOVE, priority=-1, not_before=not_before)
                for pk in versions.values_list("pk", flat=True)
            ),
            batch_size=REMOVALS_AT_ONCE,
            ignore_conflicts=True,  # whose removal waits already
        )
        count = locked.documents.live().update(deleted_at=now)
        slug, locked.slug, locked.deleted_at = locked.slug, f"{locked.slug[:40]}-{uuid.uuid4().hex[:12]}", now
        locked.save(update_fields=["slug", "deleted_at"])
        locked.groups.clear()
        # Nothing reads for it any more, and the addresses of databases go at once.
        locked.sql_sources.filter(removed_at=None).update(
            removed_at=now, sealed_dsn="", leased_by="", lease_expires_at=None, wanted_at=None
        )
        record(
            "collection.deleted",
            actor_id=user.pk,
            actor_name=user.get_username(),
            subject=f"collection:{slug}",
            summary=locked.name,
            payload={"name": locked.name, "documents": count},
        )
        fault("before_collection_deleted")
        if should_ring:
            ring()
    fault("after_collection_deleted")
    return count

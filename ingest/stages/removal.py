"""Remove passages from the index: of versions that were deleted, replaced or failed."""

from datetime import datetime

from django.db import transaction

from ingest.editions.building import uncleared_engines
from ingest.models import OPEN_STATES, Job
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease
from kb.index.engine import Engine
from kb.models import DocumentVersion, PassageChange


def open_removal(version_id: int, *, not_before: datetime | None = None) -> None:
    """Put the removal of a version's chunks into the queue, once."""
    Job.objects.get_or_create(
        version_id=version_id,
        kind=Job.Kind.REMOVE,
        state__in=OPEN_STATES,
        defaults={"state": Job.State.WAITING, "priority": -1, "not_before": not_before},
    )


def remove_version(*, version: DocumentVersion, lease: Lease, engine: Engine) -> None:
    """Take a version's chunks out of every edition's index and the database; of a deleted document also its pages.

    The version's row and original stay, so that receipts can name what they saw.
    """
    for each in uncleared_engines(engine):
        each.writer.publish([], remove_versions=[version.pk])
    crash_point("removed_from_index")
    with lease.fenced():
        version.chunks.all().delete()
        if version.document.deleted_at is not None:
            version.pages.all().delete()
            PassageChange.objects.filter(document=version.document_id).delete()  # they hold its words


def drop_content(version: DocumentVersion) -> None:
    """Remove what a failed version left in the database."""
    with transaction.atomic():
        version.chunks.all().delete()
        version.pages.all().delete()

"""What is gone at the source goes here: not all at once without a person, never because the source was away."""

import logging

from django.db import transaction

from ingest.documents.deletion import delete_document
from ingest.errors import UploadRefused
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_worker
from kb.models import Document
from kb.rights.mirroring import mirror_readers
from sources.sync.caution import is_suspicious
from sources.sync.counting import add_counts
from sources.sync.holding import Hold
from sources.sync.listing import actor_for, readers_of, record_readers
from sources.sync.models import Source, SourceItem

logger = logging.getLogger(__name__)
AT_ONCE = 200


def sweep(hold: Hold) -> None:
    """Let the documents of gone items go, or hold them all back and say so. May be done again at any moment.

    Raises: SourceTaken.
    """
    source = hold.source
    source.refresh_from_db(fields=["listed", "may_delete_many"])
    hand_over(hold)
    source.items.filter(is_gone=True, document=None).delete()
    gone = source.items.filter(is_gone=True)
    count = gone.count()
    if not count:
        return
    known = source.items.exclude(document=None).count()
    # A folder that is suddenly empty is one that is not mounted, however few its files were.
    is_empty = source.listed == 0
    if (is_suspicious(count, known=known) or is_empty) and not source.may_delete_many:
        with transaction.atomic():
            hold.fence()
            add_counts(source, held=count)
        return
    last, deleted = 0, 0
    while rows := list(gone.filter(pk__gt=last).select_related("document__collection").order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        for row in rows:
            hold.renew()
            deleted += drop_item(hold, row)
    if deleted:
        notify_worker()


def hand_over(hold: Hold) -> None:
    """Give the document of what is gone to what stands in its place now: programs save a file by replacing it with another."""
    source = hold.source
    fresh = source.items.filter(is_gone=False, document=None, listing=source.listing)
    gone = source.items.filter(is_gone=True, document__isnull=False, place_key__in=fresh.values("place_key"))
    for old in list(gone.select_related("document")):
        with transaction.atomic():
            hold.fence()
            new = fresh.filter(place_key=old.place_key).exclude(pk=old.pk).first()
            if new is None:
                continue
            document = Document.objects.live().filter(pk=old.document.pk).first() if old.document is not None else None
            SourceItem.objects.filter(pk=old.pk).delete()
            if document is not None:
                new.document = document
                new.save(update_fields=["document"])
                mirror_readers([document.pk], readers_of(new.access))  # the new file has rights of its own
                record_readers(source, [document.pk])


def drop_item(hold: Hold, item: SourceItem) -> bool:
    """Delete the document of what is gone, and forget the item. Returns: False: a legal hold keeps it; the next run tries again."""
    try:
        with transaction.atomic():
            source = hold.fence()
            if item.document is not None:
                delete_document(item.document, user=None, actor=actor_for(source), should_notify=False)
            add_counts(source, deleted=1)
            item.delete()
            crash_point("source_item_deleted")
    except UploadRefused as refused:
        SourceItem.objects.filter(pk=item.pk).update(error_code=refused.code)
        return False
    return True


def remove_some(hold: Hold) -> bool:
    """Delete some documents of a source that is being removed. Returns: whether nothing of it is left, so that it went, too."""
    source = hold.source
    rows = list(source.items.select_related("document__collection").order_by("pk")[:AT_ONCE])
    dropped = 0
    for row in rows:
        hold.renew()
        dropped += drop_item(hold, row)
    if dropped:
        notify_worker()
    if source.items.exists():
        return False
    with transaction.atomic():
        hold.fence()
        Source.objects.filter(pk=source.pk).update(run=None)
        source.delete()
    return True

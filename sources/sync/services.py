"""Services of sources: add, change, start, run, pause, retry an item, remove."""

from typing import Any, Unpack

from django.db import transaction
from django.utils import timezone

from accounts.editable import changed_names
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.models import Collection
from sources.sync.models import Source, SourceItem
from sources.sync.values import DocumentSourceValues, clean_values, serialize_values

RESTARTING = frozenset(("options", "secrets", "secret_variables"))  # another place, or other rights there: somebody looks first


def create_source(*, collection: Collection, user: User, **values: Unpack[DocumentSourceValues]) -> Source:
    """Add a source. It stays paused until somebody starts it. Raises: ValuesRefused."""
    source = Source(collection=collection, created_by=user)
    clean_values(source, dict(values))
    with transaction.atomic():
        source.save()
        _record("document_source.created", source, user, serialize_values(source))
    return source


def change_source(*, source: Source, user: User, **values: Unpack[DocumentSourceValues]) -> Source:
    """Change the given values. One that reads from elsewhere now is paused until somebody starts it, and lists everything anew.

    Raises: ValuesRefused.
    """
    clean_values(Source.objects.get(pk=source.pk), dict(values))
    with transaction.atomic():
        locked = Source.objects.select_for_update().select_related("collection").get(pk=source.pk)
        before, sealed_before = serialize_values(locked), locked.sealed_secrets
        clean_values(locked, dict(values))
        after = serialize_values(locked)
        changed = changed_names(before, after) + (["secrets"] if locked.sealed_secrets != sealed_before else [])
        if not changed:
            return locked
        if RESTARTING & set(changed):
            locked.is_paused, locked.cursor, locked.step, locked.wanted_at = True, "", Source.Step.LIST, None
        locked.next_run_at = locked.next_by_schedule() if not locked.is_paused else None
        locked.leased_by, locked.lease_expires_at = "", None  # a run under way ends at its next look
        locked.save()
        _record("document_source.changed", locked, user, after | {"changed": changed})
    return locked


def start_source(source: Source, *, user: User) -> None:
    """Start the source: it runs now and by its schedule."""
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(
            is_paused=False,
            wanted_at=timezone.now(),
            next_run_at=source.next_by_schedule(),
            failures=0,
            error_code="",
            error_detail="",
        )
        _record("document_source.started", source, user, {})


def pause_source(source: Source, *, user: User) -> None:
    """Pause the source; a run under way stops at its next write, and goes on when it is started. Its documents stay."""
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(
            is_paused=True, wanted_at=None, is_asked_for=False, leased_by="", lease_expires_at=None
        )
        _record("document_source.paused", source, user, {})


def request_run(source: Source, *, user: User | None, may_delete_many: bool = False) -> None:
    """Run the source as soon as a worker is free, whatever its hours. `may_delete_many`: what is gone there is deleted, however
    much it is."""
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(
            wanted_at=timezone.now(), is_asked_for=True, may_delete_many=may_delete_many, failures=0
        )
        _record("document_source.run_requested", source, user, {"may_delete_many": may_delete_many})


def retry_item(item: SourceItem, *, user: User) -> None:
    """Fetch one item again, whatever became of it, and run its source for that."""
    with transaction.atomic():
        SourceItem.objects.filter(pk=item.pk).update(state=SourceItem.State.WAITING, error_code="", error_detail="")
        Source.objects.filter(pk=item.source_id).update(wanted_at=timezone.now(), is_asked_for=True)
        _record("document_source.item_retried", item.source, user, {"item": item.name})


def remove_source(source: Source, *, user: User, with_documents: bool) -> None:
    """Remove a source. Its documents go with it, deleted by a worker; or they stay in the collection, with the readers that they
    have now, and nobody keeps them in step."""
    with transaction.atomic():
        locked = Source.objects.select_for_update().select_related("collection").get(pk=source.pk)
        count = locked.items.filter(document__deleted_at=None, document__isnull=False).count()
        _record("document_source.removed", locked, user, {"with_documents": with_documents, "documents": count})
        Source.objects.filter(pk=locked.pk).update(
            removed_at=timezone.now(), sealed_secrets="", leased_by="", lease_expires_at=None, wanted_at=None, run=None
        )
        if not with_documents:
            _leave_documents(locked)
            locked.items.all().delete()
            locked.delete()


def _leave_documents(source: Source) -> None:
    """From now on people say who may read them, and what becomes of them."""
    rows = source.items.filter(document__isnull=False).select_related("document")
    for item in rows.iterator(chunk_size=500):
        if item.document is not None and item.document.origin.get("keeps_rights"):
            item.document.origin = item.document.origin | {"keeps_rights": False}
            item.document.save(update_fields=["origin"])


def _record(action: str, source: Source, user: User | None, payload: dict[str, Any]) -> None:
    record(
        action,
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"document_source:{source.uid}",
        summary=source.name,
        payload={"collection": source.collection.slug, **payload},
    )

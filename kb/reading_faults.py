"""Reading faults: a reader marks a page that was not read as it stands there; who may change the collection sees to it."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.models import Page, ReadingFault

NOTE_CHARACTERS = 1000


def report_fault(*, page: Page, note: str, user: User) -> ReadingFault:
    """Mark a page for those who may change its collection. A person's second report on a page replaces the first while it is open.

    Args:
        note: what is wrong, in the reader's words, at most `NOTE_CHARACTERS` of them; the caller has checked that `user` may read
            the page.
    """
    document = page.version.document
    with transaction.atomic():
        fault, _is_new = ReadingFault.objects.update_or_create(
            page=page, reported_by=user, state=ReadingFault.State.OPEN, defaults={"note": note, "document": document}
        )
        _record("document.fault_reported", fault, user=user, note=note)
    return fault


def close_fault(*, fault: ReadingFault, user: User) -> bool:
    """Say that a fault was resolved. Returns: whether it was open until now."""
    with transaction.atomic():
        now = timezone.now()
        still_open = ReadingFault.objects.still_open().filter(pk=fault.pk)
        if not still_open.update(state=ReadingFault.State.DONE, closed_by=user, closed_at=now):
            return False
        _record("document.fault_closed", fault, user=user)
    return True


def _record(action: str, fault: ReadingFault, *, user: User, **payload: str) -> None:
    page, document = fault.page, fault.document
    record(
        action,
        by=actor_of(user),
        subject=f"document:{document.uid}",
        summary=f"{document.title} v{page.version.number}, page {page.number}",
        payload={
            "document": document.name,
            "document_uid": document.uid,
            "version": page.version.number,
            "page_number": page.number,
            "fault": fault.uid,
            **payload,
        },
    )

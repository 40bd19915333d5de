"""The record that somebody saw a page of a source."""

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.models import Document, DocumentVersion, Page
from kb.viewing.marking import Quote

WHOLE_PAGE = Quote(start=0, end=0)


def record_view(page: Page, *, version: DocumentVersion, document: Document, user: User, quote: Quote = WHOLE_PAGE) -> None:
    """Record who saw this page. `quote`: the characters that were marked on it."""
    record(
        "source.viewed",
        by=actor_of(user),
        subject=f"version:{version.uid}",
        summary=f"{document.title} v{version.number}, page {page.number}",
        payload={
            "document": document.name,
            "document_uid": document.uid,
            "version": version.number,
            "page_number": page.number,
            "start": quote.start,
            "end": quote.end,
        },
    )


def record_comparison(old: DocumentVersion, new: DocumentVersion, *, document: Document, user: User) -> None:
    """Record who saw two versions of a document beside each other."""
    record(
        "source.compared",
        by=actor_of(user),
        subject=f"document:{document.uid}",
        summary=f"{document.title} v{old.number}, v{new.number}",
        payload={"document": document.name, "document_uid": document.uid, "versions": [old.number, new.number]},
    )

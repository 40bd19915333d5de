"""Which answers somebody may review: an auditor any, a reviewer those alone that rest on what they may read themselves."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from kb.models import Collection, Document
from reviews.models import Case, CaseCollection, CaseDocument


def cases_for(user: User) -> QuerySet[Case]:
    """Return the cases that this person may see now.

    A reviewer's name collections and documents that the reviewer reads, all of them. What was answered about the library itself,
    and cases of before reviewers were there, name no documents: they are for auditors.
    """
    if user.is_auditor:
        return Case.objects.all()
    if not user.is_reviewer:
        return Case.objects.none()
    collections, documents = Collection.objects.visible_to(user), Document.objects.visible_to(user)
    named = CaseCollection.objects.filter(case=OuterRef("pk"))
    hidden = named.exclude(slug__in=collections.values("slug"))
    closed = CaseDocument.objects.filter(case=OuterRef("pk")).exclude(document__in=documents.values("uid"))
    return Case.objects.filter(Exists(named), ~Exists(hidden), ~Exists(closed), has_documents=True)


def documents_of(data: Any) -> frozenset[UUID] | None:
    """Return the documents that a receipt names anywhere; None where that does not say all that its answer tells."""
    if not data or data.get("library"):  # lists and counts of what the asker could read
        return None
    try:
        return frozenset(UUID(str(uid)) for uid in _named(data) if uid)
    except ValueError:
        return None


def _named(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "document_uid":
                yield value
            else:
                yield from _named(value)
    elif isinstance(part, list):
        for entry in part:
            yield from _named(entry)

"""To what somebody narrows a question of their own: some collections, one document, kinds of files, tags, a span of days."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import User
from kb.keeping.tags import tagged
from kb.models import Collection, CollectionQuerySet, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Every part that is not empty narrows; rights narrow further. Days are those on which the current version was uploaded."""

    collections: tuple[int, ...] = ()  # keys; (): all
    document: str = ""  # uid; "": any
    media_types: tuple[str, ...] = ()  # (): any
    tags: tuple[str, ...] = ()  # names; a document has to have one of them; (): any
    since: date | None = None
    until: date | None = None  # this day included

    def __bool__(self) -> bool:
        return bool(self.collections or self.names_documents)

    @property
    def names_documents(self) -> bool:
        """Whether it narrows within collections."""
        return bool(self.document or self.media_types or self.tags or self.since or self.until)

    def collections_of(self, user: User | AnonymousUser, *, collection: Collection | None = None) -> CollectionQuerySet:
        """Return the collections of it that this user may read now, of them `collection` alone where it is given.

        The files of somebody's conversation are met where they are named, and never among "all".
        """
        if not self.collections and collection is None:
            return Collection.objects.visible_to(user)
        named = Collection.objects.readable_by(user)
        if self.collections:
            named = named.filter(pk__in=self.collections)
        return named if collection is None else named.filter(pk=collection.pk)

    def documents_of(self, user: User | AnonymousUser) -> QuerySet[Document]:
        """Return the documents of it that answer now and that this user may read."""
        found = Document.objects.answering_for(user).filter(current_version__isnull=False)
        if self.collections:
            found = found.filter(collection__in=self.collections)
        if self.document:
            found = found.filter(uid=self.document)
        if self.media_types:
            found = found.filter(current_version__media_type__in=self.media_types)
        if self.tags:
            found = found.filter(pk__in=tagged(self.tags))
        if self.since:
            found = found.filter(current_version__created_at__date__gte=self.since)
        if self.until:
            found = found.filter(current_version__created_at__date__lte=self.until)
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return it for a receipt: what is empty is left out."""
        days = {"since": self.since.isoformat() if self.since else "", "until": self.until.isoformat() if self.until else ""}
        parts = {"document": self.document, "media_types": list(self.media_types), "tags": list(self.tags)} | days
        return {name: value for name, value in parts.items() if value}


EVERYTHING = Within()

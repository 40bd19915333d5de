"""Look up what is asked about the library in the database: of what the reader may read now, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from chat.library.asked import About, LibraryQuestion
from chat.library.matching import match_one, match_subject
from chat.library.periods import Period, read_period
from kb.index.within import EVERYTHING, Within
from kb.models import Collection, CollectionQuerySet, Document

MAX_DOCUMENTS = 50_000  # whose titles are compared with a question
MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the library has of what was asked."""

    asked: LibraryQuestion
    collection: Collection | None = None  # None: all that the reader may read
    collections: tuple[tuple[Collection, int], ...] = ()  # with how many documents of each answer
    documents: tuple[Document, ...] = ()  # the first of them, with collection, version and who uploaded it
    total: int = 0  # how many there are
    period: Period | None = None


def look_up(
    asked: LibraryQuestion,
    *,
    user: User,
    collection: Collection | None,
    within: Within = EVERYTHING,
    before: Sequence[str] = (),
    today: date | None = None,
) -> Looked | None:
    """Return what the library has; None where the question is no sure one about it, and is to be answered from the content.

    Args:
        collection: that the question was asked in; None: in all that `user` may read.
        within: to what of it the question is narrowed.
        before: uids of the documents that the answer before rests on, for "who wrote it?".
    """
    readable = within.collections_of(user, collection=collection)
    if asked.collection:
        named = readable.filter(Q(slug__iexact=asked.collection) | Q(name__iexact=asked.collection))
        if named.count() != 1:
            return None
        readable, collection = named, named.get()
    if asked.about is About.COLLECTIONS:
        return Looked(asked=asked, collection=collection, collections=_count_in(readable, user))
    documents = _documents(readable, asked, user, within)
    match asked.about:
        case About.COUNT | About.LIST:
            return _many(asked, documents, readable, user, collection)
        case About.RECENT:
            return _recent(asked, documents, collection, today or timezone.localdate())
    if asked.points_back:
        found = list(documents.filter(uid__in=before)) if before else []
    else:
        found = match_one(asked, _all_of(documents))
    return Looked(asked=asked, collection=collection, documents=tuple(found), total=len(found)) if found else None


def readable_documents(*, user: User, collection: Collection | None, within: Within = EVERYTHING) -> list[Document]:
    """Return the documents that answer now and that `user` may read, of one collection or of all; none where they are too many to
    compare titles."""
    readable = within.collections_of(user, collection=collection)
    return _all_of(_documents(readable, LibraryQuestion(about=About.LIST), user, within))


def _all_of(documents: QuerySet[Document]) -> list[Document]:
    """Return the documents whose titles are compared; none where they are too many to say "all" of them."""
    found = list(documents[: MAX_DOCUMENTS + 1])
    return found if len(found) <= MAX_DOCUMENTS else []


def _documents(readable: CollectionQuerySet, asked: LibraryQuestion, user: User, within: Within) -> QuerySet[Document]:
    """Return the documents that answer now, by title."""
    found = within.documents_of(user).filter(collection__in=readable)
    if asked.media_types:
        found = found.filter(current_version__media_type__in=asked.media_types)
    return found.select_related("collection", "created_by", "current_version__created_by").order_by("title", "name")


def _many(
    asked: LibraryQuestion, documents: QuerySet[Document], readable: CollectionQuerySet, user: User, collection: Collection | None
) -> Looked | None:
    if not asked.subject:
        first = tuple(documents[:MOST_LISTED])
        counts = _count_in(readable, user)
        return Looked(asked=asked, collection=collection, documents=first, total=documents.count(), collections=counts)
    found = match_subject(asked.subject, _all_of(documents))
    # That no title holds the words does not mean that no document is about the subject.
    if not found:
        return None
    return Looked(asked=asked, collection=collection, documents=tuple(found[:MOST_LISTED]), total=len(found))


def _recent(asked: LibraryQuestion, documents: QuerySet[Document], collection: Collection | None, today: date) -> Looked | None:
    period = read_period(asked.period, today=today)
    if period is None:
        return None
    column = "current_version__created_at" if asked.is_change else "created_at"
    within = {f"{column}__date__gte": period.first, f"{column}__date__lte": period.last}
    found = documents.filter(**within).order_by(F(column).desc(), "title")
    first = tuple(found[:MOST_LISTED])
    return Looked(asked=asked, collection=collection, documents=first, total=found.count(), period=period)


def _count_in(readable: CollectionQuerySet, user: User) -> tuple[tuple[Collection, int], ...]:
    return tuple((row, row.answering) for row in readable.with_counts(user).order_by("name"))  # type: ignore[attr-defined]  # annotated

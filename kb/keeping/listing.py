"""The list of a collection's documents: filtered, sorted, and with what its rows show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet

from accounts.models import User
from kb.keeping.force import today
from kb.models import Collection, Document, DocumentVersion, Folder, ReadingFault
from kb.slugs import is_uuid

STATES = ("ready", "running", "failed", "upcoming", "expired", "review")
SORTS = {  # by the names in the address; each ends with the name, so that pages do not overlap
    "name": (F("name").asc(),),
    "title": (F("title").asc(),),
    "newest": (F("created_at").desc(),),
    "oldest": (F("created_at").asc(),),
    "expires": (F("expires_on").asc(nulls_last=True),),
    "review": (F("review_by").asc(nulls_last=True),),
}
SOON = timedelta(days=14)  # before its day a document stands among those to be reviewed
PAGE_CONTENT = ("page__text", "page__boxes", "page__blocks")  # large, and not shown with a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to, and its order. Empty parts narrow nothing; what names nothing that exists finds nothing."""

    query: str = ""  # words of name or title
    state: str = ""  # one of STATES
    tag: str = ""  # a name
    owner: str = ""  # user name of a document's owner; "-": it has none
    folder: str = ""  # uid; documents right in it
    sort: str = ""  # one of SORTS

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Filter":
        """Return the filter that an address or a form asks for."""
        state, sort = str(given.get("state", "")), str(given.get("sort", ""))
        return cls(
            query=str(given.get("q", "")).replace("\x00", "").strip()[:400],
            state=state if state in STATES else "",
            tag=str(given.get("tag", "")).replace("\x00", "").strip()[:120],
            owner=str(given.get("owner", "")).replace("\x00", "").strip()[:200],
            folder=str(given.get("folder", "")) if is_uuid(str(given.get("folder", ""))) else "",
            sort=sort if sort in SORTS else "",
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out, but for the folder."""
        return bool(self.query or self.state or self.tag or self.owner)

    def as_fields(self) -> dict[str, str]:
        """Return it as the fields of an address or a form; what is empty is left out."""
        named = asdict(self)
        named["q"] = named.pop("query")
        return {name: value for name, value in named.items() if value}


def filter_documents(collection: Collection, user: User, wanted: Filter) -> QuerySet[Document]:
    """Return the documents that this person may see in the list and that the filter asks for, in its order."""
    rows = Document.objects.listed_for(user).filter(collection=collection)
    if wanted.query:
        rows = rows.filter(Q(name__icontains=wanted.query) | Q(title__icontains=wanted.query))
    if wanted.tag:
        tagged = Document.tags.through._default_manager.filter(tag__collection=collection, tag__folded=wanted.tag.casefold())
        rows = rows.filter(pk__in=tagged.values("document_id"))
    if wanted.owner:
        rows = rows.filter(owner=None) if wanted.owner == "-" else rows.filter(owner__username=wanted.owner)
    if wanted.folder:
        rows = rows.filter(folder__in=Folder.objects.visible_to(user).filter(uid=wanted.folder))
    order = SORTS[wanted.sort or "name"]
    return _in_state(rows, wanted.state, collection).order_by(*order, "name", "pk")


def _in_state(rows: QuerySet[Document], state: str, collection: Collection) -> QuerySet[Document]:
    versions = DocumentVersion.objects.filter(document__collection=collection)
    match state:
        case "ready":
            return rows.filter(current_version__isnull=False)
        case "running":
            finished = [DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED]
            return rows.filter(pk__in=versions.exclude(status__in=finished).values("document_id"))
        case "failed":
            return rows.filter(pk__in=versions.filter(status=DocumentVersion.Status.FAILED).values("document_id"))
        case "upcoming":
            return rows.filter(valid_from__gt=today())
        case "expired":
            return rows.filter(expires_on__lt=today())
        case "review":
            return rows.filter(review_by__lte=today() + SOON)
    return rows


def with_rows(documents: QuerySet[Document], user: User) -> QuerySet[Document]:
    """Return the documents with what programs are told of them: a fixed number of queries, however many they are."""
    versions = DocumentVersion.objects.select_related("created_by").order_by("-number")
    return documents.select_related("current_version", "collection", "folder", "owner").prefetch_related(
        Prefetch("versions", versions), _faults(user), "groups", "people", "tags"
    )


def with_shown_rows(documents: QuerySet[Document], user: User) -> QuerySet[Document]:
    """The same with what a page's rows show, as plain lists: what Django makes ready for each row otherwise is most of its time."""
    versions = DocumentVersion.objects.select_related("created_by").defer("metadata").order_by("-number")
    return documents.select_related("current_version", "folder").prefetch_related(
        Prefetch("versions", versions, to_attr="newest_first"), _faults(user), Prefetch("tags", to_attr="shown_tags")
    )


def _faults(user: User) -> Any:
    faults = ReadingFault.objects.visible_to(user).still_open().select_related("page__version", "reported_by").defer(*PAGE_CONTENT)
    return Prefetch("reading_faults", faults, to_attr="open_faults")

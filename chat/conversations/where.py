"""Where a conversation asks: everywhere, in some collections, in one document, in kinds of files, by tags, in a span of days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.editable import holds_unstorable
from accounts.models import User
from chat.errors import QuestionRefused
from chat.library.media import MEDIA_TYPES
from chat.models import Conversation
from ingest.parsers.formats.registry import FORMATS
from kb.index.within import EVERYTHING, Within
from kb.keeping.tags import NAME_CHARACTERS
from kb.models import Collection, Document

MOST_TAGS = 20  # of a question
KINDS = {
    "pdf": "PDF",
    "word": gettext_lazy("Text documents"),
    "spreadsheet": gettext_lazy("Spreadsheets"),
    "slides": gettext_lazy("Presentations"),
    "mail": gettext_lazy("Emails"),
    "web": gettext_lazy("Plain text and web pages"),
}
_MORE = {"mail": ("message/", "ms-outlook"), "web": ("text/html", "text/plain", "text/markdown", "multipart/related", "epub")}
_TYPES = MEDIA_TYPES | {
    kind: tuple(one.media_type for one in FORMATS if any(part in one.media_type for part in parts)) for kind, parts in _MORE.items()
}


class Given(Protocol):
    """What a form or a program sent: QueryDict is one."""

    def get(self, name: str, /) -> Any: ...

    def getlist(self, name: str, /) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What somebody chose, of what they may read now. Nothing chosen: everything."""

    collections: tuple[Collection, ...] = ()
    document: Document | None = None
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # names
    since: date | None = None
    until: date | None = None

    @property
    def collection(self) -> Collection | None:
        """The one collection that is chosen."""
        return self.collections[0] if len(self.collections) == 1 else None

    @property
    def filters(self) -> int:
        """How many parts narrow it beside one collection."""
        return sum(map(bool, (len(self.collections) > 1, self.kinds, self.tags, self.since, self.until)))

    def as_json(self) -> dict[str, Any]:
        """Return what a conversation keeps; {} where one collection, or nothing, is chosen."""
        parts = {
            "collections": [row.pk for row in self.collections] if len(self.collections) > 1 else [],
            "document": str(self.document.uid) if self.document else "",
            "kinds": list(self.kinds),
            "tags": list(self.tags),
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in parts.items() if value}

    def in_words(self) -> str:
        """Return it in the active language, for who reads what was searched."""
        if self.document:
            return self.document.title
        names = ", ".join(row.name for row in self.collections)
        kinds = ", ".join(str(KINDS[kind]) for kind in self.kinds)
        tags = ", ".join(self.tags)
        since = _("since %(date)s") % {"date": date_format(self.since)} if self.since else ""
        until = _("until %(date)s") % {"date": date_format(self.until)} if self.until else ""
        return " · ".join(part for part in (names, kinds, tags, since, until) if part)


ANYWHERE = Where()


def read_where(given: Given, *, user: User) -> Where:
    """Return what a form chose: `collection`, `kind` and `tag` as often as they are chosen, `document`, `since`, `until`.

    Raises: Http404: a collection or document that this user does not see. QuestionRefused: "bad_filter".
    """
    slugs = dict.fromkeys(slug for slug in given.getlist("collection") if slug)
    document = None
    if named := given.get("document"):
        document = get_object_or_404(Document.objects.visible_to(user).select_related("collection"), uid=_uid(named))
    kinds = tuple(dict.fromkeys(kind for kind in given.getlist("kind") if kind))
    tags = tuple({tag.casefold(): tag for tag in given.getlist("tag") if tag}.values())
    since, until = _day(given.get("since")), _day(given.get("until"))
    if len(tags) > MOST_TAGS or any(len(tag) > NAME_CHARACTERS or holds_unstorable(tag) for tag in tags):
        raise QuestionRefused("bad_filter", _("Choose at most %(count)d tags, by their names.") % {"count": MOST_TAGS})
    if not set(kinds) <= KINDS.keys():
        raise QuestionRefused("bad_filter", _("Choose kinds of files from the list: %(names)s.") % {"names": ", ".join(KINDS)})
    if since and until and since > until:
        raise QuestionRefused("bad_filter", _("The start date is after the end date."))
    readable = Collection.objects.readable_by(user)
    chosen = tuple(get_object_or_404(readable, slug=slug) for slug in slugs)
    return Where(collections=chosen, document=document, kinds=kinds, tags=tags, since=since, until=until)


def where_of(conversation: Conversation, *, user: User) -> Where:
    """Return where a conversation asks, as far as this user may read it now."""
    kept = conversation.within
    chosen = (
        Collection.objects.readable_by(user).filter(pk__in=kept.get("collections") or [conversation.collection_id]).order_by("name")
    )
    document = Document.objects.visible_to(user).filter(uid=kept["document"]).first() if kept.get("document") else None
    return Where(
        collections=tuple(chosen) if kept.get("collections") or conversation.collection_id else (),
        document=document,
        kinds=tuple(kind for kind in kept.get("kinds", ()) if kind in KINDS),
        tags=tuple(kept.get("tags", ())),
        since=_day(kept.get("since")),
        until=_day(kept.get("until")),
    )


def within_of(kept: Mapping[str, Any]) -> Within:
    """Return what a search is narrowed to, of what a conversation keeps."""
    if not kept:
        return EVERYTHING
    types = [media_type for kind in kept.get("kinds", ()) for media_type in _TYPES.get(kind, ())]
    return Within(
        collections=tuple(kept.get("collections", ())),
        document=kept.get("document", ""),
        media_types=tuple(types),
        tags=tuple(kept.get("tags", ())),
        since=_day(kept.get("since")),
        until=_day(kept.get("until")),
    )


def _day(text: object) -> date | None:
    """Raises: QuestionRefused: it is no day."""
    if isinstance(text, date) or not text:
        return text or None  # type: ignore[return-value]  # an empty text is none
    try:
        found = parse_date(str(text))
    except ValueError:  # of the right form, and no day: 2026-02-30
        found = None
    if found is None:
        raise QuestionRefused("bad_filter", _("Enter the date as YYYY-MM-DD."))
    return found


def _uid(text: str) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None

"""What a reader wants to know of a source: its section, its date, who owns it; and the quotes of one document together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import User
from chat.models import Turn
from chat.rendering import day_of_expiry, group_sources
from kb.models import Chunk, Document, DocumentVersion, Steward

Shown = tuple[Turn, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGroup:
    """The quotes of one document's version, in the order of their markers."""

    title: str
    version: int
    uploaded_at: datetime | None  # None: not looked up
    owners: tuple[str, ...]
    origin: str  # where its source has it
    original_url: str
    replaced_by: Mapping[str, Any] | None
    expired_on: date | None
    places: tuple[Mapping[str, Any], ...]


def describe_sources(shown: Sequence[Shown]) -> list[Shown]:
    """Add to the citations of readable answers "heading_path", "uploaded_at" and "owners", in three queries however many there are.

    The citations are of documents that the reader may read: `chat.conversations.readable` has cut the others.
    """
    citations = [citation for _turn, answer in shown for citation in answer.get("citations", ())]
    if not citations:
        return list(shown)
    uids = {citation["document_uid"] for citation in citations}
    chunks = {int(citation["chunk_id"]) for citation in citations}
    headings = dict(Chunk.objects.filter(pk__in=chunks).values_list("pk", "heading_path"))
    versions = DocumentVersion.objects.filter(uid__in={citation["version_uid"] for citation in citations})
    uploaded = {str(uid): at for uid, at in versions.values_list("uid", "created_at")}
    owners = _owners(uids)

    def add(citation: dict[str, Any]) -> dict[str, Any]:
        return citation | {
            "heading_path": headings.get(int(citation["chunk_id"]), []),
            "uploaded_at": uploaded.get(citation["version_uid"]),
            "owners": owners.get(citation["document_uid"], []),
        }

    return [(turn, answer | {"citations": [add(one) for one in answer.get("citations", ())]}) for turn, answer in shown]


def group_by_document(citations: Sequence[Mapping[str, Any]]) -> list[SourceGroup]:
    """Return the cited places by document and version, in the order of their first markers."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for place in group_sources(citations):
        groups.setdefault(place["version_uid"], []).append(place)
    return [
        SourceGroup(
            title=places[0]["title"],
            version=places[0]["version"],
            uploaded_at=places[0].get("uploaded_at"),
            owners=tuple(places[0].get("owners", ())),
            origin=places[0].get("origin", ""),
            original_url=places[0].get("original_url", ""),
            replaced_by=places[0].get("replaced_by"),
            expired_on=day_of_expiry(places[0]),
            places=tuple(places),
        )
        for places in groups.values()
    ]


def _owners(uids: set[str]) -> dict[str, list[str]]:
    """Return by document the names of its owner, or else of those who own its collection, who can sign in."""
    documents = Document.objects.filter(uid__in=uids).select_related("owner")
    own = {row.uid: row.owner for row in documents if row.owner is not None and row.owner.is_active}
    collections = {row.uid: row.collection_id for row in documents}
    rows = Steward.objects.filter(role=Steward.Role.OWNER, user__is_active=True, collection__in=set(collections.values()))
    named: dict[int, list[str]] = {}
    for row in rows.select_related("user").order_by("user__last_name", "user__first_name", "user__username"):
        named.setdefault(row.collection_id, []).append(_name(row.user))
    return {str(uid): [_name(own[uid])] if uid in own else named.get(collection, []) for uid, collection in collections.items()}


def _name(user: User) -> str:
    return user.get_full_name() or user.username

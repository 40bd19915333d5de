"""The present state of an old answer's sources: replaced by a newer version, expired, or deleted since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.models import User
from chat.models import Turn
from kb.models import Document

Shown = tuple[Turn, dict[str, Any]]


def with_standing(shown: Sequence[Shown], *, user: User) -> list[Shown]:
    """Add to readable answers what has become of their sources, in one query for all of them.

    A citation whose document has a newer version gets "replaced_by": {"version", "at"}, and "expired_on" is today's, not that of
    the day when it was asked. An answer gets "deleted_sources":
    [{"title", "deleted_at"}], of deleted documents which `user` might read now if they were still there. Of any other
    document nothing is said, not even that it exists.
    """
    standing = _standing_of({uid for turn, _answer in shown for uid in _cited(turn.answer)}, user=user)
    return [(turn, _add(turn.answer, answer, standing)) for turn, answer in shown]


def _standing_of(uids: set[str], *, user: User) -> dict[str, Document]:
    if not uids:
        return {}
    found = Document.objects.readable_by(user).filter(uid__in=uids)
    return {str(document.uid): document for document in found.select_related("current_version")}


def _cited(answer: Mapping[str, Any]) -> Iterable[str]:
    return (citation["document_uid"] for citation in answer.get("citations", ()))


def _add(given: Mapping[str, Any], answer: dict[str, Any], standing: Mapping[str, Document]) -> dict[str, Any]:
    cited = [standing[uid] for uid in dict.fromkeys(_cited(given)) if uid in standing]
    gone = [{"title": row.title, "deleted_at": row.deleted_at} for row in cited if row.deleted_at]
    citations = [
        citation | _replaced_by(citation, standing) | _expired(citation, standing) for citation in answer.get("citations", ())
    ]
    cited_now: dict[str, Any] = {"citations": citations} if citations else {}
    return answer | cited_now | ({"deleted_sources": gone} if gone else {})


def _replaced_by(citation: Mapping[str, Any], standing: Mapping[str, Document]) -> dict[str, Any]:
    document = standing.get(citation["document_uid"])
    newer = document.current_version if document else None
    if newer is None or newer.number <= citation["version"] or newer.indexed_at is None:
        return {}
    return {"replaced_by": {"version": newer.number, "at": newer.indexed_at}}


def _expired(citation: Mapping[str, Any], standing: Mapping[str, Document]) -> dict[str, Any]:
    document = standing.get(citation["document_uid"])
    if document is None:
        return {}
    return {"expired_on": document.expires_on.isoformat() if document.expires_on and document.is_expired else ""}

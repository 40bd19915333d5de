"""Which collection a question was about: of what was cited, else of the nearest passage, else the one that was asked."""

from collections.abc import Mapping
from typing import Any, TypeVar

from kb.models import Collection, Document

Key = TypeVar("Key")
UUID_LENGTH = 36


def collections_of(receipts: Mapping[Key, Mapping[str, Any]]) -> dict[Key, Collection | None]:
    """Return by key of each receipt its collection; None where it is of none, or that is gone. Two queries."""
    uids: dict[Key, str] = {}
    slugs: dict[Key, str] = {}
    for key, data in receipts.items():
        rows = [*rows_of(data.get("citations")), *rows_of(data.get("evidence"))]
        uids[key] = next((str(row["document_uid"]) for row in rows if row.get("document_uid")), "")
        scope = data.get("scope")
        asked = rows_of(scope.get("collections")) if isinstance(scope, Mapping) else []
        slugs[key] = str(asked[0].get("slug", "")) if len(asked) == 1 else ""
    named = {uid for uid in uids.values() if len(uid) == UUID_LENGTH}
    by_uid = {
        str(row.uid): row.collection
        for row in Document.objects.filter(uid__in=named).select_related("collection")
        if row.collection.deleted_at is None and not row.collection.is_private
    }
    by_slug = {row.slug: row for row in Collection.objects.live().filter(slug__in={slug for slug in slugs.values() if slug})}
    return {key: by_uid.get(uid) or by_slug.get(slugs[key]) for key, uid in uids.items()}


def is_about_own_files(receipt: Mapping[str, Any]) -> bool:
    """Whether a question was asked of files that somebody attached to their conversation: nothing that the library lacks."""
    scope = receipt.get("scope")
    return isinstance(scope, Mapping) and any(row.get("is_private") for row in rows_of(scope.get("collections")))


def rows_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the mappings of a list, as a payload holds them; nothing of anything else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []

"""What may be done to many documents: the values that each action takes, who may do it, and doing it to one of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from ingest.documents.again import reread_document
from ingest.documents.deletion import delete_document
from ingest.documents.moving import move_document
from ingest.errors import UploadRefused
from ingest.many.models import BulkRun
from ingest.services import retry_version
from kb.keeping.tags import add_tags, clean_tags, remove_tags
from kb.keeping.values import DAYS, change_document, find_owner
from kb.models import Collection, Document, DocumentQuerySet, Folder
from kb.rights.folders import file_document, narrow_document
from kb.rights.readers import Readers, clean_readers

Action = BulkRun.Action
OWNERS_ALONE = frozenset({Action.MOVE, Action.FILE, Action.NARROW})  # they change who may read


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A run on its way: whatever its values name is looked up anew for each document."""

    collection: Collection
    values: Mapping[str, Any]
    user: User


def documents_for(action: str, user: User) -> DocumentQuerySet:
    """Return the documents to which this person may do this now."""
    return Document.objects.owned_by(user) if action in OWNERS_ALONE else Document.objects.manageable_by(user)


def clean_action(action: str, given: Mapping[str, Any], *, collection: Collection, user: User) -> dict[str, Any]:
    """Return the values of an action as a run keeps them, as JSON has them.

    Args: given: "to" (address of a collection), "folder" (uid or None), "tags", "owner" (user name or None), "readers" (a mapping
        with "groups" and "people", or None), and the days that are to be set, each a date or None.
    Raises: ValuesRefused: by field.
    """
    match action:
        case Action.MOVE:
            target = Collection.objects.manageable_by(user).filter(slug=given.get("to") or "").exclude(pk=collection.pk).first()
            if target is None:
                raise ValuesRefused({"to": [_("Choose the target collection.")]})
            return {"to": target.slug}
        case Action.FILE:
            named = given.get("folder")
            if named and not collection.folders.filter(uid=named).exists():
                raise ValuesRefused({"folder": [_("This folder does not exist.")]})
            return {"folder": str(named) if named else None}
        case Action.TAG | Action.UNTAG:
            if not (tags := clean_tags(given.get("tags") or [])):
                raise ValuesRefused({"tags": [_("Enter at least one tag.")]})
            return {"tags": tags}
        case Action.OWNER:
            owner = find_owner(Document(), given.get("owner"))
            return {"owner": owner.username if owner else None}
        case Action.DAYS:
            days = {name: given[name] for name in DAYS if name in given}
            if not days:
                raise ValuesRefused({"": [_("Enter at least one day.")]})
            if days.get("valid_from") and days.get("expires_on") and days["valid_from"] > days["expires_on"]:
                raise ValuesRefused({"expires_on": [_("The last valid day is before the first one.")]})
            return {name: day.isoformat() if day else None for name, day in days.items()}
        case Action.NARROW:
            readers = given.get("readers")
            return {"readers": clean_readers(**readers).as_dict() if readers is not None else None}
    return {}


def act(action: str, document: Document, doing: Doing) -> None:
    """Do it to one document, in the caller's transaction. Raises: UploadRefused: it cannot be done to this one, with a code."""
    try:
        _ACTS[Action(action)](document, doing)
    except ValuesRefused as refused:
        raise UploadRefused(_CODES.get(next(iter(refused.problems)), "cannot_be_changed"), refused.message) from refused


_CODES = {"owner": "owner_cannot_read", "tags": "too_many_tags", "expires_on": "days_cross", "folder": "folder_gone"}


def _move(document: Document, doing: Doing) -> None:
    target = Collection.objects.manageable_by(doing.user).filter(slug=doing.values["to"]).first()
    if target is None:
        raise UploadRefused("no_right")
    move_document(document, to=target, user=doing.user)


def _file(document: Document, doing: Doing) -> None:
    named = doing.values["folder"]
    folder = Folder.objects.owned_by(doing.user).filter(uid=named).first() if named else None
    if named and folder is None:
        raise UploadRefused("folder_gone")
    file_document(document=document, folder=folder, user=doing.user)


def _retry(document: Document, doing: Doing) -> None:
    version = document.versions.order_by("-number").first()
    if version is None:
        raise UploadRefused("not_failed")
    retry_version(version, user=doing.user)


def _reread(document: Document, doing: Doing) -> None:
    reread_document(document, user=doing.user)


def _narrow(document: Document, doing: Doing) -> None:
    named = doing.values["readers"]
    readers = Readers(groups=tuple(named["groups"]), people=tuple(named["people"])) if named is not None else None
    narrow_document(document=document, readers=readers, user=doing.user)


def _set(document: Document, doing: Doing) -> None:
    values: dict[str, Any] = {
        name: date.fromisoformat(value) if value and name in DAYS else value for name, value in doing.values.items()
    }
    change_document(document=document, user=doing.user, should_record=False, **values)


_ACTS: dict[str, Callable[[Document, Doing], None]] = {
    Action.MOVE: _move,
    Action.FILE: _file,
    Action.DELETE: lambda document, doing: delete_document(document, user=doing.user),
    Action.RETRY: _retry,
    Action.REREAD: _reread,
    Action.TAG: lambda document, doing: add_tags(document, doing.values["tags"]),
    Action.UNTAG: lambda document, doing: remove_tags(document, doing.values["tags"]),
    Action.NARROW: _narrow,
    Action.OWNER: _set,
    Action.DAYS: _set,
}

"""What people set of a document: its tags, its owner, and the days from and to which it holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import changed_names, check_values
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.editable import DocumentValues, serialize_document_values
from kb.keeping.tags import add_tags, clean_tags, drop_unused, find_or_make_tags
from kb.models import Document

DAYS = ("valid_from", "review_by", "expires_on")
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


@transaction.atomic
def change_document(
    *, document: Document, user: User | None, should_record: bool = True, **values: Unpack[DocumentValues]
) -> Document:
    """Change what is given, leave the rest; it counts for the next question. Records nothing where nothing differs.

    Args: should_record: False where the caller records the change, of many documents together.
    Raises: ValuesRefused: by field; at "" where the document was deleted.
    """
    locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
    if locked is None:
        raise ValuesRefused({"": [_("This document was deleted.")]})
    before = serialize_document_values(locked)
    kept = clean_document(locked, values)
    fields = [name for name in kept if name != "tags"]
    if fields:
        locked.save(update_fields=fields)
    if "tags" in kept:
        locked.tags.set(find_or_make_tags(locked.collection, kept["tags"]))
        drop_unused(locked.collection)
    after = serialize_document_values(locked)
    changed = changed_names(before, after)
    if changed and should_record:
        record_change(locked, {name: {"from": before[name], "to": after[name]} for name in changed}, user=user)
    return locked


@transaction.atomic
def tag_document(document: Document, tags: Sequence[str], *, user: User | None) -> None:
    """Give a document these cleaned tags beside those that it has. Raises: ValuesRefused: too many."""
    locked = Document.objects.live().select_for_update().get(pk=document.pk)
    before = sorted(tag.name for tag in locked.tags.all())
    add_tags(locked, tags)
    after = sorted(tag.name for tag in locked.tags.all())
    if before != after:
        record_change(locked, {"tags": {"from": before, "to": after}}, user=user)


def clean_document(row: Document, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept, the owner as a row; `row` holds them then, but for its tags, unsaved.

    Raises: ValuesRefused: by field.
    """
    check_values(DocumentValues, values, is_new=False)
    problems: dict[str, list[str]] = {}
    kept = dict(values)
    if "tags" in values:
        try:
            kept["tags"] = clean_tags(values["tags"])
        except ValuesRefused as refused:
            problems |= refused.problems
    if "owner" in values:
        try:
            kept["owner"] = find_owner(row, values["owner"])
        except ValuesRefused as refused:
            problems |= refused.problems
    for name in DAYS:
        if kept.get(name) is not None and not EARLIEST <= kept[name] <= LATEST:
            problems[name] = [_("Enter a date between 1900 and 2200.")]
    for name in kept.keys() - problems.keys() - {"tags"}:
        setattr(row, name, kept[name])
    if not problems and row.valid_from and row.expires_on and row.valid_from > row.expires_on:
        problems["expires_on"] = [_("The last valid day is before the first one.")]
    if problems:
        raise ValuesRefused(problems)
    return kept


def find_owner(document: Document, name: str | None) -> User | None:
    """Return the person of this user name, None for none. Raises: ValuesRefused: at "owner": unknown, or no reader of it."""
    if not name:
        return None
    person = User.objects.filter(username=name.strip(), is_active=True, is_service=False).first()
    if person is None:
        raise ValuesRefused({"owner": [_("There is no active user with this name.")]})
    if document.pk and not Document.objects.visible_to(person).filter(pk=document.pk).exists():
        raise ValuesRefused({"owner": [_("This person cannot read the document, so they cannot own it.")]})
    return person


def record_change(document: Document, changes: Mapping[str, object], *, user: User | None) -> None:
    """Record what was set of a document, in the caller's transaction."""
    record(
        "document.changed",
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"document:{document.uid}",
        summary=document.name,
        payload={"collection": document.collection.slug, "changes": dict(changes)},
    )

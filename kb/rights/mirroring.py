"""Who may read documents as their source says: copied in bulk, by the same narrowing as people set by hand, and with denials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from kb.models import Document
from kb.rights.clock import touch

AT_ONCE = 500  # documents in a query


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredReaders:
    """Keys of groups and users here. `is_open`: all readers of the collection but those denied; then nobody is named."""

    is_open: bool = False
    groups: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    denied_groups: tuple[int, ...] = ()
    denied_people: tuple[int, ...] = ()


EVERYBODY = MirroredReaders(is_open=True)


def mirror_readers(documents: Sequence[int], readers: MirroredReaders) -> None:
    """Let exactly these read the documents, of those who may read their folders and collection. In the caller's transaction.

    The caller writes down why, in the audit: once for all of them. A group or person that is gone names nobody; where one that was
    denied is gone, nobody reads until the caller knows who is meant.
    """
    readers = _of_now(readers)
    for start in range(0, len(documents), AT_ONCE):
        batch = documents[start : start + AT_ONCE]
        rows = Document.objects.filter(pk__in=batch)
        _name(Document.groups.through, "group_id", batch, readers.groups)
        _name(Document.people.through, "user_id", batch, readers.people)
        _name(Document.denied_groups.through, "group_id", batch, readers.denied_groups)
        _name(Document.denied_people.through, "user_id", batch, readers.denied_people)
        denies = bool(readers.denied_groups or readers.denied_people)
        rows.update(is_narrowed=not readers.is_open, has_denied=denies)
        touch(rows)


def _of_now(readers: MirroredReaders) -> MirroredReaders:
    groups = set(Group.objects.filter(pk__in={*readers.groups, *readers.denied_groups}).values_list("pk", flat=True))
    people = set(User.objects.filter(pk__in={*readers.people, *readers.denied_people}).values_list("pk", flat=True))
    if not (groups.issuperset(readers.denied_groups) and people.issuperset(readers.denied_people)):
        return MirroredReaders()
    return replace(
        readers,
        groups=tuple(pk for pk in readers.groups if pk in groups),
        people=tuple(pk for pk in readers.people if pk in people),
    )


def _name(through: Any, column: str, documents: Iterable[int], named: Sequence[int]) -> None:
    through.objects.filter(document_id__in=documents).delete()
    through.objects.bulk_create(
        (through(**{"document_id": document, column: pk}) for document in documents for pk in named), batch_size=AT_ONCE
    )

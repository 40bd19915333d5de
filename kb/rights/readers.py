"""Whom a narrowed folder or document is for, as people write it: names of groups, and user names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from accounts.editable import holds_unstorable
from accounts.errors import ValuesRefused
from accounts.models import User
from kb.models import Document, Folder

MOST_NAMED = 500  # groups and people together: whoever needs more makes a group


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Names, sorted. Both empty: nobody but those who manage the collection."""

    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        return {"groups": [*self.groups], "people": [*self.people]}


def readers_named_by(row: Document | Folder) -> Readers | None:
    """Return whom a row names; None where it is not narrowed."""
    if not row.is_narrowed:
        return None
    groups = sorted(group.name for group in row.groups.all())
    return Readers(groups=tuple(groups), people=tuple(sorted(person.username for person in row.people.all())))


def clean_readers(*, groups: Iterable[str], people: Iterable[str]) -> Readers:
    """Return the names as they are kept. Raises: ValuesRefused: unknown ones, or too many, by field."""
    problems: dict[str, list[str]] = {}
    wanted_groups, wanted_people = _lines(groups), _lines(people)
    if len(wanted_groups) + len(wanted_people) > MOST_NAMED:
        message = _("Name at most %(count)d groups and people. For more, create a group.") % {"count": MOST_NAMED}
        raise ValuesRefused({"people": [message]})
    known = {name.casefold(): name for name in Group.objects.filter(name__in=wanted_groups).values_list("name", flat=True)}
    if missing := [name for name in wanted_groups if name.casefold() not in known]:
        problems["groups"] = [_("Unknown groups: %(names)s.") % {"names": ", ".join(missing)}]
    accounts = set(User.objects.filter(username__in=wanted_people).values_list("username", flat=True))
    if missing := [name for name in wanted_people if name not in accounts]:
        problems["people"] = [_("Unknown user names: %(names)s.") % {"names": ", ".join(missing)}]
    if problems:
        raise ValuesRefused(problems)
    return Readers(groups=tuple(sorted(set(known.values()))), people=tuple(sorted(accounts)))


def write_readers(row: Document | Folder, readers: Readers | None) -> None:
    """Let a row name these, in the caller's transaction; the row is not saved."""
    row.is_narrowed = readers is not None
    row.groups.set(Group.objects.filter(name__in=readers.groups) if readers else [])
    row.people.set(User.objects.filter(username__in=readers.people) if readers else [])


def _lines(given: Iterable[str]) -> list[str]:
    lines: list[Any] = [" ".join(line.split()) for line in given]
    if holds_unstorable(lines):
        raise ValuesRefused({"": [_("This contains a character that cannot be stored.")]})
    return list(dict.fromkeys(line for line in lines if line))

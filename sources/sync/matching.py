"""Who the principals of a source are here: by rules that an admin writes, else by mail, user name, directory id or group name.

Never by a display name, which anybody may choose. Who matches nobody reads nothing; whoever is denied and matches nobody here shuts
the item for all, until a rule says who that is: a denial must not be lost because we do not know the name.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import F
from django.db.models.functions import Lower

from accounts.models import DirectoryEntry, Provisioned, User
from kb.rights.mirroring import MirroredReaders
from sources.connectors.port import EVERYONE, Principal, Rights
from sources.sync.models import Source

AT_ONCE = 20_000  # names in a query; SQLite takes 32,766 values, PostgreSQL twice that
Named = tuple[str, str]  # kind and id of a principal


@dataclass(slots=True)
class Match:
    """Groups and people here. `is_ruled`: a rule says so, and "nobody" is what it says where both are empty."""

    groups: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    is_ruled: bool = False

    @property
    def is_unique(self) -> bool:
        """Whether it may open something: a rule, or one group or person and no other that could be meant."""
        return self.is_ruled or len(self.groups) + len(self.people) == 1


def write_rights(rights: Rights) -> dict[str, list[list[str]]]:
    """Return rights as they are kept, sorted."""
    sides = (("allow", rights.allow), ("deny", rights.deny))
    return {name: sorted([one.kind, one.id, one.name] for one in side) for name, side in sides}


def key_of(rights: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """Return what rights are recognised by; names do not count."""
    bare = {side: [[kind, id_] for kind, id_, _name in rights[side]] for side in ("allow", "deny")}
    return hashlib.sha256(json.dumps(bare, ensure_ascii=False).encode()).hexdigest()


def read_principals(rights: Mapping[str, Sequence[Sequence[str]]], side: str) -> list[Principal]:
    return [Principal(kind=kind, id=id_, name=name) for kind, id_, name in rights[side]]


def match_principals(source: Source, named: Iterable[Named]) -> dict[Named, Match]:
    """Return who each principal is here, in a handful of queries for each five hundred of them. "everyone" is nobody's name."""
    wanted = sorted({one for one in named if one[0] != EVERYONE})
    found = {one: Match() for one in wanted}
    for rule in source.rules.all():
        match = found.get((rule.principal_kind, rule.principal_id))
        if match is not None:
            match.is_ruled = True
            match.groups |= {pk for pk in [rule.group_id] if pk is not None}
            match.people |= {pk for pk in [rule.user_id] if pk is not None}
    open_people = [id_ for kind, id_ in wanted if kind == "person" and not found[kind, id_].is_ruled]
    open_groups = [id_ for kind, id_ in wanted if kind == "group" and not found[kind, id_].is_ruled]
    for id_, user in _people(open_people):
        found["person", id_].people.add(user)
    for id_, group in _groups(open_groups):
        found["group", id_].groups.add(group)
    return found


def _people(ids: Sequence[str]) -> Iterable[tuple[str, int]]:
    """Yield which ids are which people's: mail, user name, the id that a program or a directory calls them."""
    people = User.objects.people()
    for batch, spelled in _batches(ids):
        lower = list(spelled)
        for column in ("email", "username"):
            rows = people.annotate(key=Lower(column)).filter(key__in=lower).values_list("key", "pk")
            yield from _spell(rows, spelled)
        yield from Provisioned.objects.filter(external_id__in=batch, user__isnull=False).values_list("external_id", "user_id")
        yield from DirectoryEntry.objects.filter(uid__in=batch).values_list("uid", "user_id")
        entries = DirectoryEntry.objects.annotate(key=Lower("dn")).filter(key__in=lower).values_list("key", "user_id")
        yield from _spell(entries, spelled)


def _groups(ids: Sequence[str]) -> Iterable[tuple[str, int]]:
    for batch, spelled in _batches(ids):
        rows = Group.objects.annotate(key=Lower("name")).filter(key__in=list(spelled)).values_list("key", "pk")
        yield from _spell(rows, spelled)
        provisioned = Provisioned.objects.filter(external_id__in=batch, group__isnull=False)
        yield from provisioned.annotate(key=F("external_id")).values_list("key", "group_id")


def _batches(ids: Sequence[str]) -> Iterable[tuple[list[str], dict[str, list[str]]]]:
    for start in range(0, len(ids), AT_ONCE):
        batch = [id_ for id_ in ids[start : start + AT_ONCE] if id_]
        spelled: dict[str, list[str]] = {}
        for id_ in batch:
            spelled.setdefault(id_.lower(), []).append(id_)
        yield batch, spelled


def _spell(rows: Iterable[tuple[Any, int]], spelled: Mapping[str, list[str]]) -> Iterable[tuple[str, int]]:
    for key, pk in rows:
        for id_ in spelled.get(key, ()):
            yield id_, pk


def resolve(rights: Mapping[str, Sequence[Sequence[str]]], matches: Mapping[Named, Match]) -> MirroredReaders:
    """Return who reads here what these may read there."""
    denied: list[Match] = []
    for kind, id_, _name in rights["deny"]:
        if kind == EVERYONE:
            return MirroredReaders()
        match = matches[kind, id_]
        if not (match.is_ruled or match.groups or match.people):
            return MirroredReaders()  # nobody here is known by that name: rather nobody reads than somebody who may not
        denied.append(match)
    is_open = any(kind == EVERYONE for kind, _id, _name in rights["allow"])
    allowed = [matches[kind, id_] for kind, id_, _name in rights["allow"] if kind != EVERYONE]
    allowed = [] if is_open else [match for match in allowed if match.is_unique]
    return MirroredReaders(
        is_open=is_open,
        groups=_sorted(match.groups for match in allowed),
        people=_sorted(match.people for match in allowed),
        denied_groups=_sorted(match.groups for match in denied),
        denied_people=_sorted(match.people for match in denied),
    )


def _sorted(sets: Iterable[set[int]]) -> tuple[int, ...]:
    return tuple(sorted(set().union(*sets)))


def resolve_all(source: Source, rights: Sequence[Mapping[str, Sequence[Sequence[str]]]]) -> list[MirroredReaders]:
    """Return the readers here of each."""
    named = {(kind, id_) for one in rights for side in ("allow", "deny") for kind, id_, _name in one[side]}
    matches = match_principals(source, named)
    return [resolve(one, matches) for one in rights]


def write_readers(readers: MirroredReaders) -> dict[str, Any]:
    """Return readers as they are kept, and compared with what is kept."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(readers).items()}


def read_readers(kept: Mapping[str, Any]) -> MirroredReaders:
    named = {name: tuple(kept[name]) for name in ("groups", "people", "denied_groups", "denied_people")}
    return MirroredReaders(is_open=kept["is_open"], **named)

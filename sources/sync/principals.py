"""Who occurs at a source, and who each of them is here."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.contrib.auth.models import Group

from accounts.models import User
from sources.connectors.port import EVERYONE, Rights
from sources.sync.matching import AT_ONCE, Named, match_principals
from sources.sync.models import Source

MOST_CHARACTERS = 300  # of an id
MOST_ACCESSES = 5000  # that are looked through; more differing rights than that have the same people over and over


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A principal of a source. `is_ruled`: a rule says who it is; else who matches by itself."""

    kind: str
    id: str
    name: str
    groups: tuple[str, ...]
    people: tuple[str, ...]
    is_ruled: bool
    is_denied: bool  # somewhere

    @property
    def is_unknown(self) -> bool:
        return not (self.is_ruled or self.groups or self.people)

    @property
    def is_ambiguous(self) -> bool:
        """Several people or groups could be meant, so it opens nothing."""
        return not self.is_ruled and len(self.groups) + len(self.people) > 1


def list_principals(source: Source) -> list[Known]:
    """Return everybody whom the listed items name, those who are nobody here first."""
    found: dict[Named, str] = {}
    denied: set[Named] = set()
    for rights in source.accesses.values_list("rights", flat=True)[:MOST_ACCESSES]:
        for side in ("allow", "deny"):
            for kind, id_, name in rights[side]:
                if kind != EVERYONE:
                    found[kind, id_] = found.get((kind, id_)) or name
                    denied |= {(kind, id_)} if side == "deny" else set()
    for kind, id_ in source.rules.values_list("principal_kind", "principal_id"):
        found.setdefault((kind, id_), "")
    return know(source, found, denied)


def principals_of(rights: Iterable[Rights | None]) -> dict[Named, str]:
    """Return whom these rights name, with what they call them: of items that are not written down yet."""
    return {
        (one.kind, one.id): one.name
        for each in rights
        if each is not None
        for one in each.allow | each.deny
        if one.kind != EVERYONE
    }


def know(source: Source, found: Mapping[Named, str], denied: AbstractSet[Named] = frozenset()) -> list[Known]:
    """Return who these principals are here, those who are nobody first. Args: found: their names there."""
    matches = match_principals(source, found)
    groups = _names(Group, "name", (pk for match in matches.values() for pk in match.groups))
    people = _names(User, "username", (pk for match in matches.values() for pk in match.people))
    known = [
        Known(
            kind=kind,
            id=id_,
            name=name,
            groups=tuple(sorted(groups[pk] for pk in matches[kind, id_].groups if pk in groups)),
            people=tuple(sorted(people[pk] for pk in matches[kind, id_].people if pk in people)),
            is_ruled=matches[kind, id_].is_ruled,
            is_denied=(kind, id_) in denied,
        )
        for (kind, id_), name in found.items()
    ]
    return sorted(known, key=lambda one: (not one.is_unknown, one.kind, one.name or one.id, one.id))


def find_principal(source: Source, *, kind: str, id_: str) -> Known | None:
    """Return one of them, or one that was not listed yet; None for what cannot be a principal."""
    known = next((one for one in list_principals(source) if (one.kind, one.id) == (kind, id_)), None)
    if known is None and kind in ("person", "group") and 0 < len(id_) <= MOST_CHARACTERS and "\x00" not in id_:
        return know(source, {(kind, id_): ""})[0]
    return known


def _names(model: type[Group] | type[User], column: str, keys: Iterable[int]) -> dict[int, str]:
    wanted = sorted(set(keys))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        found |= dict(model._default_manager.filter(pk__in=wanted[start : start + AT_ONCE]).values_list("pk", column))
    return found

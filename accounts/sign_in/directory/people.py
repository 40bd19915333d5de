"""What a directory says: people, and the groups that lead to them, also through groups in groups."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from accounts.sign_in.directory.connecting import Session, escape
from accounts.sign_in.directory.values import Directory

MEMBER_ATTRIBUTES = ("member", "uniqueMember")
DISABLED = 0x2  # of userAccountControl
NESTED_GROUPS = 2000  # above one person: more are no company's

Values = Mapping[str, list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An entry. `uid`: what the directory calls it for ever; `groups`: their names, as the directory has them."""

    dn: str
    uid: str
    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    is_disabled: bool = False
    groups: frozenset[str] = frozenset()


class GroupTable:
    """All groups of a directory, read once: which lead to somebody, directly or through others."""

    def __init__(self, session: Session, directory: Directory) -> None:
        self._names: dict[str, str] = {}
        self._above: dict[str, list[str]] = {}
        if directory.groups_base:
            attributes = (directory.group_name_attribute, *MEMBER_ATTRIBUTES)
            for dn, values in session.search(directory.groups_base, directory.groups_filter, attributes):
                key = _key(dn)
                self._names[key] = _text(values, directory.group_name_attribute)
                for member in _members(values):
                    self._above.setdefault(_key(member), []).append(key)

    def groups_of(self, dn: str) -> frozenset[str]:
        return frozenset(self._names[key] for key in _climb(_key(dn), lambda key: self._above.get(key, [])))


def find_people(session: Session, directory: Directory, *, name: str) -> list[Person]:
    """Return the entries of this user name or mail address, with their groups; more than one: nobody knows whose it is."""
    by = (directory.username_attribute, "mail")
    query = f"(&{directory.people_filter}(|{''.join(f'({attribute}={escape(name)})' for attribute in by)}))"
    found = [_person(directory, dn, values) for dn, values in session.search(directory.people_base, query, _attributes(directory))]
    return [replace(person, groups=_groups_above(session, directory, person.dn)) for person in found if person is not None]


def read_people(session: Session, directory: Directory) -> Iterator[Person]:
    """Yield everyone, with their groups. What has no user name or lasting id is no person."""
    table = GroupTable(session, directory)
    for dn, values in session.search(directory.people_base, directory.people_filter, _attributes(directory)):
        person = _person(directory, dn, values)
        if person is not None:
            yield replace(person, groups=table.groups_of(dn))


def _groups_above(session: Session, directory: Directory, dn: str) -> frozenset[str]:
    """Return the names of the groups that lead to one person, asked for level by level."""
    if not directory.groups_base:
        return frozenset()
    names: dict[str, str] = {}
    written = {_key(dn): dn}

    def above(key: str) -> list[str]:
        ways = "".join(f"({attribute}={escape(written[key])})" for attribute in MEMBER_ATTRIBUTES)
        found = []
        query = f"(&{directory.groups_filter}(|{ways}))"
        for group, values in session.search(directory.groups_base, query, (directory.group_name_attribute,)):
            written[_key(group)] = group
            names[_key(group)] = _text(values, directory.group_name_attribute)
            found.append(_key(group))
        return found

    return frozenset(names[key] for key in _climb(_key(dn), above))


def _climb(start: str, above: Callable[[str], list[str]]) -> set[str]:
    """Return everything above, once each, also where groups hold each other."""
    seen: set[str] = set()
    waiting = [start]
    while waiting and len(seen) < NESTED_GROUPS:
        for group in above(waiting.pop()):
            if group not in seen:
                seen.add(group)
                waiting.append(group)
    return seen


def _person(directory: Directory, dn: str, values: Values) -> Person | None:
    username, uid = _text(values, directory.username_attribute), _uid(values, directory.uid_attribute)
    if not (username and uid):
        return None
    control = _text(values, "userAccountControl")
    return Person(
        dn=dn,
        uid=uid,
        username=username,
        first_name=_text(values, "givenName")[:150],
        last_name=_text(values, "sn")[:150],
        email=_text(values, "mail"),
        is_disabled=control.isdecimal() and bool(int(control) & DISABLED),
    )


def _attributes(directory: Directory) -> tuple[str, ...]:
    named = (directory.username_attribute, directory.uid_attribute, "givenName", "sn", "mail")
    return (*named, "userAccountControl") if directory.kind == "active_directory" else named


def _members(values: Values) -> list[str]:
    found = [value for attribute in MEMBER_ATTRIBUTES for value in values.get(attribute.lower(), [])]
    return [value.decode("utf-8", "replace") for value in found]


def _text(values: Values, name: str) -> str:
    first = next(iter(values.get(name.lower(), [])), b"")
    return " ".join(first.decode("utf-8", "replace").replace("\x00", "").split())


def _uid(values: Values, name: str) -> str:
    """Return an entry's lasting id as a text; objectGUID is 16 bytes in Microsoft's order."""
    first = next(iter(values.get(name.lower(), [])), b"")
    if name.lower() == "objectguid" and len(first) == 16:
        return str(uuid.UUID(bytes_le=first))
    return first.decode("utf-8", "replace").strip()


def _key(dn: str) -> str:
    """Return a DN as it is compared: servers write blanks and cases as they like."""
    return ",".join(part.strip() for part in dn.casefold().split(","))

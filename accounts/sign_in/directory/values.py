"""A directory as the operator's file describes it (ATTEST_LDAP_FILE)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from accounts.people.group_rules import GroupRules
from accounts.sign_in.oidc.file_entries import read_entries
from accounts.sign_in.oidc.values import SLUG

Makes = Literal["sync", "sign_in", "never"]
SLUG_CHARACTERS = 35  # `Directory.source` is a name of at most 40
KINDS: dict[str, dict[str, str]] = {
    "openldap": {
        "people_filter": "(objectClass=inetOrgPerson)",
        "username_attribute": "uid",
        "uid_attribute": "entryUUID",
        "groups_filter": "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))",
    },
    "active_directory": {
        "people_filter": "(&(objectCategory=person)(objectClass=user))",
        "username_attribute": "sAMAccountName",
        "uid_attribute": "objectGUID",
        "groups_filter": "(objectClass=group)",
    },
}
REQUIRED = ("slug", "name", "servers", "people_base")


class DirectoryInvalid(ValueError):
    """The file, or one of its entries, cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`servers`: addresses such as ldaps://dc1.example.com, asked in this order until one answers."""

    slug: str
    name: str
    servers: tuple[str, ...]
    people_base: str
    kind: Literal["openldap", "active_directory"] = "openldap"
    is_plain: bool = False  # without StartTLS where an address begins with ldap://
    ca_file: str = ""  # certificates that vouch for the servers; "": those of the system
    bind_dn: str = ""  # who searches; "": anybody may
    bind_password: str = field(default="", repr=False)
    people_filter: str = ""
    username_attribute: str = ""
    uid_attribute: str = ""
    groups_base: str = ""  # "": no groups are read
    groups_filter: str = ""
    group_name_attribute: str = "cn"
    group_rules: tuple[tuple[str, str], ...] = ()
    matches_names: bool = False
    makes_people: Makes = "sign_in"
    links_by_name: bool = False
    sync_minutes: int = 60  # 0: only when somebody asks for it
    leavers_percent: int = 20  # more people who are gone at once are taken for a fault of the search

    @property
    def source(self) -> str:
        """Under what name the groups that it gave are remembered; no provider has it."""
        return f"ldap:{self.slug}"

    @property
    def rules(self) -> GroupRules:
        return GroupRules(rules=self.group_rules, matches_names=self.matches_names)


def read_file(path: str, environment: Mapping[str, str] = os.environ) -> tuple[Directory, ...]:
    """Return the directories of a JSON file, a list of objects; none where no file is named. Raises: DirectoryInvalid."""
    if not path:
        return ()
    entries = read_entries(path, of="directories", invalid=DirectoryInvalid)
    directories = tuple(_read_entry(entry, path=path, environment=environment) for entry in entries)
    if len({directory.slug for directory in directories}) < len(directories):
        raise DirectoryInvalid(f"{path} has two directories of one slug.")
    return directories


def _read_entry(entry: Any, *, path: str, environment: Mapping[str, str]) -> Directory:
    if not isinstance(entry, dict) or not all(entry.get(name) for name in REQUIRED):
        raise DirectoryInvalid(f"{path}: each directory needs {', '.join(REQUIRED)}.")
    where = f"{path}, directory {entry['slug']!r}"
    given = dict(entry)
    variable = given.pop("bind_password_variable", "")
    if variable and variable not in environment:
        raise DirectoryInvalid(f"{where}: there is no variable {variable}.")
    kind = given.get("kind", "openldap")
    if kind not in KINDS:
        raise DirectoryInvalid(f"{where}: the kind is one of {', '.join(KINDS)}.")
    values = KINDS[kind] | {name: _checked(name, value, where=where) for name, value in given.items()}
    directory = Directory(**values, bind_password=environment[variable] if variable else "")
    _check(directory, where=where)
    return directory


def _checked(name: str, value: Any, *, where: str) -> Any:
    """Return a value as the dataclass has it."""
    kinds = {one.name: type(one.default) for one in fields(Directory) if one.name not in ("bind_password", *REQUIRED)}
    if name == "servers" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if name == "group_rules" and isinstance(value, dict):
        return tuple((str(pattern), str(group)) for pattern, group in value.items())
    wanted = str if name in REQUIRED and name != "servers" else kinds.get(name)
    if wanted not in (str, bool, int) or type(value) is not wanted:
        raise DirectoryInvalid(f"{where}: {name!r} is unknown, or of another type.")
    return value


def _check(directory: Directory, *, where: str) -> None:
    if not SLUG.fullmatch(directory.slug) or len(directory.slug) > SLUG_CHARACTERS:
        raise DirectoryInvalid(f"{where}: the slug takes small letters, digits and hyphens, at most {SLUG_CHARACTERS}.")
    for server in directory.servers:
        if not _is_server(server):
            raise DirectoryInvalid(f"{where}: {server!r} is no address; write ldaps://host, or ldap://host for StartTLS.")
    if directory.ca_file and not Path(directory.ca_file).is_file():
        raise DirectoryInvalid(f"{where}: there is no file {directory.ca_file}.")
    if directory.makes_people not in ("sync", "sign_in", "never"):
        raise DirectoryInvalid(f"{where}: makes_people is one of sync, sign_in, never.")
    if bool(directory.bind_dn) != bool(directory.bind_password):
        raise DirectoryInvalid(f"{where}: bind_dn and bind_password_variable go together.")
    if not 0 <= directory.sync_minutes <= 10_080 or not 1 <= directory.leavers_percent <= 100:
        raise DirectoryInvalid(f"{where}: sync_minutes is from 0 to 10080, leavers_percent from 1 to 100.")


def _is_server(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_bare = parts.path in ("", "/") and not (parts.query or parts.username)
    return parts.scheme in ("ldap", "ldaps") and bool(parts.hostname) and port != 0 and is_bare

"""An identity provider as it is used: from a row of the page, or from the file that the operator names (ATTEST_OIDC_FILE)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from accounts.people.group_rules import GroupRules
from accounts.sign_in.oidc.file_entries import read_entries

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
REQUIRED = ("slug", "name", "issuer", "client_id")
OPTIONAL = {
    "client_secret_variable": str,
    "groups_claim": str,
    "group_rules": dict,
    "asks_userinfo": bool,
    "matches_names": bool,
    "makes_people": bool,
    "links_by_email": bool,
}

Rules = tuple[tuple[str, str], ...]  # (what the claim says, with * for anything; the group's name here)


class ProviderInvalid(ValueError):
    """The file, or one of its entries, cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`slug` stands in addresses; `issuer` is where its discovery document lies."""

    slug: str
    name: str
    issuer: str
    client_id: str = ""
    kind: Literal["oidc", "saml"] = "oidc"
    sso_url: str = ""  # of SAML, whose `issuer` is the entity ID
    certificate: str = ""
    client_secret: str = field(default="", repr=False)
    groups_claim: str = "groups"
    group_rules: Rules = ()
    asks_userinfo: bool = True  # else the identity token has to say everything
    matches_names: bool = False  # a group here whose name the claim has
    makes_people: bool = True  # at their first sign-in
    links_by_email: bool = False  # an account here that has the address which the provider vouches for
    is_enabled: bool = True
    is_from_file: bool = False

    @property
    def protocol(self) -> str:
        return "SAML 2.0" if self.kind == "saml" else "OpenID Connect"

    @property
    def rules(self) -> GroupRules:
        return GroupRules(rules=self.group_rules, matches_names=self.matches_names)


def is_issuer(text: str) -> bool:
    """Tell whether this is the address of an issuer: http or https, a host, and nothing else that a page could be led astray by."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not (parts.query or parts.username)


def read_rules(text: str) -> Rules:
    """Read lines of `claim = group`. Raises: ProviderInvalid: a line is none; the text names it."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        pattern, equals, group = (part.strip() for part in line.partition("="))
        if not (pattern and equals and group):
            raise ProviderInvalid(line)
        found.append((pattern, group))
    return tuple(found)


def write_rules(rules: Rules) -> str:
    return "\n".join(f"{pattern} = {group}" for pattern, group in rules)


def read_file(path: str, environment: Mapping[str, str] = os.environ) -> tuple[Provider, ...]:
    """Return the providers of a JSON file, a list of objects; none where no file is named. Raises: ProviderInvalid."""
    if not path:
        return ()
    entries = read_entries(path, of="providers", invalid=ProviderInvalid)
    providers = tuple(_read_entry(entry, path=path, environment=environment) for entry in entries)
    if len({provider.slug for provider in providers}) < len(providers):
        raise ProviderInvalid(f"{path} has two providers of one slug.")
    return providers


def _read_saml(entry: dict[str, Any], *, path: str) -> Provider:
    from accounts.sign_in.oidc.metadata import MetadataInvalid, read_metadata  # loads xmlsec: only where a file names one

    named = {
        "kind",
        "slug",
        "name",
        "metadata_file",
        "groups_claim",
        "group_rules",
        "matches_names",
        "makes_people",
        "links_by_email",
    }
    if not all(isinstance(entry.get(name), str) and entry[name] for name in ("slug", "name", "metadata_file")):
        raise ProviderInvalid(f"{path}: a SAML provider needs slug, name and metadata_file, each a text.")
    where = f"{path}, provider {entry['slug']!r}"
    others = {name: value for name, value in entry.items() if name not in ("kind", "slug", "name", "metadata_file")}
    for name, value in others.items():
        if name not in named or not isinstance(value, OPTIONAL[name]):
            raise ProviderInvalid(f"{where}: {name!r} is unknown, or of another type.")
    if not SLUG.fullmatch(entry["slug"]):
        raise ProviderInvalid(f"{where}: the slug takes small letters, digits and hyphens.")
    try:
        found = read_metadata(Path(entry["metadata_file"]).read_text(encoding="utf-8"))
    except (OSError, MetadataInvalid) as error:
        raise ProviderInvalid(f"{where}: {entry['metadata_file']} cannot be used: {error}") from error
    rules = tuple((str(pattern), str(group)) for pattern, group in others.pop("group_rules", {}).items())
    return Provider(
        kind="saml",
        slug=entry["slug"],
        name=entry["name"],
        issuer=found.entity_id,
        sso_url=found.sso_url,
        certificate=found.certificate,
        group_rules=rules,
        is_from_file=True,
        **others,
    )


def _read_entry(entry: Any, *, path: str, environment: Mapping[str, str]) -> Provider:
    if isinstance(entry, dict) and entry.get("kind") == "saml":
        return _read_saml(entry, path=path)
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) and entry[name] for name in REQUIRED):
        raise ProviderInvalid(f"{path}: each provider needs {', '.join(REQUIRED)}, each a text.")
    where = f"{path}, provider {entry['slug']!r}"
    for name, value in entry.items():
        if name not in REQUIRED and not isinstance(value, OPTIONAL.get(name, ())):
            raise ProviderInvalid(f"{where}: {name!r} is unknown, or of another type.")
    if not SLUG.fullmatch(entry["slug"]) or not is_issuer(entry["issuer"]):
        raise ProviderInvalid(f"{where}: the slug takes small letters, digits and hyphens, the issuer is an http or https address.")
    variable = entry.get("client_secret_variable", "")
    if variable and variable not in environment:
        raise ProviderInvalid(f"{where}: there is no variable {variable}.")
    taken = {name: value for name, value in entry.items() if name not in ("client_secret_variable", "group_rules")}
    rules = tuple((str(pattern), str(group)) for pattern, group in entry.get("group_rules", {}).items())
    secret = environment[variable] if variable else ""
    return Provider(**taken, group_rules=rules, client_secret=secret, is_from_file=True)

"""Hosts, networks, origins and the mail server in the environment; as in `config.env`, a bad value stops the start."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from accounts.sign_in.directory.values import Directory, DirectoryInvalid
from accounts.sign_in.directory.values import read_file as read_directories
from accounts.sign_in.oidc.values import Provider, ProviderInvalid, read_file
from audit.outgoing.errors import OutputInvalid
from audit.outgoing.values import Output, read_outputs
from config.env import env_list, env_str
from outbound.hosts import read_allowed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Security = Literal["starttls", "tls", "none"]
KINDS: dict[str, tuple[Security, int]] = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over. `username` "": without signing in there."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Security


def env_hosts(name: str) -> list[str]:
    """Return the comma-separated hosts, each `host` or `host:port`. Raises: ImproperlyConfigured: one is neither."""
    values = env_list(name)
    for value in values:
        try:
            read_allowed(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has {value!r}; write a host or host:port, such as 127.0.0.1:8100.") from error
    return values


def env_networks(name: str) -> tuple[Network, ...]:
    """Return the comma-separated addresses and networks. Raises: ImproperlyConfigured: one is neither."""
    found = []
    for value in env_list(name):
        try:
            found.append(ipaddress.ip_network(value, strict=False))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has {value!r}; write an address or a network, such as 10.0.0.0/8.") from error
    return tuple(found)


def env_origins(name: str) -> dict[str, tuple[str, ...]]:
    """Return `VARIABLE=https://host:port`, comma-separated, as a dict; a variable may stand more than once.

    Raises: ImproperlyConfigured: an entry is none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for value in env_list(name):
        variable, _equals, origin = (part.strip() for part in value.partition("="))
        if not variable or not _is_origin(origin):
            raise ImproperlyConfigured(f"{name} has {value!r}; write LLM_NAME_KEY=https://host or LLM_NAME_KEY=http://host:port.")
        found[variable] = (*found.get(variable, ()), origin)
    return found


def env_mail(name: str, *, public_url: str) -> MailServer | None:
    """Return the server of `smtp://user:password@host:port`, None where the variable is unset.

    Raises: ImproperlyConfigured: it is no such address, or `public_url`, which stands in every mail, is missing.
    """
    value = env_str(name).strip()
    if not value:
        return None
    hint = "write smtp://user:password@host:587 (STARTTLS), smtps://host:465 (TLS) or smtp+plain://host:25 (not encrypted)"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has a bad port; {hint}.") from error
    if parts.scheme not in KINDS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ImproperlyConfigured(f"{name} is no mail server; {hint}.")  # without its value, which holds a password
    if not public_url:
        raise ImproperlyConfigured(f"{name} needs ATTEST_PUBLIC_URL, such as https://attest.example: links in mail begin with it.")
    security, usual = KINDS[parts.scheme]
    return MailServer(
        host=parts.hostname,
        port=port or usual,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )


def env_providers(name: str) -> tuple[Provider, ...]:
    """Return the identity providers of the file that the variable names. Raises: ImproperlyConfigured: it cannot be used."""
    try:
        return read_file(env_str(name))
    except ProviderInvalid as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def env_directories(name: str) -> tuple[Directory, ...]:
    """Return the company directories of the file that the variable names. Raises: ImproperlyConfigured: it cannot be used."""
    try:
        return read_directories(env_str(name))
    except DirectoryInvalid as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def env_outputs(name: str) -> tuple[Output, ...]:
    """Return where the audit is sent by the file that the variable names. Raises: ImproperlyConfigured: it cannot be used."""
    try:
        return read_outputs(env_str(name))
    except OutputInvalid as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and is_bare

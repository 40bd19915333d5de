"""Hosts, networks and origins in the environment; like `config.env`, a bad value stops the start with a sentence."""

import ipaddress
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.env import env_list
from outbound.hosts import read_allowed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and is_bare

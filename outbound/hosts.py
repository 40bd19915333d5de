"""Judge a host before anything connects to it, and say which addresses may be connected to in its place."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from outbound.addresses import Address, leads_inside, read_literal
from outbound.errors import HostRefused, HostUnknown

ENTRY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?")
LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Return the numeric addresses of a name, in the system's order. Raises: OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHost:
    """A host that may be connected to wherever it leads. `port` None: any."""

    host: str
    port: int | None = None
    addresses: tuple[Address, ...] = ()  # that it is written as; a name has none, but for localhost

    def names(self, host: str, port: int) -> bool:
        return self.host == host and self.port in (None, port)

    def covers(self, address: Address, port: int) -> bool:
        return address in self.addresses and self.port in (None, port)


def read_allowed(text: str) -> AllowedHost:
    """Read `host`, `host:port` or `[v6]:port`. Raises: ValueError: it is none of them."""
    entry = ENTRY.fullmatch(text.strip())
    if entry is None or (entry["port"] and not 1 <= int(entry["port"]) <= 65535):
        raise ValueError(f"{text!r} is no host and no host:port")
    host, literal = normalise_host(entry["host"]), read_literal(entry["host"])
    addresses = LOOPBACK if host == "localhost" else (literal,) if literal is not None else ()
    return AllowedHost(host=host, port=int(entry["port"]) if entry["port"] else None, addresses=addresses)


def normalise_host(host: str) -> str:
    """Return one spelling of a host: lower case, no brackets, no last dot; of an address the usual one."""
    literal = read_literal(host)
    return str(literal) if literal is not None else host.strip().lower().rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRules:
    """What may be connected to: everything but this machine and what only it can reach, unless it is `allowed`.

    `resolve`, `is_inside`: as this module has them; tests pass their own.
    """

    allowed: tuple[AllowedHost, ...] = ()
    resolve: Callable[[str, int], Iterable[str]] = field(default=resolve_host)
    is_inside: Callable[[Address], bool] = field(default=leads_inside)

    def find_addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Return the numeric addresses to connect to. Whoever connects to `host` itself asks the name server again, which may
        answer something else.

        Raises: HostRefused: one of its addresses may not be connected to. HostUnknown: it has none.
        """
        literal = read_literal(host)
        try:
            found = (str(literal),) if literal is not None else tuple(self.resolve(normalise_host(host), port))
            addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        except (OSError, UnicodeError, ValueError) as error:
            raise HostUnknown(host) from error
        if not addresses:
            raise HostUnknown(host)
        if not self._is_named(host, port) and any(self._is_refused(address, port) for address in addresses):
            raise HostRefused(host)
        return found

    def _is_named(self, host: str, port: int) -> bool:
        return any(entry.names(normalise_host(host), port) for entry in self.allowed)

    def _is_refused(self, address: Address, port: int) -> bool:
        return self.is_inside(address) and not any(entry.covers(address, port) for entry in self.allowed)

"""Where a source may be: the rules that SQL sources keep, for everything else that a knowledge admin types.

Every server but this machine and what only it can reach; where ATTEST_SOURCE_HOSTS is set, those that it names and no other,
wherever they lead. Services whose address nobody types (a cloud's download servers) are kept to `public_rules`.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import AllowedHost, HostRules, read_allowed
from outbound.transport import PORTS
from sources.connectors.errors import AddressRefused, SourceAway


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHosts(HostRules):
    """Only what is `allowed` may be connected to."""

    def find_addresses(self, host: str, port: int) -> tuple[str, ...]:
        # By the class's name: `super()` does not work in a dataclass with slots.
        if not HostRules._is_named(self, host, port):
            raise HostRefused(host)
        return HostRules.find_addresses(self, host, port)


def typed_rules() -> HostRules:
    """Return the rules for an address that somebody typed."""
    listed = _listed()
    return ListedHosts(allowed=listed) if listed else HostRules()


def public_rules() -> HostRules:
    """Return the rules for addresses that a service of fixed name gives: all but this machine, and what the operator listed."""
    return HostRules(allowed=_listed())


def service_rules(address: str, known: frozenset[str]) -> HostRules:
    """Return the rules for a service that hands out addresses of its own, such as those of downloads.

    `known`: hosts of the service, which nobody vouches for but the service's name; any other one is judged as typed.
    Raises: AddressRefused, SourceAway.
    """
    _scheme, host, port = origin_of(address)
    if host not in known:
        find_address(host, port)
    return public_rules()


def check_url(text: str, *, schemes: tuple[str, ...] = ("https", "http")) -> str:
    """Return an address without what may follow its path. Raises: AddressRefused: it is none, or of another kind."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        port, parts = 0, urlsplit("")
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        raise AddressRefused(_("The address must look like %(example)s.") % {"example": f"{schemes[0]}://server.example/path"})
    if parts.username or parts.password:
        raise AddressRefused(_("Do not put the user name or password in the address; they have their own fields."))
    return parts._replace(query="", fragment="").geturl()


def find_address(host: str, port: int, rules: HostRules | None = None) -> str:
    """Return the numeric address to connect to, for libraries that make their own connections.

    Raises: AddressRefused: it may not be connected to. SourceAway: no name server knows the name.
    """
    try:
        return (rules or typed_rules()).find_addresses(host, port)[0]
    except HostRefused as error:
        raise refused(host) from error
    except HostUnknown as error:
        raise unknown(host) from error


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)


def refused(host: str) -> AddressRefused:
    return AddressRefused(
        _("Attest is not allowed to connect to %(host)s. Its operator can allow it with ATTEST_SOURCE_HOSTS.") % {"host": host}
    )


def unknown(host: str) -> SourceAway:
    return SourceAway(_("The host name %(host)s cannot be resolved. Check the spelling of the address.") % {"host": host})


def _listed() -> tuple[AllowedHost, ...]:
    return tuple(read_allowed(text) for text in settings.SOURCE_HOSTS)

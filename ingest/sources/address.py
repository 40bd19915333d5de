"""Where a source's database is: its URL, taken apart and judged before anything connects to it.

Knowledge admins type addresses of database servers. What they could reach by that and must not (this machine's own services, the
cloud's metadata address, files, credentials that lie around) is refused; whoever sets the environment may name anything.
"""

import ipaddress
import re
import socket

from django.conf import settings
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ingest.sources.errors import SourceFault

DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
HOST = re.compile(r"[A-Za-z0-9_.:-]+")
OPTIONS = {"postgresql+psycopg": frozenset(("sslmode", "target_session_attrs")), "mysql+pymysql": frozenset(("charset",))}
NO_FILE = "/nonexistent/pgpass"


def parse_dsn(text: str) -> URL:
    """Return the URL with the driver that is used for it. Raises: SourceFault: bad_dsn."""
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError, UnicodeError) as error:
        raise SourceFault("bad_dsn") from error
    driver = DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None or not url.database:
        raise SourceFault("bad_dsn")
    return url.set(drivername=driver)


def describe(url: URL) -> str:
    """Return the place for people: kind, server and database, neither user nor password."""
    kind = url.drivername.partition("+")[0]
    port = f":{url.port}" if url.port else ""
    return f"{kind}://{url.host or ''}{port}/{(url.database or '').rpartition('/')[2]}"


def check_typed(url: URL) -> None:
    """Judge an address that was typed on a page. Raises: SourceFault: bad_dsn, bad_option, file_not_allowed, host_not_allowed."""
    if url.drivername == "sqlite":
        raise SourceFault("file_not_allowed")
    if not url.host or not url.username or not HOST.fullmatch(url.host):
        raise SourceFault("bad_dsn")  # no sockets of this machine, nobody's stored credentials
    if odd := set(url.query) - OPTIONS[url.drivername]:
        raise SourceFault("bad_option", ", ".join(sorted(odd)))
    allowed = settings.SOURCE_HOSTS
    if allowed:
        if url.host.lower() not in {host.lower() for host in allowed}:
            raise SourceFault("host_not_allowed", url.host)
        return
    try:
        found = {info[4][0] for info in socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise SourceFault("no_connection", f"{url.host}: {getattr(error, 'strerror', '') or error}") from error
    if any(_is_own(str(address)) for address in found):
        raise SourceFault("host_not_allowed", url.host)


def _is_own(text: str) -> bool:
    """True for this machine, and for what only it can reach."""
    address = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast


def connect_arguments(url: URL, *, connect_timeout_s: int, read_timeout_s: int) -> dict[str, object]:
    """Return what the driver is told besides the URL."""
    if url.drivername.startswith("postgresql"):
        # Neither PGPASSWORD nor ~/.pgpass of this server: a source has its own credentials or none.
        return {
            "connect_timeout": connect_timeout_s,
            "passfile": NO_FILE,
            "password": url.password or "",
            "application_name": "attest",
        }
    if url.drivername.startswith("mysql"):
        return {
            "connect_timeout": connect_timeout_s,
            "read_timeout": read_timeout_s,
            "local_infile": False,
            "read_default_file": None,
        }
    return {}

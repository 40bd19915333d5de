"""The address of a source's database: parsed and checked before anything connects to it.

Knowledge admins type addresses of database servers. What they could reach by that and must not (this machine's own services, the
cloud's metadata address, files, credentials that lie around) is refused; whoever sets the environment may name anything.
"""

import re
from typing import TYPE_CHECKING

from django.conf import settings

from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import HostRules, normalise_host, read_allowed
from sources.errors import SourceFault

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

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
PORTS = {"postgresql+psycopg": 5432, "mysql+pymysql": 3306}


def parse_dsn(text: str) -> "URL":
    """Return the URL with the driver that is used for it. Raises: SourceFault: bad_dsn."""
    from sqlalchemy.engine import make_url  # where a database is named, not in every process that serves pages
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError, UnicodeError) as error:
        raise SourceFault("bad_dsn") from error
    driver = DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None or not url.database:
        raise SourceFault("bad_dsn")
    return url.set(drivername=driver)


def describe(url: "URL") -> str:
    """Return the address for display: kind, server and database, without user and password."""
    kind = url.drivername.partition("+")[0]
    port = f":{url.port}" if url.port else ""
    return f"{kind}://{url.host or ''}{port}/{(url.database or '').rpartition('/')[2]}"


def check_typed(url: "URL") -> tuple[str, ...]:
    """Check an address that was typed on a page.

    Returns: the numeric addresses to connect to instead of the name, which may lead elsewhere a moment later; none where
    ATTEST_SOURCE_HOSTS names the host, so that it is trusted whatever it leads to.
    Raises: SourceFault: bad_dsn, bad_option, file_not_allowed, host_not_allowed, no_connection.
    """
    if url.drivername == "sqlite":
        raise SourceFault("file_not_allowed")
    if not url.host or not url.username or not HOST.fullmatch(url.host):
        raise SourceFault("bad_dsn")  # no sockets of this machine, nobody's stored credentials
    if odd := set(url.query) - OPTIONS[url.drivername]:
        raise SourceFault("bad_option", ", ".join(sorted(odd)))
    if settings.SOURCE_HOSTS:
        port = url.port or PORTS[url.drivername]
        if not any(read_allowed(host).names(normalise_host(url.host), port) for host in settings.SOURCE_HOSTS):
            raise SourceFault("host_not_allowed", url.host)
        return ()
    try:
        return HostRules().find_addresses(url.host, url.port or PORTS[url.drivername])
    except HostRefused as error:
        raise SourceFault("host_not_allowed", url.host) from error
    except HostUnknown as error:
        reason = error.__cause__
        raise SourceFault("no_connection", f"{url.host}: {getattr(reason, 'strerror', '') or reason or error}") from error


def connect_arguments(url: "URL", *, connect_timeout_s: int, read_timeout_s: int) -> dict[str, object]:
    """Return the driver's options besides the URL."""
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


def directed(url: "URL", addresses: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the driver's arguments that make it connect to the checked addresses, one set for each attempt.

    libpq tries several addresses by itself and checks a certificate against the name; PyMySQL is given one at a time.
    """
    if not addresses:
        return [{}]
    if url.drivername.startswith("postgresql"):
        places = len(addresses)
        ports = ",".join([str(url.port or PORTS[url.drivername])] * places)
        return [{"host": ",".join([str(url.host)] * places), "hostaddr": ",".join(addresses), "port": ports}]
    return [{"host": address} for address in addresses]

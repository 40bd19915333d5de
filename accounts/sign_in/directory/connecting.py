"""The one place that speaks LDAP, by ldap3: connections that are encrypted and checked, and searches page by page.

Every error of the library becomes ours.
"""

import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from accounts.sign_in.directory.errors import DirectoryUnavailable
from accounts.sign_in.directory.values import Directory

with warnings.catch_warnings():  # ldap3 takes names from pyasn1 that have got others
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException
    from ldap3.core.results import RESULT_INVALID_CREDENTIALS
    from ldap3.utils.conv import escape_filter_chars

CONNECT_S, ANSWER_S = 5, 15
PER_PAGE = 500
escape = escape_filter_chars


class _CheckedTls(ldap3.Tls):
    """TLS as Python does it by default: the chain and the host name are checked in the handshake."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


class Session:
    """A connection that is bound, and may search."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def search(self, base: str, query: str, attributes: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, list[bytes]]]]:
        """Yield the DN and the values of each entry that is found. Raises: DirectoryUnavailable: also in the middle."""
        with _ours():
            found = self._connection.extend.standard.paged_search(
                base, query, ldap3.SUBTREE, attributes=list(attributes), paged_size=PER_PAGE, generator=True
            )
            for entry in found:
                if entry.get("type") == "searchResEntry":  # not a referral to another server
                    yield entry["dn"], {name.lower(): values for name, values in entry["raw_attributes"].items()}


@contextmanager
def open_session(directory: Directory) -> Iterator[Session]:
    """Yield a session of whoever may search. Raises: DirectoryUnavailable."""
    with _connected(directory, directory.bind_dn, directory.bind_password) as connection:
        if not connection.bound:
            raise DirectoryUnavailable(f"{directory.slug}: {directory.bind_dn or 'anonymous'} is refused: {_result(connection)}")
        yield Session(connection)


def is_password_of(directory: Directory, dn: str, password: str) -> bool:
    """Tell whether the directory lets this entry in by this password. Raises: DirectoryUnavailable."""
    if not password:  # a bind without one is anonymous, and succeeds
        return False
    with _connected(directory, dn, password) as connection:
        return bool(connection.bound)


@contextmanager
def _connected(directory: Directory, dn: str, password: str) -> Iterator[Any]:
    """Yield a connection to the first server that answers, after a bind, which may have been refused."""
    failed = []
    for address in directory.servers:
        try:
            connection = _connect(directory, address, dn, password)
        except DirectoryUnavailable as error:
            failed.append(error.detail)
            continue
        try:
            yield connection
        finally:
            with _ours():
                connection.unbind()
        return
    raise DirectoryUnavailable("; ".join(failed))


def _connect(directory: Directory, address: str, dn: str, password: str) -> Any:
    parts = urlsplit(address)
    is_tls = parts.scheme == "ldaps"
    with _ours(address):
        server = ldap3.Server(
            parts.hostname or "",
            port=parts.port or (636 if is_tls else 389),
            use_ssl=is_tls,
            tls=_CheckedTls(ca_certs_file=directory.ca_file or None, validate=ssl.CERT_REQUIRED),
            connect_timeout=CONNECT_S,
            get_info=ldap3.NONE,
        )
        connection = ldap3.Connection(
            server,
            user=dn or None,
            password=password or None,
            authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
            receive_timeout=ANSWER_S,
            auto_referrals=False,  # else the password would go where some server says
            read_only=True,
            raise_exceptions=False,
        )
        try:
            _bind(connection, address, is_tls=is_tls or directory.is_plain)
        except BaseException:
            if connection.socket is not None:  # ldap3 leaves it open where it could not connect
                connection.socket.close()
            raise
    return connection


def _bind(connection: Any, address: str, *, is_tls: bool) -> None:
    """Raises: DirectoryUnavailable: for all but a wrong name or password."""
    connection.open()
    if not is_tls and not connection.start_tls():
        raise DirectoryUnavailable(f"{address}: StartTLS is refused: {_result(connection)}")
    connection.bind()
    result = connection.result or {}
    if not connection.bound and result.get("result") != RESULT_INVALID_CREDENTIALS:
        raise DirectoryUnavailable(f"{address}: {_result(connection)}")


def _result(connection: Any) -> str:
    result = connection.result or {}
    return f"{result.get('description', 'no answer')} {result.get('message', '')}".strip()


@contextmanager
def _ours(address: str = "") -> Iterator[None]:
    """Raises: DirectoryUnavailable: for whatever the library or the network raises."""
    try:
        yield
    except (LDAPException, OSError) as error:
        raise DirectoryUnavailable(f"{address}: {error}".lstrip(": ")) from error

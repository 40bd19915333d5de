"""Connections to mail servers: TLS always, to the address that was judged, certificates checked against the name.

`imaplib` has no limit for a whole answer; each read has one, and what it may hold in memory is bounded by asking in portions.
"""

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from sources.connectors.calling.addresses import find_address
from sources.connectors.errors import SignInRefused, SourceAway

TIMEOUT_S = 30.0
PORTS = {"tls": 993, "starttls": 143}


class NamedContext(ssl.SSLContext):
    """Checks a certificate against `name`, whatever address was connected to."""

    name: str

    def wrap_socket(self, sock: socket.socket, *positional: Any, **named: Any) -> ssl.SSLSocket:
        return super().wrap_socket(sock, *positional, **{**named, "server_hostname": self.name})


def connect(*, host: str, port: int, security: str, username: str, password: str) -> IMAPClient:
    """Return a client that is signed in. Raises: AddressRefused, SourceAway, SignInRefused."""
    port = port or PORTS[security]
    address = find_address(host, port)
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    context.name = host
    with translated(host):
        client = IMAPClient(address, port, ssl=security == "tls", ssl_context=context, timeout=TIMEOUT_S)
        try:
            if security == "starttls":
                client.starttls(context)
            client.normalise_times = False  # with their zone
            client.login(username, password)
        except BaseException:
            client.shutdown()
            raise
    return client


@contextmanager
def translated(host: str) -> Iterator[None]:
    try:
        yield
    except LoginError as error:
        raise SignInRefused(_("%(host)s rejected these credentials.") % {"host": host}) from error
    except (IMAPClientError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise SourceAway(
            _("%(host)s cannot be reached: %(reason)s.") % {"host": host, "reason": str(error)[:200].rstrip(".")}
        ) from error

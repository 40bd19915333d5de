"""Syslog over TLS: RFC 5424 messages, counted in octets (RFC 5425)."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

from audit.outgoing.errors import OutputUnavailable
from audit.outgoing.values import SyslogPlace

PRIORITY = 13 * 8 + 6  # facility 13, log audit; severity 6, informational
APPLICATION = "attest"


def send_to_syslog(place: SyslogPlace, lines: Sequence[bytes], *, kind: str) -> None:
    """Send each line as a message, and return when the server has closed its side, which it does after it read all of them.

    `kind`: the message id, "checkpoints" or "events". Raises: OutputUnavailable.
    """
    try:
        context = ssl.create_default_context(cafile=place.ca_file or None)
        if place.certificate_file:
            context.load_cert_chain(place.certificate_file)
        with (
            socket.create_connection((place.host, place.port), timeout=place.timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=place.host) as session,
        ):
            for line in lines:
                session.sendall(message_of(line, kind=kind))
            _wait_until_read(session)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise OutputUnavailable(f"{place.host}:{place.port}: {error}") from error


def message_of(line: bytes, *, kind: str) -> bytes:
    """Return a message with its length in front."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    host = socket.gethostname().encode("ascii", "replace").decode()[:255] or "-"
    message = f"<{PRIORITY}>1 {at} {host} {APPLICATION} - {kind} - ".encode() + b"\xef\xbb\xbf" + line
    return str(len(message)).encode() + b" " + message


def _wait_until_read(session: ssl.SSLSocket) -> None:
    """Say that nothing follows, and wait for the same from the server: a connection that breaks before has lost something."""
    try:
        session.unwrap()
    except ssl.SSLEOFError:
        return  # it closed the connection without TLS's goodbye, after it had read ours
    except ssl.SSLError as error:
        if error.reason not in ("APPLICATION_DATA_AFTER_CLOSE_NOTIFY",):
            raise

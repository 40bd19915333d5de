"""One connection to one share, to the address that was judged; every answer has a time limit.

smbprotocol's low level alone: its high level keeps connections for the whole process and follows DFS referrals to servers that
nobody judged. Signing in is by NTLM: Kerberos would need the name that this connection goes past, and system libraries.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.utils.translation import gettext as _
from smbprotocol.connection import Connection
from smbprotocol.exceptions import (
    AccessDenied,
    BadNetworkName,
    LogonFailure,
    SMBAuthenticationError,
    SMBException,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from sources.connectors.calling.addresses import find_address
from sources.connectors.errors import SignInRefused, SourceAway

CONNECT_S, ANSWER_S = 10, 60
CREDITS = 128  # requests that may be on their way at once
PORT = 445


class TimedConnection(Connection):  # type: ignore[misc]  # smbprotocol has no types
    """Waits no longer than ANSWER_S for an answer, and follows no link that a server names."""

    def receive(self, request: Any, wait: bool = True, timeout: float | None = None, resolve_symlinks: bool = True) -> Any:
        return super().receive(request, wait, timeout or ANSWER_S, False)


class Share:
    """A share, connected to. `tree`: smbprotocol's; `pipes` opens that of named pipes."""

    def __init__(self, *, host: str, port: int, share: str, username: str, password: str, encrypt: bool) -> None:
        address = find_address(host, port or PORT)
        self.host = host
        self._connection = TimedConnection(uuid.uuid4(), address, port or PORT, require_signing=True)
        with translated(host):
            self._connection.connect(timeout=CONNECT_S)
            try:
                self.session = Session(
                    self._connection, username=username, password=password, require_encryption=encrypt, auth_protocol="ntlm"
                )
                self.session.connect()
                self.tree = self._connect(share)
                self._connection.echo(self.session.session_id, timeout=ANSWER_S, credit_request=CREDITS)
            except BaseException:
                self.close()
                raise

    def pipes(self) -> Any:
        return self._connect("IPC$")

    def close(self) -> None:
        with suppress(SMBException, OSError, ValueError):
            self._connection.disconnect(timeout=CONNECT_S)

    def _connect(self, share: str) -> Any:
        tree = TreeConnect(self.session, rf"\\{self.host}\{share}")
        tree.connect()
        return tree


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Raise what goes wrong in the words of this package; what concerns one file is translated where it is opened."""
    try:
        yield
    except (SMBAuthenticationError, LogonFailure) as error:
        raise SignInRefused(_("%(host)s rejected these credentials.") % {"host": host}) from error
    except BadNetworkName as error:
        raise SourceAway(_("%(host)s has no such share.") % {"host": host}) from error
    except AccessDenied as error:
        raise SignInRefused(_("The account is not allowed to read %(where)s.") % {"where": host}) from error
    except (SMBException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise SourceAway(_("%(host)s cannot be reached: %(reason)s.") % {"host": host, "reason": reason}) from error

"""Addresses with passwords are kept sealed, and opened for a connection only."""

from accounts.sign_in import sealing
from sources.errors import SourceFault

PURPOSE = b"attest: address of a SQL source"


def seal(text: str) -> str:
    """Return the text encrypted and authenticated."""
    return sealing.seal(text, purpose=PURPOSE)


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises: SourceFault: unreadable_dsn: it was sealed under another key."""
    try:
        return sealing.unseal(sealed, purpose=PURPOSE)
    except ValueError as error:
        raise SourceFault("unreadable_dsn") from error

"""Addresses with passwords, and secrets, are kept sealed, and opened for a connection only."""

from accounts.sign_in import sealing
from sources.errors import SourceFault

PURPOSE = b"attest: address of a SQL source"
SECRETS = b"attest: secrets of a source"


def seal(text: str, *, purpose: bytes = PURPOSE) -> str:
    """Return the text encrypted and authenticated."""
    return sealing.seal(text, purpose=purpose)


def unseal(sealed: str, *, purpose: bytes = PURPOSE) -> str:
    """Return what was sealed. Raises: SourceFault: unreadable_dsn: it was sealed under another key."""
    try:
        return sealing.unseal(sealed, purpose=purpose)
    except ValueError as error:
        raise SourceFault("unreadable_dsn") from error

"""Keys of model servers, sealed for themselves."""

from accounts.sign_in import sealing

_PURPOSE = b"attest: keys of model servers"


def seal(text: str) -> str:
    """Return the encrypted text; nothing for nothing."""
    return sealing.seal(text, purpose=_PURPOSE) if text else ""


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises: ValueError: under another secret than this installation's."""
    return sealing.unseal(sealed, purpose=_PURPOSE) if sealed else ""

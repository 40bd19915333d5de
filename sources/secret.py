"""Addresses with passwords are kept encrypted under the installation's secret key, and opened for a connection only."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sources.errors import SourceFault

PURPOSE = b"attest: address of a SQL source"


def _cipher() -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """Return the text encrypted and authenticated."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises: SourceFault: unreadable_dsn: it was sealed under another key."""
    try:
        return _cipher().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, ValueError) as error:
        raise SourceFault("unreadable_dsn") from error

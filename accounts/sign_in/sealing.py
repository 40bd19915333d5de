"""Secrets encrypted at rest with keys that are derived from the installation's secret, one for each purpose.

Those of second factors and identity providers, and of other apps: `gateway.sealing`, `sources.secret`.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SECOND_FACTORS = b"attest: second factors"


def seal(text: str, *, purpose: bytes) -> str:
    """Return the text encrypted and authenticated."""
    return _cipher(purpose).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: bytes) -> str:
    """Return what was sealed. Raises: ValueError: under another secret than this installation's, or for another purpose."""
    try:
        return _cipher(purpose).decrypt(sealed.encode("ascii")).decode()
    except InvalidToken as error:
        raise ValueError("this was sealed under another ATTEST_SECRET_KEY") from error


def _cipher(purpose: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))

"""Sealed texts, as columns of the database hold them: a mark, then base64 of the wrapped data key, a nonce and the text."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import Unreadable
from vault.keys import ID_BYTES, NONCE_BYTES, WRAPPED_BYTES, KeyRing

MARK = "attest:sealed1:"
_ESCAPED = "attest:plain1:"  # before a text in clear that begins as a sealed one does


def seal_text(text: str, *, purpose: bytes, ring: KeyRing) -> str:
    """Return the text sealed; as it is where there is no key, or nothing to seal.

    Args: purpose: table and column: what was sealed for one does not open for another.
    """
    if not text:
        return text
    if not ring.seals:
        return _ESCAPED + text if text.startswith((MARK, _ESCAPED)) else text
    data_key, wrapped = ring.new_data_key(purpose=purpose)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return MARK + base64.b64encode(wrapped + nonce + AESGCM(data_key).encrypt(nonce, text.encode(), purpose)).decode("ascii")


def open_text(kept: str, *, purpose: bytes, ring: KeyRing) -> str:
    """Return what was sealed, or what lies there in clear. Raises: Unreadable."""
    if kept.startswith(_ESCAPED):
        return kept[len(_ESCAPED) :]
    if not kept.startswith(MARK):
        return kept
    blob = _blob(kept)
    data_key = ring.unwrap(blob[:WRAPPED_BYTES], purpose=purpose)
    nonce, sealed = blob[WRAPPED_BYTES : WRAPPED_BYTES + NONCE_BYTES], blob[WRAPPED_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(data_key).decrypt(nonce, sealed, purpose).decode()
    except InvalidTag as error:
        raise Unreadable("A sealed text was altered.") from error


def renew_text(kept: str, *, purpose: bytes, ring: KeyRing) -> str:
    """Return it under the ring's first key: wrapped anew, or sealed where it lay in clear. The same where nothing is to be done.

    Raises: Unreadable; KeyRingUnusable: there is no key.
    """
    if not kept.startswith(MARK):
        return seal_text(open_text(kept, purpose=purpose, ring=ring), purpose=purpose, ring=ring)
    blob = _blob(kept)
    if blob[:ID_BYTES] == ring.current:
        return kept
    wrapped = ring.wrap(ring.unwrap(blob[:WRAPPED_BYTES], purpose=purpose), purpose=purpose)
    return MARK + base64.b64encode(wrapped + blob[WRAPPED_BYTES:]).decode("ascii")


def _blob(kept: str) -> bytes:
    try:
        return base64.b64decode(kept[len(MARK) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("A sealed text was altered.") from error

"""The key ring: a file with one key a line, 64 hexadecimal digits each; the first seals, the others only open.

Each value and each file has a data key of its own, drawn at random and wrapped by a key of the ring (envelope encryption): with
another key in front, data keys are wrapped anew, and what they seal stays as it is.
"""

import re
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import KeyRingUnusable, Unreadable

KEY_BYTES, ID_BYTES, NONCE_BYTES, TAG_BYTES = 32, 8, 12, 16
WRAPPED_BYTES = ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
_LINE = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Keys by their ids, the first being the one that seals; without keys nothing is sealed."""

    keys: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)  # id, key

    @property
    def seals(self) -> bool:
        return bool(self.keys)

    @property
    def current(self) -> bytes:
        """The id of the key that seals. Raises: KeyRingUnusable: there is none."""
        if not self.keys:
            raise KeyRingUnusable("There is no key: set ATTEST_DATA_KEYS to a file with one (openssl rand -hex 32).")
        return self.keys[0][0]

    def new_data_key(self, *, purpose: bytes) -> tuple[bytes, bytes]:
        """Return a fresh data key and the same wrapped. Raises: KeyRingUnusable."""
        data_key = secrets.token_bytes(KEY_BYTES)
        return data_key, self.wrap(data_key, purpose=purpose)

    def wrap(self, data_key: bytes, *, purpose: bytes) -> bytes:
        """Return WRAPPED_BYTES: the id of the key, a nonce, the data key encrypted. `purpose` has to be the same to unwrap."""
        key_id, nonce = self.current, secrets.token_bytes(NONCE_BYTES)
        return key_id + nonce + AESGCM(self.keys[0][1]).encrypt(nonce, data_key, purpose)

    def unwrap(self, wrapped: bytes, *, purpose: bytes) -> bytes:
        """Raises: Unreadable."""
        key = dict(self.keys).get(wrapped[:ID_BYTES])
        if key is None:
            raise Unreadable(f"This is sealed under the key {wrapped[:ID_BYTES].hex()}, which ATTEST_DATA_KEYS does not hold.")
        nonce, sealed = wrapped[ID_BYTES : ID_BYTES + NONCE_BYTES], wrapped[ID_BYTES + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, sealed, purpose)
        except InvalidTag as error:
            raise Unreadable("A data key was altered.") from error


def read_ring(path: str) -> KeyRing:
    """Return the keys of a file; none for "". Read once, and again where the file has changed. Raises: KeyRingUnusable."""
    if not path:
        return KeyRing()
    try:
        status = Path(path).stat()
    except OSError as error:
        raise KeyRingUnusable(f"ATTEST_DATA_KEYS: {path} cannot be read: {error.strerror}.") from error
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read(path: str, _changed_at: int, _size: int) -> KeyRing:
    try:
        lines = [line.strip() for line in Path(path).read_text("ascii", errors="replace").splitlines()]
    except OSError as error:
        raise KeyRingUnusable(f"ATTEST_DATA_KEYS: {path} cannot be read: {error.strerror}.") from error
    given = [line for line in lines if line and not line.startswith("#")]
    if not given or not all(_LINE.fullmatch(line) for line in given):
        raise KeyRingUnusable(
            f"ATTEST_DATA_KEYS: {path} does not hold keys of 64 hexadecimal digits, one a line. Make one by: openssl rand -hex 32"
        )
    keys = [bytes.fromhex(line) for line in given]
    return KeyRing(keys=tuple((sha256(b"attest: id of a data key" + key).digest()[:ID_BYTES], key) for key in keys))

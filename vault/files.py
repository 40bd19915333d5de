"""Sealed files: AES-256-GCM in chunks, read and written as streams, each chunk bound to its place, the last one to being the last.

    MAGIC, the wrapped data key, 7 random bytes; then chunks of CHUNK_BYTES, each with its tag of 16 bytes

A chunk's nonce is the 7 bytes, the chunk's number (4 bytes, big endian) and 1 for the last chunk, else 0: as in `backup.cipher`.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015
(STREAM).
"""

import io
import secrets
import shutil
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import Unreadable
from vault.keys import ID_BYTES, TAG_BYTES, WRAPPED_BYTES, KeyRing

MAGIC = b"ATTEST-SEALED 1\n"
PREFIX_BYTES = 7
CHUNK_BYTES = 1 << 18
HEADER_BYTES = len(MAGIC) + WRAPPED_BYTES + PREFIX_BYTES
MAX_CHUNKS = 1 << 32


def seal_stream(source: IO[bytes], target: IO[bytes], *, purpose: bytes, ring: KeyRing) -> None:
    """Write what `source` yields into `target`, sealed. Raises: KeyRingUnusable."""
    data_key, wrapped = ring.new_data_key(purpose=purpose)
    prefix, cipher = secrets.token_bytes(PREFIX_BYTES), AESGCM(data_key)
    target.write(MAGIC + wrapped + prefix)
    number, chunk = 0, _read_full(source)
    while True:
        following = _read_full(source) if len(chunk) == CHUNK_BYTES else b""
        if number >= MAX_CHUNKS:
            raise ValueError("the file is too large to be sealed")
        target.write(cipher.encrypt(_nonce(prefix, number, is_last=not following), chunk, purpose))
        if not following:
            return
        number, chunk = number + 1, following


class SealedReader(io.RawIOBase):
    """The bytes of a sealed file, from its begin to its end. Closes the file with itself."""

    def __init__(self, source: IO[bytes], *, purpose: bytes, ring: KeyRing) -> None:
        """Raises: Unreadable: not sealed, for another purpose, or under another key."""
        header = _read_header(source)
        wrapped = header[len(MAGIC) : len(MAGIC) + WRAPPED_BYTES]
        self._cipher, self._purpose = AESGCM(ring.unwrap(wrapped, purpose=purpose)), purpose
        self._source, self._prefix = source, header[-PREFIX_BYTES:]
        self._number, self._ahead, self._waiting = 0, source.read(CHUNK_BYTES + TAG_BYTES), b""
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while not self._waiting and not self._is_over:
            self._open_chunk()
        count = min(len(view), len(self._waiting))
        view[:count], self._waiting = self._waiting[:count], self._waiting[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

    def _open_chunk(self) -> None:
        following = self._source.read(CHUNK_BYTES + TAG_BYTES)
        nonce = _nonce(self._prefix, self._number, is_last=not following)
        try:
            self._waiting = self._cipher.decrypt(nonce, self._ahead, self._purpose)
        except InvalidTag as error:
            raise Unreadable("A sealed file was altered or cut off.") from error
        self._number, self._ahead, self._is_over = self._number + 1, following, not following


def plain_size(sealed: int) -> int:
    """Return how many bytes a sealed file of this size holds."""
    body = max(0, sealed - HEADER_BYTES)
    chunks = max(1, -(-body // (CHUNK_BYTES + TAG_BYTES)))
    return max(0, body - chunks * TAG_BYTES)


def needs_renewal(source: IO[bytes], *, ring: KeyRing) -> bool:
    """Whether a sealed file's data key is wrapped by another key than the ring's first. Raises: Unreadable: it is not sealed."""
    return _read_header(source)[len(MAGIC) : len(MAGIC) + ID_BYTES] != ring.current


def renew_stream(source: IO[bytes], target: IO[bytes], *, purpose: bytes, ring: KeyRing) -> None:
    """Copy a sealed file with its data key wrapped by the ring's first key, the rest as it is. Raises: Unreadable."""
    header = _read_header(source)
    data_key = ring.unwrap(header[len(MAGIC) : len(MAGIC) + WRAPPED_BYTES], purpose=purpose)
    target.write(MAGIC + ring.wrap(data_key, purpose=purpose) + header[-PREFIX_BYTES:])
    shutil.copyfileobj(source, target, CHUNK_BYTES)


def _read_header(source: IO[bytes]) -> bytes:
    header = source.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
        raise Unreadable("This is no sealed file, or it was cut off.")
    return header


def _read_full(source: IO[bytes]) -> bytes:
    """Return CHUNK_BYTES, or what is left."""
    parts, missing = [], CHUNK_BYTES
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes((is_last,))

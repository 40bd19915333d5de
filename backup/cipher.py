"""Encryption of a backup as a stream: AES-256-GCM in chunks, each bound to its place and the last one to being the last.

    MAGIC, one line of JSON (how the key is made, a salt, a nonce), then chunks of CHUNK_BYTES, each with its tag of 16 bytes

A chunk's nonce is the file's 7 random bytes, the chunk's number (4 bytes, big endian) and 1 for the last chunk, else 0. So a
chunk that was altered, left out, moved or added does not decrypt, nor does a file that was cut off between two chunks. Each file
has a key of its own, by HKDF over a random salt and the whole header. A passphrase is stretched by scrypt.

Sources: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015
(STREAM); RFC 5869 (HKDF); RFC 7914 (scrypt).
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from backup.errors import BackupDamaged, KeyUnusable

MAGIC = b"ATTEST-BACKUP-ENCRYPTED 1\n"
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
SALT_BYTES, PREFIX_BYTES, CHECK_BYTES = 32, 7, 16
HEADER_BYTES = 4096  # at most
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 17, 8, 1  # 128 MiB, about half a second
MAX_CHUNKS = 1 << 32
PASSPHRASE, KEY_FILE = "scrypt", "key-file"
ALTERED = "The backup is damaged: it was altered or cut off. Use another copy."


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What the key of a file is made from. `kind`: PASSPHRASE or KEY_FILE."""

    kind: str
    value: bytes = field(repr=False)


class EncryptingWriter:
    """Encrypts what is written into `target`. Without `close` the file lacks its last chunk and does not decrypt."""

    def __init__(self, target: BinaryIO, secret: Secret) -> None:
        header: dict[str, Any] = {
            "kdf": secret.kind,
            "salt": secrets.token_hex(SALT_BYTES),
            "nonce": secrets.token_hex(PREFIX_BYTES),
            "chunk": CHUNK_BYTES,
        }
        key, check = _derive(secret, header)
        target.write(MAGIC + json.dumps(header | {"check": check.hex()}).encode() + b"\n")
        self._target, self._cipher = target, AESGCM(key)
        self._prefix, self._count, self._waiting = bytes.fromhex(header["nonce"]), 0, bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # one chunk stays: whether it is the last is not yet known
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._prefix, self._count, is_last=is_last), plain, None))
        self._count += 1


class DecryptingReader:
    """Reads what `EncryptingWriter` wrote; `source` stands after MAGIC.

    Raises: KeyUnusable: the secret is missing, of the other kind or wrong. BackupDamaged: when reading meets what was altered.
    """

    def __init__(self, source: BinaryIO, secret: Secret | None) -> None:
        header, check = _read_header(source)
        if secret is None:
            raise KeyUnusable(f"The backup is encrypted: give the {_word(header['kdf'])} that it was made with.")
        if secret.kind != header["kdf"]:
            raise KeyUnusable(f"The backup was encrypted with a {_word(header['kdf'])}, not with a {_word(secret.kind)}.")
        key, expected = _derive(secret, header)
        if not hmac.compare_digest(check, expected):
            raise KeyUnusable(f"The {_word(secret.kind)} is not the one that the backup was encrypted with.")
        self._source, self._cipher = source, AESGCM(key)
        self._prefix, self._chunk_bytes = bytes.fromhex(header["nonce"]), header["chunk"] + TAG_BYTES
        self._count, self._plain = 0, bytearray()
        self._next = source.read(self._chunk_bytes)
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Return `size` bytes of plain text, fewer only at the end. What is returned was authenticated."""
        while len(self._plain) < size and not self._is_over:
            self._open_next()
        found = bytes(self._plain[:size])
        del self._plain[:size]
        return found

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._source.read(self._chunk_bytes)
        self._is_over = not self._next
        try:
            self._plain += self._cipher.decrypt(_nonce(self._prefix, self._count, is_last=self._is_over), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise BackupDamaged(ALTERED) from error
        self._count += 1


def _nonce(prefix: bytes, count: int, *, is_last: bool) -> bytes:
    if count >= MAX_CHUNKS:
        raise ValueError("a backup of more than 4 PiB")
    return prefix + count.to_bytes(4, "big") + bytes([is_last])


def _derive(secret: Secret, header: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the file's key and the value that distinguishes a wrong secret from a damaged file."""
    salt = bytes.fromhex(str(header["salt"]))
    value = secret.value
    if secret.kind == PASSPHRASE:
        value = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(value)
    info = MAGIC + json.dumps(header, sort_keys=True).encode()
    made = HKDF(algorithm=SHA256(), length=32 + CHECK_BYTES, salt=salt, info=info).derive(value)
    return made[:32], made[32:]


def _read_header(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    line = source.readline(HEADER_BYTES)
    try:
        header = json.loads(line)
        check = bytes.fromhex(header.pop("check"))
        sizes = (len(bytes.fromhex(header["salt"])), len(bytes.fromhex(header["nonce"])), len(check), header["chunk"])
        is_known = sizes == (SALT_BYTES, PREFIX_BYTES, CHECK_BYTES, CHUNK_BYTES) and header["kdf"] in (PASSPHRASE, KEY_FILE)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupDamaged(ALTERED) from error
    if not is_known or set(header) != {"kdf", "salt", "nonce", "chunk"} or not line.endswith(b"\n"):
        raise BackupDamaged(ALTERED)
    return header, check


def _word(kind: object) -> str:
    return "passphrase" if kind == PASSPHRASE else "key file"

"""The file of a backup: a tar archive, encrypted or not, whose last member is the manifest with the hash of every other one.

    backup.json                          when, at which migrations, up to which event of the audit
    database/APP.MODEL/000001.jsonl.gz   a row a line, as backup.rows writes them
    files/ab/ab12…                       the originals, named by the SHA-256 of their bytes
    audit/…, keys/…                      checkpoints, the key that they are checked with, and the secret keys
    manifest-SHA256.json                 names, sizes and hashes of all the above, and its own hash in its name

The manifest is last, since hashes are known when all is written; reading begins by checking the whole file against it.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from backup.cipher import ALTERED, MAGIC, DecryptingReader, EncryptingWriter, Secret
from backup.errors import BackupDamaged, BackupTooNew, KeyUnusable, NotABackup

FORMAT = 1
HEADER = "backup.json"
MANIFEST = re.compile(r"manifest-([0-9a-f]{64})\.json")
SMALL = ("audit/", "keys/")
PIECE_BYTES = 1 << 20


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the manifest says of a member."""

    name: str
    size: int  # bytes
    sha256: str


class ContainerWriter:
    """Writes members one after another; `finish` adds the manifest. `secret` None: not encrypted, an ordinary tar archive."""

    def __init__(self, target: BinaryIO, *, secret: Secret | None) -> None:
        self._sealed = EncryptingWriter(target, secret) if secret else None
        sink = cast(BinaryIO, self._sealed or target)  # it is written to, and nothing else
        self._tar = tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._members: list[Member] = []

    def add(self, name: str, content: bytes) -> None:
        self.add_stream(name, io.BytesIO(content), size=len(content))

    def add_stream(self, name: str, stream: Readable, *, size: int) -> str:
        """Add `size` bytes of a stream. Returns: their SHA-256. Raises: OSError: the stream ends before."""
        hashed = _Hashing(stream)
        self._tar.addfile(_info(name, size), cast(BinaryIO, hashed))  # as above
        self._tar.members = []  # type: ignore[attr-defined]  # else it keeps every one; missing in its stub
        self._members.append(Member(name=name, size=size, sha256=hashed.hexdigest()))
        return hashed.hexdigest()

    def finish(self, facts: dict[str, Any]) -> None:
        """Write the manifest with further facts, and end the file."""
        members = [[member.name, member.size, member.sha256] for member in self._members]
        content = json.dumps({"members": members, **facts}).encode()
        self._tar.addfile(_info(f"manifest-{hashlib.sha256(content).hexdigest()}.json", len(content)), io.BytesIO(content))
        self._tar.close()
        if self._sealed:
            self._sealed.close()


@contextmanager
def read_members(path: Path, *, secret: Secret | None) -> Iterator[Iterator[tuple[str, int, IO[bytes]]]]:
    """Yield an iterator over (name, size, content) of each member, the manifest last; read each before the next.

    Raises, also while it is read: NotABackup, BackupDamaged, KeyUnusable, and OSError where the file cannot be read.
    """
    with path.open("rb") as source:
        if source.read(len(MAGIC)) == MAGIC:
            stream: Readable = DecryptingReader(source, secret)
        else:
            source.seek(0)
            if source.read(len(HEADER)) != HEADER.encode():
                raise NotABackup(f"{path} is no backup of Attest.")
            if secret is not None:
                raise KeyUnusable("The backup is not encrypted: leave the passphrase or key file out.")
            source.seek(0)
            stream = source
        try:
            yield _members(stream)
        except (tarfile.TarError, EOFError) as error:  # also where whoever asked reads a content
            raise BackupDamaged(ALTERED) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A file that was checked from its first byte to its last."""

    header: dict[str, Any]
    manifest: dict[str, Any]
    members: dict[str, Member]
    small: dict[str, bytes] = field(repr=False)  # what lies in SMALL


def check_container(path: Path, *, secret: Secret | None, advance: Callable[[int], object] = lambda size: None) -> Contents:
    """Read the whole file and compare every member with the manifest.

    Raises: NotABackup, BackupDamaged, BackupTooNew, KeyUnusable, OSError.
    """
    found: list[list[Any]] = []
    small: dict[str, bytes] = {}
    header: dict[str, Any] = {}
    manifest: dict[str, Any] | None = None
    with read_members(path, secret=secret) as members:
        for name, size, content in members:
            if manifest is not None:
                raise BackupDamaged(ALTERED)  # something follows the manifest
            keeps = name == HEADER or name.startswith(SMALL) or MANIFEST.fullmatch(name) is not None
            digest, kept = _digest(content, size=size, keeps=keeps, advance=advance)
            if MANIFEST.fullmatch(name):
                if name != f"manifest-{digest}.json":
                    raise BackupDamaged(ALTERED)
                manifest = _json(kept)
                continue
            if name == HEADER:
                header = _json(kept)
                _check_format(header)
            if name.startswith(SMALL):
                small[name] = kept
            found.append([name, size, digest])
    if manifest is None or manifest.get("members") != found or not header:
        raise BackupDamaged(ALTERED)
    checked = {name: Member(name=name, size=size, sha256=sha256) for name, size, sha256 in found}
    return Contents(header=header, manifest=manifest, members=checked, small=small)


def _check_format(header: dict[str, Any]) -> None:
    found = header.get("format")
    if not isinstance(found, int):
        raise BackupDamaged(ALTERED)
    if found > FORMAT:
        raise BackupTooNew(f"The backup has format {found}, this release reads {FORMAT}: restore it with the release that made it.")


def _members(stream: Readable) -> Iterator[tuple[str, int, IO[bytes]]]:
    with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as archive:  # it is read, and nothing else
        while info := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # as above
            content = archive.extractfile(info)
            if content is None:
                raise BackupDamaged(ALTERED)  # a link or a folder: no backup holds one
            yield info.name, info.size, content
    while rest := stream.read(PIECE_BYTES):  # to the end, so that a file that was cut off there is found too
        if rest.strip(b"\0"):
            raise BackupDamaged(ALTERED)


def _digest(content: IO[bytes], *, size: int, keeps: bool, advance: Callable[[int], object]) -> tuple[str, bytes]:
    digest, kept, seen = hashlib.sha256(), bytearray(), 0
    while piece := content.read(PIECE_BYTES):
        digest.update(piece)
        seen += len(piece)
        advance(len(piece))
        if keeps:
            kept += piece
    if seen != size:
        raise BackupDamaged(ALTERED)
    return digest.hexdigest(), bytes(kept)


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise BackupDamaged(ALTERED) from error
    if not isinstance(found, dict):
        raise BackupDamaged(ALTERED)
    return found


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


class _Hashing:
    """Hashes what is read through it."""

    def __init__(self, stream: Readable) -> None:
        self._stream, self._digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._digest.update(piece)
        return piece

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

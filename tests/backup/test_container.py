"""A backup file that was altered, cut off or put together anew is refused before anything is taken from it."""

import io
import tarfile
from pathlib import Path

import pytest

from backup.cipher import CHUNK_BYTES, KEY_FILE, MAGIC, PASSPHRASE, TAG_BYTES, DecryptingReader, EncryptingWriter, Secret
from backup.container import HEADER, ContainerWriter, check_container
from backup.errors import BackupDamaged, BackupTooNew, KeyUnusable, NotABackup

KEY = Secret(kind=KEY_FILE, value=b"k" * 32)
SEALED = CHUNK_BYTES + TAG_BYTES


def encrypt(content: bytes, secret: Secret = KEY) -> bytes:
    target = io.BytesIO()
    writer = EncryptingWriter(target, secret)
    for start in range(0, len(content), 300_000):
        writer.write(content[start : start + 300_000])
    writer.close()
    return target.getvalue()


def decrypt(sealed: bytes, secret: Secret | None = KEY) -> bytes:
    source = io.BytesIO(sealed)
    assert source.read(len(MAGIC)) == MAGIC
    reader = DecryptingReader(source, secret)
    found = bytearray()
    while piece := reader.read(70_000):
        found += piece
    return bytes(found)


def split(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header and the chunks."""
    start = sealed.index(b"\n", len(MAGIC)) + 1
    return sealed[:start], [sealed[place : place + SEALED] for place in range(start, len(sealed), SEALED)]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_encrypted_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    assert decrypt(encrypt(content[:size])) == content[:size]
    assert len(split(encrypt(content[:size]))[1]) == max(1, -(-size // CHUNK_BYTES))


def test_a_passphrase_opens_what_it_has_sealed_and_no_other_does() -> None:
    sealed = encrypt(b"text", Secret(kind=PASSPHRASE, value=b"correct horse"))
    assert decrypt(sealed, Secret(kind=PASSPHRASE, value=b"correct horse")) == b"text"
    with pytest.raises(KeyUnusable, match="The passphrase is not the one"):
        decrypt(sealed, Secret(kind=PASSPHRASE, value=b"correct hors"))
    with pytest.raises(KeyUnusable, match="was encrypted with a passphrase, not with a key file"):
        decrypt(sealed)
    with pytest.raises(KeyUnusable, match="give the passphrase"):
        decrypt(sealed, None)


def test_no_two_files_are_alike() -> None:
    assert split(encrypt(b"text"))[1] != split(encrypt(b"text"))[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda chunks: chunks[:-1],  # cut off between two chunks
        lambda chunks: [],
        lambda chunks: [chunks[1], chunks[0], chunks[2]],  # put into another order
        lambda chunks: [chunks[0], chunks[2]],  # one left out
        lambda chunks: [chunks[0], chunks[0], chunks[1], chunks[2]],  # one twice
        lambda chunks: [*chunks, chunks[2]],  # something added
        lambda chunks: [*chunks, b"\0" * 20],
        lambda chunks: [chunks[0], chunks[1], chunks[2][:-1]],  # cut off in a chunk
        lambda chunks: [chunks[0], chunks[1][:9] + bytes([chunks[1][9] ^ 1]) + chunks[1][10:], chunks[2]],  # one bit
    ],
)
def test_altered_chunks_do_not_decrypt(change) -> None:
    header, chunks = split(encrypt(b"x" * (2 * CHUNK_BYTES + 5)))
    assert len(chunks) == 3
    with pytest.raises(BackupDamaged):
        decrypt(header + b"".join(change(chunks)))


def test_a_chunk_of_another_file_does_not_decrypt() -> None:
    header, chunks = split(encrypt(b"x" * (CHUNK_BYTES + 5)))
    others = split(encrypt(b"x" * (CHUNK_BYTES + 5)))[1]
    with pytest.raises(BackupDamaged):
        decrypt(header + chunks[0] + others[1])


@pytest.mark.parametrize(("old", "new"), [(b'"kdf"', b'"kfd"'), (b'"salt": "', b'"salt": "zz'), (b"1048576", b"1048577")])
def test_an_altered_header_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(BackupDamaged):
        decrypt(encrypt(b"text").replace(old, new, 1))


def test_another_salt_is_a_wrong_key() -> None:
    sealed = encrypt(b"text")
    start = sealed.index(b'"salt": "') + 9
    other = b"0" if sealed[start : start + 1] != b"0" else b"1"
    with pytest.raises(KeyUnusable):
        decrypt(sealed[:start] + other + sealed[start + 1 :])


# --- the archive ---


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "b"
    with path.open("wb") as target:
        container = ContainerWriter(target, secret=None)
        container.add(HEADER, b'{"format": 1}')
        container.add("database/a.b/000001.jsonl.gz", b"rows" * 1000)
        container.add("keys/secret_key", b"secret")
        container.finish({"tables": {}})
    return path


def test_a_whole_one_is_read(backup: Path) -> None:
    contents = check_container(backup, secret=None)
    assert list(contents.members) == [HEADER, "database/a.b/000001.jsonl.gz", "keys/secret_key"]
    assert contents.small == {"keys/secret_key": b"secret"}
    assert contents.members["database/a.b/000001.jsonl.gz"].size == 4000


def test_every_altered_byte_of_a_member_is_found(backup: Path) -> None:
    whole = backup.read_bytes()
    with tarfile.open(backup) as archive:  # between a member's end and the next header lies filling that says nothing
        places = [place for info in archive for place in range(info.offset, info.offset_data + info.size, 61)]
    for place in places:
        backup.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises((BackupDamaged, NotABackup)):
            check_container(backup, secret=None)


def test_a_file_cut_off_anywhere_is_found(backup: Path) -> None:
    whole = backup.read_bytes()
    end = len(whole.rstrip(b"\0"))
    for size in [*range(0, end, 511), end - 1]:
        backup.write_bytes(whole[:size])
        with pytest.raises((BackupDamaged, NotABackup)):
            check_container(backup, secret=None)


def test_a_member_that_the_manifest_does_not_name_is_found(backup: Path, tmp_path: Path) -> None:
    rewritten = tmp_path / "rewritten"
    with tarfile.open(backup) as old, tarfile.open(rewritten, "w") as new:
        for info in old:
            if info.name.startswith("manifest-"):
                extra = tarfile.TarInfo("files/ab/extra")
                new.addfile(extra)
            new.addfile(info, old.extractfile(info))
    with pytest.raises(BackupDamaged):
        check_container(rewritten, secret=None)


def test_a_file_that_is_no_backup_or_too_new_is_refused(tmp_path: Path, backup: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(NotABackup, match="is no backup of Attest"):
        check_container(other, secret=None)
    with pytest.raises(KeyUnusable, match="not encrypted"):
        check_container(backup, secret=KEY)
    with other.open("wb") as target:
        container = ContainerWriter(target, secret=None)
        container.add(HEADER, b'{"format": 2}')
        container.finish({})
    with pytest.raises(BackupTooNew, match="the release that made it"):
        check_container(other, secret=None)

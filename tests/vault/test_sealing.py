"""The envelope by itself: values and files open under their own key, place and order, and under nothing else."""

import io
import secrets
from hashlib import sha256
from pathlib import Path

import pytest

from vault.errors import KeyRingUnusable, Unreadable
from vault.files import CHUNK_BYTES, HEADER_BYTES, SealedReader, needs_renewal, plain_size, renew_stream, seal_stream
from vault.keys import TAG_BYTES, WRAPPED_BYTES, KeyRing, read_ring
from vault.values import MARK, open_text, renew_text, seal_text


def ring(folder: Path, *keys: str) -> KeyRing:
    file = folder / f"{secrets.token_hex(4)}.keys"
    file.write_text("# the first seals\n" + "\n".join(keys) + "\n")
    return read_ring(str(file))


OLD, NEW = sha256(b"old").hexdigest(), sha256(b"new").hexdigest()


def seal(data: bytes, keys: KeyRing, purpose: bytes = b"p") -> bytes:
    target = io.BytesIO()
    seal_stream(io.BytesIO(data), target, purpose=purpose, ring=keys)
    return target.getvalue()


def opened(sealed: bytes, keys: KeyRing, purpose: bytes = b"p") -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(sealed), purpose=purpose, ring=keys)).read()


@pytest.mark.parametrize("text", ["How long is leave?", "年假有几天？", "x" * 100_000, f"{MARK}not sealed", "attest:plain1:a"])
@pytest.mark.parametrize("keys", [(), (OLD,)])
def test_a_text_comes_back_as_it_was(tmp_path: Path, text: str, keys: tuple[str, ...]) -> None:
    given = ring(tmp_path, *keys) if keys else KeyRing()
    kept = seal_text(text, purpose=b"p", ring=given)
    assert open_text(kept, purpose=b"p", ring=given) == text
    assert (text in kept) is not bool(keys)
    assert seal_text("", purpose=b"p", ring=given) == ""


def test_each_text_has_a_key_of_its_own(tmp_path: Path) -> None:
    given = ring(tmp_path, OLD)
    assert seal_text("a", purpose=b"p", ring=given) != seal_text("a", purpose=b"p", ring=given)


def test_it_opens_under_no_other_key_for_no_other_column_and_not_when_it_was_altered(tmp_path: Path) -> None:
    given = ring(tmp_path, OLD)
    kept = seal_text("secret", purpose=b"p", ring=given)
    for text, purpose, keys in (
        (kept, b"q", given),
        (kept, b"p", ring(tmp_path, NEW)),
        (kept, b"p", KeyRing()),
        (kept[:-8] + "AAAAAAA=", b"p", given),
        (MARK + "no base64!", b"p", given),
    ):
        with pytest.raises(Unreadable):
            open_text(text, purpose=purpose, ring=keys)


def test_a_new_key_in_front_wraps_anew_and_the_old_one_is_needed_no_more(tmp_path: Path) -> None:
    kept = seal_text("secret", purpose=b"p", ring=ring(tmp_path, OLD))
    both, alone = ring(tmp_path, NEW, OLD), ring(tmp_path, NEW)
    renewed = renew_text(kept, purpose=b"p", ring=both)
    assert open_text(renewed, purpose=b"p", ring=alone) == "secret"
    assert renewed[-20:] == kept[-20:]  # what is sealed stays as it is
    assert renew_text(renewed, purpose=b"p", ring=both) == renewed
    assert open_text(renew_text("in clear", purpose=b"p", ring=alone), purpose=b"p", ring=alone) == "in clear"


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_comes_back_as_it_was(tmp_path: Path, size: int) -> None:
    data, given = secrets.token_bytes(size), ring(tmp_path, OLD)
    sealed = seal(data, given)
    assert opened(sealed, given) == data
    assert plain_size(len(sealed)) == size
    target = io.BytesIO()
    both, alone = ring(tmp_path, NEW, OLD), ring(tmp_path, NEW)
    assert needs_renewal(io.BytesIO(sealed), ring=both)
    renew_stream(io.BytesIO(sealed), target, purpose=b"p", ring=both)
    assert opened(target.getvalue(), alone) == data
    assert target.getvalue()[HEADER_BYTES:] == sealed[HEADER_BYTES:]


def test_a_file_that_was_altered_cut_off_or_put_elsewhere_does_not_open(tmp_path: Path) -> None:
    given = ring(tmp_path, OLD)
    sealed, chunk = seal(secrets.token_bytes(3 * CHUNK_BYTES), given), CHUNK_BYTES + TAG_BYTES
    parts = [sealed[HEADER_BYTES + at * chunk : HEADER_BYTES + (at + 1) * chunk] for at in range(3)]
    head = sealed[:HEADER_BYTES]
    altered = bytearray(sealed)
    altered[-1] ^= 1
    wrapped = bytearray(sealed)
    wrapped[HEADER_BYTES - 10] ^= 1
    for bad, purpose in (
        (bytes(altered), b"p"),
        (bytes(wrapped), b"p"),
        (head + parts[0] + parts[1], b"p"),  # without the last chunk
        (head + parts[1] + parts[0] + parts[2], b"p"),
        (sealed[: HEADER_BYTES - 1], b"p"),
        (b"%PDF-1.7" + bytes(200), b"p"),
        (sealed, b"q"),
    ):
        with pytest.raises(Unreadable):
            opened(bad, given, purpose)


@pytest.mark.parametrize("content", ["", "# nothing", "abc", OLD[:-1], f"{OLD}\nshort"])
def test_a_file_without_proper_keys_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(KeyRingUnusable, match="openssl rand -hex 32"):
        read_ring(str(file))
    with pytest.raises(KeyRingUnusable, match="cannot be read"):
        read_ring(str(tmp_path / "nowhere"))
    assert not read_ring("").seals
    assert WRAPPED_BYTES == 68

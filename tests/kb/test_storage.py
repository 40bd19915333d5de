"""Originals are written whole or not at all, and lie on the disk when anything refers to them."""

import io
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from kb.storage import keeping, original_path, receive


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


def test_an_original_is_on_the_disk_before_it_has_its_name(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync, synced = os.fsync, []

    def note(descriptor: int) -> None:
        sync(descriptor)
        status = os.fstat(descriptor)
        synced.append(("folder" if stat.S_ISDIR(status.st_mode) else status.st_size, bool(list(storage.glob("??/*")))))

    monkeypatch.setattr(os, "fsync", note)
    with keeping(receive(io.BytesIO(b"words"), max_bytes=100)) as kept:
        assert synced == [(5, False), ("folder", True)]
    assert (storage / kept).read_bytes() == b"words"


def test_what_comes_to_nothing_takes_its_file_along_and_no_other(storage: Path) -> None:
    with pytest.raises(RuntimeError), keeping(receive(io.BytesIO(b"words"), max_bytes=100)):
        raise RuntimeError
    assert [path for path in storage.rglob("*") if path.is_file()] == []
    with keeping(receive(io.BytesIO(b"words"), max_bytes=100)) as kept:
        pass
    with pytest.raises(RuntimeError), keeping(receive(io.BytesIO(b"words"), max_bytes=100)):
        raise RuntimeError
    assert (storage / kept).read_bytes() == b"words"


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "ab/../../secret"])
def test_no_path_leads_out_of_the_storage(path: str) -> None:
    with pytest.raises(ValueError, match="outside of the storage"):
        original_path(path)

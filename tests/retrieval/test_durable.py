"""A file is swapped at once, and what was swapped in is on the disk."""

import os
import stat
from pathlib import Path

import pytest

from retrieval.local.durable import replace_durably


def test_new_content_is_on_the_disk_before_it_is_seen_and_its_name_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sync, synced = tmp_path / "MANIFEST.json", os.fsync, []
    path.write_bytes(b"old")

    def note(descriptor: int) -> None:
        sync(descriptor)
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.read_bytes()))

    monkeypatch.setattr(os, "fsync", note)
    replace_durably(path, b"new")
    assert synced == [(False, b"old"), (True, b"new")]


def test_who_has_the_old_content_open_reads_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "MANIFEST.json"
    path.write_bytes(b"old content")
    with path.open("rb", buffering=0) as reader:
        assert reader.read(3) == b"old"
        replace_durably(path, b"other content")
        assert reader.read() == b" content"
    assert [entry.name for entry in tmp_path.iterdir()] == ["MANIFEST.json"]
    assert path.read_bytes() == b"other content"

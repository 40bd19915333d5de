"""The file of signed checkpoints: when it is written, what a crash leaves, and the key."""

import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit.chain.checkpoints import append_checkpoint, last_checkpoint, read_checkpoints, signing_key, verifying_key
from audit.services import record
from audit.tasks import sign
from config.celery import app


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = append_checkpoint(root=tmp_path, sequence=1, head_hash="a" * 64)
    second = append_checkpoint(root=tmp_path, sequence=2, head_hash="b" * 64)
    assert stat.S_IMODE((tmp_path / "signing_key").stat().st_mode) == 0o600
    key = verifying_key(tmp_path / "signing_key.pub")
    assert first.is_signed_by(key)
    assert second.is_signed_by(key)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints.jsonl", "signing_key", "signing_key.pub"]
    assert [json.loads(line)["sequence"] for line in (tmp_path / "checkpoints.jsonl").read_text().splitlines()] == [1, 2]


def test_an_older_head_adds_no_line(tmp_path: Path) -> None:
    newest = append_checkpoint(root=tmp_path, sequence=2, head_hash="b" * 64)
    assert append_checkpoint(root=tmp_path, sequence=1, head_hash="a" * 64) == newest
    assert last_checkpoint(tmp_path) == newest
    assert len((tmp_path / "checkpoints.jsonl").read_text().splitlines()) == 1


def test_a_line_torn_by_a_crash_is_overwritten_and_not_taken_for_a_forgery(tmp_path: Path) -> None:
    append_checkpoint(root=tmp_path, sequence=1, head_hash="a" * 64)
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(path.read_bytes() + b'{"at":"2026')
    assert [entry.sequence for entry in read_checkpoints(path)[0]] == [1]
    assert read_checkpoints(path)[1] == ()
    append_checkpoint(root=tmp_path, sequence=2, head_hash="b" * 64)
    assert [entry.sequence for entry in read_checkpoints(path)[0]] == [1, 2]
    assert read_checkpoints(path)[1] == ()


def test_a_checkpoint_is_on_the_disk_when_it_is_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_checkpoint(root=tmp_path, sequence=1, head_hash="a" * 64)
    path, sync, synced = tmp_path / "checkpoints.jsonl", os.fsync, []

    def note(descriptor: int) -> None:
        sync(descriptor)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            synced.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", note)
    second = append_checkpoint(root=tmp_path, sequence=2, head_hash="b" * 64)
    assert synced == [path.read_bytes()]
    assert synced[0].endswith(second.as_line())


@pytest.mark.django_db(transaction=True)
def test_an_event_signs_the_chain_when_the_last_signature_is_old(settings, audit_root: Path) -> None:
    settings.AUDIT_CHECKPOINT_S = 3600.0
    record("a.b")
    record("a.c")
    assert last_checkpoint(audit_root).sequence == 1
    settings.AUDIT_CHECKPOINT_S = 0.0
    event = record("a.d")
    assert (last_checkpoint(audit_root).sequence, last_checkpoint(audit_root).hash) == (3, event.hash)


@pytest.mark.django_db
def test_beat_signs_the_end_of_the_chain_once(audit_root: Path) -> None:
    assert sign() == 0
    record("a.b")
    record("a.c")
    assert [sign(), sign()] == [2, 2]
    assert len((audit_root / "checkpoints.jsonl").read_text().splitlines()) == 1
    assert app.conf.beat_schedule["sign"]["task"] == sign.name


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_that_cannot_be_written_does_not_fail_the_recorded_change(settings, tmp_path: Path, caplog) -> None:
    settings.AUDIT_ROOT, settings.AUDIT_KEYS = tmp_path / "file" / "audit", str(tmp_path / "keys")
    (tmp_path / "file").write_text("in the way")
    assert record("a.b").sequence == 1
    assert "NotADirectoryError" in caplog.text


def test_threads_that_make_the_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    at_once = threading.Barrier(4)

    def read() -> bytes:
        at_once.wait()
        return signing_key(tmp_path).public_key().public_bytes_raw()

    with ThreadPoolExecutor(4) as threads:
        assert len({future.result() for future in [threads.submit(read) for _ in range(4)]}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["signing_key", "signing_key.pub"]

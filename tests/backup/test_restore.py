"""What goes wrong with a backup or a restore is reported in a sentence, leaves nothing behind, and can be done again."""

import gzip
import io
import json
import re
import shutil
import sqlite3
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from backup.container import ContainerWriter, read_members
from backup.rows import columns_of
from bench.harness.tables import place_tables
from kb.models import Collection
from tests.backup.conftest import MakeDatabase
from tests.backup.installation import LIMIT_S, Commands

VENDORS = ("sqlite", "postgresql")
LAST = "SELECT max(sequence) FROM audit_event"
BOOK = "# Parking\n\nParking costs 40 euros a month.\n\n# Lunch\n\nLunch costs 7 euros.\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """A small installation on SQLite."""
    folder = tmp_path_factory.mktemp("source")
    installation = Commands(folder / "home")
    place_tables(installation.home)
    installation.run("prepare")
    (folder / "book.md").write_text(BOOK)
    installation.run("ingest", str(folder / "book.md"), "--collection", "book", "--create")
    installation.run("ask", "What does parking cost?")
    return installation


@pytest.fixture(scope="module")
def saved(source: Commands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "b"
    source.run("backup", str(path))
    return path


def rows(home: Path, statement: str) -> list[tuple]:
    with sqlite3.connect(home / "attest.sqlite3") as session:
        found = session.execute(statement).fetchall()
    session.close()
    return found


def left_behind(home: Path) -> list[str]:
    """Files that a restore has made, and tables."""
    files = [str(path.relative_to(home)) for folder in ("files", "audit") for path in (home / folder).rglob("*") if path.is_file()]
    return files + [name for (name,) in rows(home, "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]


# --- bad input ---


def test_a_file_that_exists_is_not_overwritten(source: Commands, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    assert "exists. Name a new file" in source.run("backup", str(tmp_path / "b"), fails=True)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text() == "precious"


def test_a_folder_that_is_not_there_is_reported(source: Commands, tmp_path: Path) -> None:
    assert "cannot be written: No such file" in source.run("backup", str(tmp_path / "none" / "b"), fails=True)


def test_short_keys_are_refused(source: Commands, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    assert "a key file needs 32" in source.run("backup", str(tmp_path / "b"), "--key-file", str(tmp_path / "key"), fails=True)
    said = source.run("backup", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "key"), fails=True)
    assert "choose a longer one" in said
    assert not (tmp_path / "b").exists()


def turned(content: bytes) -> bytes:
    """Return a backup in which one bit of what it holds is another."""
    with tarfile.open(fileobj=io.BytesIO(content)) as container:
        largest = max(container.getmembers(), key=lambda one: one.size)
    at = largest.offset_data + largest.size // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: b"PK" + content[2:], "is no backup of Attest"),
        (lambda content: content[: len(content) // 2], "damaged"),
        (turned, "damaged"),
        (lambda content: content.replace(b'"format": 1', b'"format": 9', 1), "damaged|later release|has format 9"),
    ],
)
def test_a_bad_file_changes_nothing(saved: Path, tmp_path: Path, change, sentence: str) -> None:
    (tmp_path / "bad").write_bytes(change(saved.read_bytes()))
    restored = Commands(tmp_path / "home")
    said = restored.run("restore", str(tmp_path / "bad"), fails=True)
    assert any(part in said for part in sentence.split("|")), said
    assert left_behind(tmp_path / "home") == []


def test_a_wrong_passphrase_changes_nothing(source: Commands, tmp_path: Path) -> None:
    (tmp_path / "right").write_text("correct horse battery")
    (tmp_path / "wrong").write_text("correct horse")
    source.run("backup", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "right"))
    assert b"euros" not in (tmp_path / "b").read_bytes()
    restored = Commands(tmp_path / "home")
    said = restored.run("restore", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "wrong"), fails=True)
    assert "The passphrase is not the one" in said
    assert "The backup is encrypted" in restored.run("restore", str(tmp_path / "b"), fails=True)
    assert left_behind(tmp_path / "home") == []


def test_an_installation_with_data_is_not_restored_into(source: Commands, saved: Path) -> None:
    before = rows(source.home, "SELECT count(*), max(sequence) FROM audit_event")
    assert "This installation holds data" in source.run("restore", str(saved), fails=True)
    assert rows(source.home, "SELECT count(*), max(sequence) FROM audit_event") == before


def test_a_full_disk_is_reported_and_leaves_nothing(source: Commands, saved: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", str(disk)], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        said = source.run("backup", str(disk / "b"), fails=True)
        assert "is full. Make room" in said
        assert list(disk.iterdir()) == []
        subprocess.run(["mount", "-o", "remount,size=300k", str(disk)], check=True)
        assert "The disk is full" in Commands(disk / "home").run("restore", str(saved), fails=True)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


# --- the audit ---


def test_checkpoints_newer_than_the_backup_are_explained(source: Commands, tmp_path: Path) -> None:
    source.run("backup", str(tmp_path / "b"))
    source.run("ask", "What does lunch cost?")
    source.run("shell", "-c", "from audit.services import write_checkpoint; write_checkpoint()")
    newest = json.loads((source.home / "audit" / "checkpoints.jsonl").read_text().splitlines()[-1])["sequence"]
    kept_elsewhere = tmp_path / "elsewhere.jsonl"
    shutil.copy(source.home / "audit" / "checkpoints.jsonl", kept_elsewhere)
    restored = Commands(tmp_path / "home")
    output = restored.run("restore", str(tmp_path / "b"), "--checkpoints", str(kept_elsewhere))
    assert f"to {newest} of before" in output
    for _ in range(2):
        restored.run("ask", "What does parking cost?")
    restored.run("shell", "-c", "from audit.services import write_checkpoint; write_checkpoint()")
    assert "The audit is intact" in restored.run("verify_audit", "--checkpoint", str(kept_elsewhere))
    output = restored.run("verify_audit")
    assert f"to {newest} of before" in output
    assert "covers all but the last 0 event(s)" in output
    # What the operator did not name is a cut tail: nobody has accounted for it.
    forgetful = Commands(tmp_path / "forgetful")
    forgetful.run("restore", str(tmp_path / "b"))
    said = forgetful.run("verify_audit", "--checkpoint", str(kept_elsewhere), fails=True)
    assert re.search(r"\[(tail_cut|checkpoint_mismatch)\]", said)  # by how many events have come since


def test_a_data_folder_that_survived_is_restored_into_with_its_own_checkpoints(source: Commands, tmp_path: Path) -> None:
    """The database is lost, ATTEST_HOME is not: what it signed later is named, and goes on being signed."""
    home = tmp_path / "home"
    shutil.copytree(source.home, home)
    survivor = Commands(home)
    survivor.run("backup", str(tmp_path / "b"))
    survivor.run("ask", "What does lunch cost?")
    survivor.run("shell", "-c", "from audit.services import write_checkpoint; write_checkpoint()")
    for path in home.glob("attest.sqlite3*"):
        path.unlink()
    output = survivor.run("restore", str(tmp_path / "b"))
    assert "are not in this audit" in output
    assert len(list((home / "audit").glob("superseded-*.jsonl"))) == 1
    assert "covers all but the last 0 event(s)" in survivor.run("verify_audit")


def test_another_installations_checkpoints_are_refused(source: Commands, saved: Path, tmp_path: Path) -> None:
    other = Commands(tmp_path / "other")
    other.run("prepare")
    said = Commands(tmp_path / "home").run(
        "restore", str(saved), "--checkpoints", str(tmp_path / "other" / "audit" / "checkpoints.jsonl"), fails=True
    )
    assert "signed with another key" in said


def test_without_keys_and_originals_a_new_key_goes_on(source: Commands, tmp_path: Path) -> None:
    source.run("backup", str(tmp_path / "b"), "--without-keys", "--without-originals")
    content = (tmp_path / "b").read_bytes()
    assert b"PRIVATE KEY" not in content
    assert (source.home / "secret_key").read_bytes() not in content
    restored = Commands(tmp_path / "home")
    output = restored.run("restore", str(tmp_path / "b"))
    assert "made without originals" in output
    assert "made without keys" in output
    assert "The audit is intact" in restored.run("verify_audit")
    assert "40 euros" in restored.run("ask", "What does parking cost?")
    [old] = (restored.home / "audit").glob("before-*.jsonl")
    assert "The audit is intact" in restored.run(
        "verify_audit", "--checkpoint", str(old), "--public-key", str(old.with_suffix(".pub"))
    )


# --- killed, and beside others ---


def run_until(installation: Commands, point: str, *arguments: str) -> None:
    """Run a command that is killed by SIGKILL at a named point."""
    file = installation.home.parent / "crash_point"
    file.write_text(point)
    installation.environment["ATTEST_CRASH_POINT_FILE"] = str(file)
    with installation.start("manage.py", *arguments) as command:
        done = command.wait(LIMIT_S)
    del installation.environment["ATTEST_CRASH_POINT_FILE"]
    assert done.returncode == -9, done.stderr


def test_a_killed_backup_is_made_again(source: Commands, tmp_path: Path) -> None:
    path = tmp_path / "b"
    run_until(source, "backup_rows_written", "backup", str(path))
    assert [one.name for one in tmp_path.iterdir()] == ["b.part"]
    source.run("backup", str(path))
    assert [one.name for one in tmp_path.iterdir()] == ["b"]
    Commands(tmp_path / "home").run("restore", str(path))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_restore_killed_anywhere_serves_nothing_and_is_made_again(
    saved: Path, tmp_path: Path, make_database: MakeDatabase, vendor: str
) -> None:
    restored = Commands(tmp_path / "home", database=make_database("killed") if vendor == "postgresql" else "")
    for point in ("restore_begun", "restore_rows_loaded", "restore_rows_committed", "restore_audit_placed"):
        run_until(restored, point, "restore", str(saved))
        assert "A restore was cut off here" in restored.run("prepare", fails=True), point
    run_until(restored, "restore_recorded", "restore", str(saved))
    # All is there but the index, which a question finds out, and a worker mends.
    assert "being rebuilt (0 of " in restored.run("ask", "What does parking cost?", fails=True)
    restored.run("verify_index", "--repair")
    assert "The audit is intact" in restored.run("verify_audit")
    assert restored.value("SELECT count(*) FROM audit_event WHERE action = 'audit.restored'") == 1
    restored.run("prepare")
    assert "40 euros" in restored.run("ask", "What does parking cost?")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_backup_beside_writers_is_one_moment(
    source: Commands, saved: Path, tmp_path: Path, make_database: MakeDatabase, vendor: str
) -> None:
    """Events are recorded all the while: the audit of the backup is whole, and not ahead of its database."""
    serving = source
    if vendor == "postgresql":
        serving = Commands(tmp_path / "served", database=make_database("served"))
        serving.run("restore", str(saved))
    recording = (
        "import django; django.setup()\n"
        "from audit.services import record\n"
        "while True: record('question.answered', payload={'n': 1})"
    )
    with serving.start("-c", recording):
        before = serving.value(LAST)
        deadline = time.monotonic() + 60
        while serving.value(LAST) == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        serving.run("backup", str(tmp_path / "b"))
    restored = Commands(tmp_path / "home")
    restored.run("restore", str(tmp_path / "b"))
    assert "The audit is intact" in restored.run("verify_audit")
    assert before < restored.value(LAST) < serving.value(LAST) + 2


# --- releases ---


def rewrite(path: Path, target: Path, *, change_header, change_rows) -> None:
    """Write a backup anew as another release would have: its header and the rows of its collections changed."""
    with read_members(path, secret=None) as members, target.open("wb") as stream:
        container = ContainerWriter(stream, secret=None)
        for name, _size, opened in members:
            content = opened.read()
            if name == "backup.json":
                content = json.dumps(change_header(json.loads(content))).encode()
            if name.startswith("database/kb.collection/"):
                rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
                content = gzip.compress("\n".join(json.dumps(change_rows(row)) for row in rows).encode())
            if name.startswith("manifest-"):
                facts = json.loads(content)
                del facts["members"]
                columns = facts["tables"]["kb.collection"]["columns"]
                facts["tables"]["kb.collection"]["columns"] = change_rows(columns)
                container.finish(facts)
            else:
                container.add(name, content)


def test_a_backup_of_an_earlier_release_is_brought_up_to_date(saved: Path, tmp_path: Path) -> None:
    place = columns_of(Collection).index("vocabulary")  # which comes with the later release's migration
    old = tmp_path / "old"
    rewrite(saved, old, change_header=lambda header: header, change_rows=lambda row: row[:place] + row[place + 1 :])
    restored = Commands(tmp_path / "home", settings="tests.backup.later_release.settings")
    restored.run("restore", str(tmp_path / "old"))
    assert rows(restored.home, "SELECT slug, vocabulary FROM kb_collection") == [("book", "")]
    assert "40 euros" in restored.run("ask", "What does parking cost?")
    assert "The audit is intact" in restored.run("verify_audit")


def test_a_backup_of_a_later_release_is_refused(saved: Path, tmp_path: Path) -> None:
    def with_migration(header: dict) -> dict:
        return header | {"migrations": [*header["migrations"], ["kb", "9999_later"]]}

    rewrite(saved, tmp_path / "new", change_header=with_migration, change_rows=lambda row: row)
    said = Commands(tmp_path / "home").run("restore", str(tmp_path / "new"), fails=True)
    assert "made by a later release (this one does not know kb.9999_later)" in said
    assert left_behind(tmp_path / "home") == []

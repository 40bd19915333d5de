"""The drill: what an installation answered before a backup, the restored one answers after it, with the same receipts."""

import shutil
from pathlib import Path

import pytest

from tests.backup.conftest import MakeDatabase
from tests.backup.installation import Commands


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Commands, dict]:
    """An installation on SQLite that has answered every question."""
    folder = tmp_path_factory.mktemp("source")
    installation = Commands(folder / "home", judge="bundled")
    installation.fill(folder / "documents")
    return installation, installation.ask_all()


def rounded(value: object) -> object:
    """Vectors of two processes may differ in their last bits, by how many threads computed them."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return {name: rounded(one) for name, one in value.items()} if isinstance(value, dict) else value


def answers_of(found: dict) -> list[object]:
    """What an answer says and shows; its receipt is a new one, and its times are others."""
    left_out = {"receipt", "timings_ms", "cached"}
    return [rounded({name: value for name, value in answer.items() if name not in left_out}) for answer in found["answers"]]


def check(installation: Commands, *, before: dict) -> dict:
    """Every answer is as it was, every receipt of before is there to the byte, and audit and index are whole."""
    after = installation.ask_all()
    for one, other in zip(answers_of(after), answers_of(before), strict=True):
        assert one == other
    assert len(before["receipts"]) >= 50
    assert {uid: after["receipts"].get(uid) for uid in before["receipts"]} == before["receipts"]
    assert "The audit is intact" in installation.run("verify_audit")
    assert "The index is whole" in installation.run("verify_index")
    return after


def test_the_questions_are_worth_asking(source: tuple[Commands, dict]) -> None:
    answers = source[1]["answers"]
    assert len(answers) == 50
    assert sum(answer["outcome"] == "answered" for answer in answers) >= 40
    assert "3 years" in answers[0]["answer"]


def test_sqlite_to_sqlite(source: tuple[Commands, dict], tmp_path: Path) -> None:
    installation, before = source
    (tmp_path / "secret").write_text("correct horse battery\n")
    said = installation.run("backup", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "secret"))
    assert "7 originals" in said
    restored = Commands(tmp_path / "home", judge="bundled")
    output = restored.run("restore", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "secret"))
    assert "7 originals" in output
    check(restored, before=before)
    files = {path.name for path in (tmp_path / "home" / "files").rglob("*") if path.is_file()}
    assert files == {path.name for path in (installation.home / "files").rglob("*") if path.is_file()}
    for name in ("secret_key", "audit/signing_key", "audit/signing_key.pub"):
        assert (restored.home / name).read_bytes() == (installation.home / name).read_bytes()
        assert (restored.home / name).stat().st_mode & 0o077 == 0


def test_sqlite_to_postgresql_and_on(source: tuple[Commands, dict], make_database: MakeDatabase, tmp_path: Path) -> None:
    installation, before = source
    installation.run("backup", str(tmp_path / "first"))
    first = Commands(tmp_path / "first-home", database=make_database("first"), judge="bundled")
    first.run("restore", str(tmp_path / "first"))
    assert "The audit is intact" in first.run("verify_audit")
    first.run("backup", str(tmp_path / "second"))
    second = Commands(tmp_path / "second-home", database=make_database("second"), judge="bundled")
    second.run("restore", str(tmp_path / "second"))
    after = check(second, before=before)
    output = second.run("verify_audit")
    assert output.count("Restored at ") == 2
    assert len(after["receipts"]) == 2 * 50
    (tmp_path / "new.md").write_text("# Parking\n\nParking costs 40 euros a month.\n")
    second.run("ingest", str(tmp_path / "new.md"), "--collection", "rules")  # the tables give out numbers that are free
    back = Commands(tmp_path / "back-home", judge="bundled")
    second.run("backup", str(tmp_path / "third"))
    back.run("restore", str(tmp_path / "third"))
    assert "40 euros" in back.run("ask", "What does parking cost?")
    shutil.rmtree(tmp_path / "second-home")

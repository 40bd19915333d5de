"""An empty database becomes an installation, and so does the database of the release before."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.harness.servers import Postgres
from tests.backup.installation import ROOT, Commands

PERSON = (
    "from accounts.models import User; from audit.models import Event;"
    "user = User.objects.create(username='{name}'); print('people:', User.objects.count(), 'events:', Event.objects.count())"
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, or "" for SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{request.node.originalname.removeprefix('test_')}"[:60]
    with psycopg.connect(server.url, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"')
    return server.url_of(name)


def last_release() -> str:
    """The commit of the newest release before this state of the code. By its subject: a clone may come without tags."""
    found = subprocess.run(
        ["git", "log", "--format=%H", "--max-count=1", "--extended-regexp", r"--grep=^Release [0-9]+\.[0-9]+\.[0-9]+$"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    return found.stdout.strip()


def check_out(commit: str, folder: Path) -> Path:
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def test_an_empty_database_is_migrated(database: str, tmp_path: Path) -> None:
    installation = Commands(tmp_path / "home", database=database)
    installation.run("migrate", "--no-input")
    assert "people: 1" in installation.run("shell", "--no-imports", "-c", PERSON.format(name="first"))


def test_the_installation_of_the_last_release_is_upgraded(database: str, tmp_path: Path) -> None:
    release = last_release()
    assert release, "the history holds no commit “Release X.Y.Z”: this needs a whole clone"
    before = Commands(tmp_path / "home", database=database, code=check_out(release, tmp_path / "code"))
    before.run("prepare")
    (tmp_path / "book.md").write_text("# Parking\n\nParking costs 40 euros a month.\n")
    before.run("ingest", str(tmp_path / "book.md"), "--collection", "book", "--create")
    assert "40 euros" in before.run("ask", "What does parking cost?")
    installation = Commands(tmp_path / "home", database=database)
    installation.run("prepare")
    installation.run("verify_index", "--repair")
    assert "40 euros" in installation.run("ask", "What does parking cost?")
    assert "The audit is intact" in installation.run("verify_audit")
    assert "people: 2" in installation.run("shell", "--no-imports", "-c", PERSON.format(name="after"))

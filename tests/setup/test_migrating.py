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
    """The newest release tag before this state of the code, or "" where the history holds none."""
    described = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    return described.stdout.strip()


def check_out(tag: str, folder: Path) -> Path:
    archive = subprocess.run(["git", "archive", tag], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def test_an_empty_database_is_migrated(database: str, tmp_path: Path) -> None:
    installation = Commands(tmp_path / "home", database=database)
    installation.run("migrate", "--no-input")
    assert "people: 1" in installation.run("shell", "--no-imports", "-c", PERSON.format(name="first"))


def test_the_database_of_the_last_release_is_migrated(database: str, tmp_path: Path) -> None:
    tag = last_release()
    if not tag:
        pytest.skip("this clone knows no release tag")
    before = Commands(tmp_path / "home", database=database, code=check_out(tag, tmp_path / "code"))
    before.run("migrate", "--no-input")
    before.run("shell", "--no-imports", "-c", PERSON.format(name="before"))
    installation = Commands(tmp_path / "home", database=database)
    installation.run("migrate", "--no-input")
    assert "people: 2" in installation.run("shell", "--no-imports", "-c", PERSON.format(name="after"))
    assert "The audit is intact" in installation.run("verify_audit")

"""The two shapes of an installation, each served once for the tests of its module."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.harness.servers import Postgres, Redis
from bench.harness.site import Site
from retrieval.encoding.opening import ENGLISH

ONE_MODEL = {"ATTEST_EMBEDDER": ENGLISH}  # loads faster than two


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def production(postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """On PostgreSQL and Redis."""
    given = {"DATABASE_URL": postgres.url, "CELERY_BROKER_URL": redis.url}
    site = Site(tmp_path_factory.mktemp("production"), **given, **ONE_MODEL)
    yield site
    site.end()


@pytest.fixture(scope="module")
def embedded(small_disk: Path) -> Iterator[Site]:
    """On SQLite and the filesystem broker."""
    site = Site(small_disk, **ONE_MODEL)
    yield site
    site.end()


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    """A folder that is a disk of its own where we may make one. Not in pytest's folder, which it could not remove after a kill."""
    folder = Path(tempfile.mkdtemp(prefix="attest-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield folder
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pytest shows, for a test that failed, what the installation has logged."""
    yield
    for name in ("production", "embedded"):
        if name in request.fixturenames:
            print(request.getfixturevalue(name).output)

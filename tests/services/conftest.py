"""The two shapes of an installation, each served once for the tests of its module."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.services.servers import Postgres, Redis
from tests.services.site import Site


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
    site = Site(tmp_path_factory.mktemp("production"), DATABASE_URL=postgres.url, CELERY_BROKER_URL=redis.url)
    yield site
    site.end()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """On SQLite and the filesystem broker; on a small disk of its own where we may make one."""
    home = tmp_path_factory.mktemp("embedded")
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(home)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
    site = Site(home)
    yield site
    site.end()
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.fixture(autouse=True)
def log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pytest shows, for a test that failed, what the installation has logged."""
    yield
    for name in ("production", "embedded"):
        if name in request.fixturenames:
            print(request.getfixturevalue(name).output)

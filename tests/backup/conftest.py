"""A PostgreSQL of the tests' own, and databases on it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from bench.harness.servers import Postgres

MakeDatabase = Callable[[str], str]


@pytest.fixture(scope="module")
def make_database() -> Iterator[MakeDatabase]:
    """Return the address of a new, empty database of this name."""
    servers: list[Postgres] = []

    def make(name: str) -> str:
        if not servers:
            servers.append(Postgres())
        with psycopg.connect(servers[0].url, autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name}")
        return servers[0].url_of(name)

    yield make
    for server in servers:
        server.remove()

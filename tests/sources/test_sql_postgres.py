"""A source on a real PostgreSQL server: read only, in time, in its own words."""

from collections.abc import Iterator

import psycopg
import pytest

from bench.harness.servers import Postgres
from sources.address import parse_dsn
from sources.errors import SourceFault
from sources.sql_rows import read_rows
from sources.wording import word_text

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Postgres()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE products (id uuid, name text, price numeric, made date, seen timestamptz,"
            " tags text[], facts jsonb, at_hand bool)"
        )
        connection.execute(
            "INSERT INTO products VALUES ('0f8fad5b-d9cb-469f-a165-70867728950e', '茶壶 100%', 24.50, '2026-01-31', NULL,"
            """ '{clay,"300 ml"}', '{"maker": "宜兴"}', true)"""
        )
    yield f"postgresql://attest@/postgres?host={server.folder}"
    server.remove()


def read(url: str, query: str, *, limit: int = 10, timeout_s: int = 5) -> list[dict]:
    return list(read_rows(parse_dsn(url), query, limit=limit, timeout_s=timeout_s))


def test_every_kind_of_value_is_readable(url: str) -> None:
    (row,) = read(url, "SELECT * FROM products WHERE name LIKE '%100\\%%' -- a remark;")

    assert word_text("", row) == (
        "id: 0f8fad5b-d9cb-469f-a165-70867728950e\nname: 茶壶 100%\nprice: 24.50\nmade: 2026-01-31\n"
        'tags: ["clay", "300 ml"]\nfacts: {"maker": "宜兴"}\nat_hand: true'
    )


def test_a_million_rows_are_read_as_they_come_and_no_more_than_wanted(url: str) -> None:
    rows = read(url, "SELECT n AS id FROM generate_series(1, 1000000) AS n ORDER BY n", limit=1000)
    assert [row["id"] for row in rows] == list(range(1, 1001))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("WITH gone AS (DELETE FROM products RETURNING *) SELECT * FROM gone", "query_failed"),
        ("SELECT 1 AS id) AS a; DELETE FROM products; SELECT * FROM (SELECT 1 AS id", "query_failed"),
        ("SELECT * INTO copied FROM products", "query_failed"),
        ("SELECT id FROM products FOR UPDATE", "query_failed"),
        ("SELECT nextval('numbers')", "query_failed"),
        ("SELECT set_config('transaction_read_only', 'off', false), lo_create(0)", "query_failed"),
        ("SELECT pg_sleep(30)", "timeout"),
        ("SELECT name, name FROM products", "double_column"),
        ("SELECT 1/0 AS id", "query_failed"),
    ],
)
def test_what_writes_or_takes_too_long_is_refused(url: str, query: str, code: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS numbers")
        with pytest.raises(SourceFault) as fault:
            read(url, query, timeout_s=1)
        assert fault.value.code == code
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)
        assert connection.execute("SELECT to_regclass('copied')").fetchone() == (None,)


def test_what_a_read_only_transaction_lets_through_is_rolled_back(url: str) -> None:
    read(url, "SELECT pg_advisory_lock(7)::text AS id")
    try:
        read(url, "SELECT lo_create(0) AS id")  # allowed up to PostgreSQL 15
    except SourceFault as fault:
        assert fault.code == "query_failed"
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)
        assert connection.execute("SELECT pg_try_advisory_lock(7)").fetchone() == (True,)


def test_a_database_that_is_not_there_is_reported(url: str) -> None:
    with pytest.raises(SourceFault, match="no_connection"):
        read(url.replace("/postgres?", "/nowhere?"), "SELECT 1 AS id")

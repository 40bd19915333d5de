"""Read the rows of a query: one SELECT in a read-only transaction, with limits of time and rows.

The query becomes a subquery, `SELECT * FROM (query) AS attest_rows LIMIT n`, sent as a single statement: what is not one SELECT
does not parse there, and a data-changing WITH is refused by the database. So is what writes in a read-only transaction, which is
rolled back in any case. What a SELECT can do by calling functions is up to the rights of the account: give it none but reading
(docs/security.md).
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sources.address import connect_arguments, directed
from sources.errors import SourceFault

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Dialect, Engine

CONNECT_TIMEOUT_S = 10
FETCH = 200  # rows that are held at once
PROGRESS_STEPS = 10_000  # of SQLite's machine between two looks at the clock
COMMENT = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
SELECT = re.compile(r"(?:select|with)\b", re.IGNORECASE)
TIMED_OUT = re.compile(
    r"statement timeout|max_statement_time|maximum statement execution time|interrupted|timed out", re.IGNORECASE
)
Row = dict[str, object]


def check_query(query: str) -> str:
    """Return the query without what may stand behind it. Raises: SourceFault: not_select."""
    bare = query.strip().removesuffix(";").rstrip()
    if "\0" in bare or not SELECT.match(bare, COMMENT.match(bare).end()):  # type: ignore[union-attr]  # no comment matches too
        raise SourceFault("not_select")
    return bare


def read_rows(url: "URL", query: str, *, limit: int, timeout_s: int, addresses: tuple[str, ...] = ()) -> Iterator[Row]:
    """Yield at most `limit` rows as {column: value}, as they come.

    `addresses`: numeric ones to connect to instead of the URL's host; none: whatever its name leads to.
    Raises: SourceFault: not_select, no_connection, query_failed, timeout, double_column.
    """
    statement = f"SELECT * FROM (\n{check_query(query)}\n) AS attest_rows LIMIT {int(limit)}"  # noqa: S608 - see above
    engine = _engine(url, timeout_s, addresses)
    try:
        with _connected(engine, url) as connection, _translate_errors(url, "query_failed", timeout_s):
            _forbid_writing(connection, timeout_s)
            streaming = connection.execution_options(stream_results=True, max_row_buffer=FETCH, no_parameters=True)
            with closing(streaming.exec_driver_sql(statement)) as result:
                columns = list(result.keys())
                if len(set(columns)) < len(columns):
                    raise SourceFault("double_column", next(name for name in columns if columns.count(name) > 1))
                for row in result:
                    yield dict(zip(columns, row, strict=True))
    finally:
        engine.dispose()


def _engine(url: "URL", timeout_s: int, addresses: tuple[str, ...]) -> "Engine":
    from sqlalchemy import create_engine, event  # here, so that processes which read no source need not import it
    from sqlalchemy.pool import NullPool

    if url.drivername == "sqlite":
        return create_engine("sqlite://", poolclass=NullPool, creator=lambda: _open_file(url.database or "", timeout_s))
    arguments = connect_arguments(url, connect_timeout_s=CONNECT_TIMEOUT_S, read_timeout_s=timeout_s + 5)
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)

    @event.listens_for(engine, "do_connect")
    def connect(dialect: "Dialect", record: object, positional: list[Any], named: dict[str, Any]) -> object:
        *others, last = directed(url, addresses)
        for place in others:
            with suppress(dialect.loaded_dbapi.OperationalError):  # the name's next address may answer
                return dialect.connect(*positional, **named | place)
        return dialect.connect(*positional, **named | last)

    return engine


def _open_file(path: str, timeout_s: int) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=CONNECT_TIMEOUT_S, check_same_thread=False)
    end = time.monotonic() + timeout_s
    connection.set_progress_handler(lambda: time.monotonic() > end, PROGRESS_STEPS)
    return connection


@contextmanager
def _connected(engine: "Engine", url: "URL") -> Iterator["Connection"]:
    with _translate_errors(url, "no_connection", CONNECT_TIMEOUT_S):
        connection = engine.connect()
    with closing(connection):
        yield connection


@contextmanager
def _translate_errors(url: "URL", code: str, timeout_s: int) -> Iterator[None]:
    """Translate every error of the driver into a SourceFault whose sentence contains no secret."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except DBAPIError as error:
        text = _without_secrets(str(error.orig), url)
        if TIMED_OUT.search(text) and code == "query_failed":
            raise SourceFault("timeout", str(timeout_s)) from error
        raise SourceFault("no_connection" if error.connection_invalidated else code, text) from error
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError) as error:
        raise SourceFault(code, _without_secrets(str(error), url)) from error


def _without_secrets(text: str, url: "URL") -> str:
    text = " ".join(text.split())[:600]
    return text.replace(url.password, "…") if url.password else text


def _forbid_writing(connection: "Connection", timeout_s: int) -> None:
    """Let the database itself make the transaction read-only and limit each statement."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {timeout_s * 1000}")
    elif dialect == "mysql":
        is_mariadb = getattr(connection.dialect, "is_mariadb", False)
        bound = f"max_statement_time = {timeout_s}" if is_mariadb else f"max_execution_time = {timeout_s * 1000}"
        connection.exec_driver_sql(f"SET SESSION {bound}")
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.exec_driver_sql("START TRANSACTION READ ONLY")
    elif dialect == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")

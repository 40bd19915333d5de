"""The database as it was at one moment, while others go on reading and writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import IsolationLevel

SNAPSHOT = "snapshot"


@contextmanager
def open_snapshot() -> Iterator[str]:
    """Yield the alias of a connection whose every query sees the same state of the database; nobody waits for it.

    PostgreSQL: a transaction of REPEATABLE READ. SQLite: a deferred transaction, which in WAL mode keeps reading the pages of its
    beginning; the WAL grows meanwhile, and shrinks afterwards.
    """
    connection = connections[DEFAULT_DB_ALIAS].copy(alias=SNAPSHOT)
    options = connection.settings_dict.setdefault("OPTIONS", {})
    if connection.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    else:
        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    connections[SNAPSHOT] = connection
    try:
        with transaction.atomic(using=SNAPSHOT):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")  # its beginning is the first query
            yield SNAPSHOT
    finally:
        connection.close()
        del connections[SNAPSHOT]

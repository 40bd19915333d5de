"""Free pages of the database: what was deleted still stands in them until they are written anew."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection
from django.utils import timezone

logger = logging.getLogger(__name__)
TABLES = ("kb_page", "kb_chunk", "kb_chunkembedding", "kb_readingfault", "kb_documentversion")
PATIENCE = "5s"  # for a table: nobody who asks waits longer behind this


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """`method`: "vacuum" wrote everything anew, "partly" some tables were in use, "none" nothing was done."""

    method: str
    at: datetime


def scrub_database() -> Scrubbed:
    """Write the tables anew that held texts, so that no free page has any of them. Outside a transaction.

    On PostgreSQL a table is locked while it is written; one that is in use for PATIENCE is left for the next run.
    """
    if connection.in_atomic_block:
        return Scrubbed(method="none", at=timezone.now())
    skipped = _vacuum_postgresql() if connection.vendor == "postgresql" else _vacuum_sqlite()
    return Scrubbed(method="partly" if skipped else "vacuum", at=timezone.now())


def _vacuum_sqlite() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()[0]
    except OperationalError as error:
        logger.warning("the database could not be written anew: %s", error)
        return True
    return bool(busy)


def _vacuum_postgresql() -> bool:
    skipped = False
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
        try:
            for table in TABLES:
                try:
                    cursor.execute(f"VACUUM (FULL) {table}")
                except OperationalError as error:
                    logger.warning("the table %s could not be written anew: %s", table, error)
                    skipped = True
        finally:
            cursor.execute("RESET lock_timeout")
    return skipped

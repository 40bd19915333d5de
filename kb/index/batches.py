"""Walking many rows while writing others."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def in_batches(rows: "QuerySet[Row]", *, key: str, size: int) -> Iterator[list[Row]]:
    """Yield the rows in the order of `key`, a unique field among them, each batch by a query of its own.

    `iterator()` keeps one query open. On SQLite that pins what the connection sees, and as soon as another process has written,
    a write of this one fails at once with "database is locked", whatever the timeout.
    """
    batch = list(rows.order_by(key)[:size])
    while batch:
        yield batch
        if len(batch) < size:
            return
        batch = list(rows.filter(**{f"{key}__gt": getattr(batch[-1], key)}).order_by(key)[:size])

"""The filtered list as a table for a spreadsheet."""

from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice

from audit.looking.search import models_of
from audit.models import Event
from audit.spreadsheets import write_csv

EXPORT_LIMIT = 50_000  # rows; about 15 MB
COLUMNS = ("sequence", "at", "action", "actor_id", "actor_name", "subject", "summary", "model", "uid", "payload_hash", "hash")
BATCH = 500


def export_csv(events: Iterable[Event]) -> tuple[str, int]:
    """Return the table and its number of rows."""
    rows = list(_rows(events))
    return write_csv([COLUMNS, *rows]), len(rows)


def _rows(events: Iterable[Event]) -> Iterator[tuple[object, ...]]:
    left = iter(events)
    while batch := list(islice(left, BATCH)):
        models = models_of(batch)
        for event in batch:
            at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
            values = (event.sequence, at, event.action, event.actor_id, event.actor_name, event.subject, event.summary)
            yield (*values, models.get(event.pk, ""), event.uid, event.payload_hash, event.hash)

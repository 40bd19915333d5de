"""The filtered list as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC

from audit.looking.search import models_of
from audit.models import Event

EXPORT_LIMIT = 50_000  # rows; about 15 MB
COLUMNS = ("sequence", "at", "action", "actor_id", "actor_name", "subject", "summary", "model", "uid", "payload_hash", "hash")
BATCH = 500


def export_csv(events: Iterable[Event]) -> tuple[str, int]:
    """Return the table and its number of rows. It begins with a byte order mark, without which Excel misreads Chinese."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    rows = 0
    batch: list[Event] = []

    def write() -> None:
        models = models_of(batch)
        for event in batch:
            at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
            values = (event.sequence, at, event.action, event.actor_id, event.actor_name, event.subject, event.summary)
            writer.writerow(map(_cell, (*values, models.get(event.pk, ""), event.uid, event.payload_hash, event.hash)))

    for event in events:
        batch.append(event)
        rows += 1
        if len(batch) == BATCH:
            write()
            batch.clear()
    write()
    return "\ufeff" + stream.getvalue(), rows


def _cell(value: object) -> str:
    """Keep a spreadsheet from running text as a formula (OWASP, "CSV Injection")."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "|", "%") else text

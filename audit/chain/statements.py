"""Recording on PostgreSQL in three statements, however many events come together: each way to the server is time in line.

Django's own way, one statement a table, is ten. What is written is the same, to the column.
"""

from collections.abc import Sequence

from django.db import connection

from audit.models import ChainHead, Event, Payload

_BODY = Payload._meta.get_field("body")
_AHEAD = """
WITH made AS MATERIALIZED (
  SELECT place, nextval(pg_get_serial_sequence('audit_event', 'id')) AS id FROM generate_series(1, %s) AS place
), payloads AS (
  INSERT INTO audit_payload (event_id, body)
  SELECT made.id, given.body FROM unnest(%s::text[]) WITH ORDINALITY AS given (body, place) JOIN made USING (place)
), facts AS (
  INSERT INTO audit_fact (event_id, kind, value)
  SELECT made.id, given.kind, given.value
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (place, kind, value) JOIN made USING (place)
)
SELECT id FROM made ORDER BY place
"""
_LOCK = """
SELECT id, sequence, hash, key_id, set_config('synchronous_commit', 'off', true) FROM audit_chainhead WHERE id = %s FOR UPDATE
"""


def write_contents_ahead(contents: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> list[int]:
    """Write the payloads and facts of events that are still to be linked. What refers to what is checked at the transaction's end.

    Args: contents: (body, (kind, value) of each fact) an event. Returns: the primary keys that the events must get.
    """
    facts = [(place, kind, value) for place, (_body, pairs) in enumerate(contents, start=1) for kind, value in pairs]
    places, kinds, values = ([list(column) for column in zip(*facts, strict=True)]) if facts else ([], [], [])
    with connection.cursor() as cursor:
        bodies = [_BODY.get_db_prep_save(body, connection) for body, _pairs in contents]
        cursor.execute(_AHEAD, [len(contents), bodies, places, kinds, values])
        return [pk for (pk,) in cursor.fetchall()]


def lock_head(pk: int) -> ChainHead | None:
    """Return the head, locked, in a transaction that commits without waiting for the disk (`audit.chain.durability`)."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [pk])
        row = cursor.fetchone()
    if row is None:
        return None
    return ChainHead.from_db(None, ["id", "sequence", "hash", "key_id"], row[:4])


def insert_events(events: Sequence[Event], *, head: ChainHead) -> None:
    """Insert events with all of their columns, and store the head, whose lock the caller holds."""
    fields = Event._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    arrays = ", ".join(f"%s::{(field.db_type(connection) or '').partition('(')[0]}[]" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE audit_chainhead SET sequence = %s, hash = %s, key_id = %s WHERE id = %s) "  # noqa: S608
            f"INSERT INTO audit_event ({columns}) SELECT * FROM unnest({arrays})",  # names of our own columns
            [
                *(head.sequence, head.hash, head.key_id, head.pk),
                *([field.get_db_prep_save(getattr(event, field.attname), connection) for event in events] for field in fields),
            ],
        )
    for event in events:
        event._state.adding, event._state.db = False, connection.alias

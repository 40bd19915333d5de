"""Reading events as they lie in the database, also where a row holds what its columns cannot mean: that is a finding, no crash.

SQLite keeps text in a column of numbers or dates; PostgreSQL a date that Python cannot hold.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from audit.models import Event, Fact, Payload

BATCH = 500  # a receipt is about 40 kB: 20 MB at a time
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, ValidationError, DatabaseError)
KINDS: dict[str, type] = {
    "sequence": int,
    "uid": UUID,
    "at": datetime,
    **dict.fromkeys(("action", "actor_id", "actor_name", "subject", "summary", "payload_hash", "previous_hash", "hash"), str),
    **dict.fromkeys(("facts_hash", "key_id", "mark"), str),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event with its payload, as far as they can be read. `fault`: what of the event cannot, `payload_fault`: of the payload."""

    sequence: int | None
    hash: str | None
    event: Event | None
    payload: Payload | None
    facts: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    payload_fault: str = ""


def read_rows(*, after: int = 0) -> Iterator[Row]:
    """Yield every event that is there now, in the order of the chain, `BATCH` in memory at a time.

    `after`: begin behind this sequence number.
    """
    behind, values = ("WHERE sequence > %s", [after]) if after else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM audit_event {behind} ORDER BY sequence, id", values)  # noqa: S608  a literal from above
        ids = array("q", (pk for (pk,) in iter(cursor.fetchone, None)))
    for start in range(0, len(ids), BATCH):
        yield from _read(ids[start : start + BATCH].tolist())


def read_row(pk: int) -> Row:
    """Return one event."""
    (row,) = _read([pk])
    return row


def _read(ids: list[int]) -> list[Row]:
    try:
        with transaction.atomic():  # on PostgreSQL a query that fails ends the transaction around it
            events = Event.objects.in_bulk(ids)
            payloads = {payload.event_id: payload for payload in Payload.objects.filter(event__in=ids)}
            facts = _facts_of(ids)
    except UNREADABLE:
        if len(ids) == 1:
            return [_read_damaged(ids[0])]
        return [row for pk in ids for row in _read([pk])]
    return [_row(events[pk], payloads.get(pk), facts.get(pk, ())) for pk in ids if pk in events]


def _facts_of(ids: list[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for event_id, kind, value in Fact.objects.filter(event__in=ids).values_list("event_id", "kind", "value"):
        found.setdefault(event_id, []).append((kind, value))
    return {pk: tuple(facts) for pk, facts in found.items()}


def _row(event: Event, payload: Payload | None, facts: tuple[tuple[str, str], ...], *, payload_fault: str = "") -> Row:
    fault = next((name for name, kind in KINDS.items() if type(getattr(event, name)) is not kind), "")
    if payload is not None and (type(payload.body) is not str or not isinstance(payload.erased_at, datetime | None)):
        payload_fault = "is no text"
    return Row(
        sequence=event.sequence if type(event.sequence) is int else None,
        hash=event.hash if type(event.hash) is str else None,
        event=event,
        payload=payload,
        facts=facts,
        fault=f"its {fault} is none" if fault else "",
        payload_fault=payload_fault,
    )


def _read_damaged(pk: int) -> Row:
    """Return what can be read of an event, one of whose columns, or its payload's, the driver or Django does not take."""
    try:
        with transaction.atomic():
            event = Event.objects.get(pk=pk)
    except UNREADABLE as error:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(sequence AS TEXT), CAST(hash AS TEXT) FROM audit_event WHERE id = %s", [pk])
            sequence, found = cursor.fetchone()
        is_number = sequence is not None and sequence.isascii() and sequence.isdigit()
        reason = str(error).partition("\n")[0]
        return Row(sequence=int(sequence) if is_number else None, hash=found, event=None, payload=None, fault=reason)
    try:
        with transaction.atomic():
            return _row(event, Payload.objects.filter(event=pk).first(), _facts_of([pk]).get(pk, ()))
    except UNREADABLE as error:
        return _row(event, None, (), payload_fault=str(error).partition("\n")[0])

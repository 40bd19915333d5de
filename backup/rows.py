"""Rows as lines of JSON, the same for SQLite and PostgreSQL, by the fields of Django's models."""

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

from backup.cipher import ALTERED
from backup.errors import BackupDamaged, DatabaseUnusable

ROWS_AT_ONCE = 200
PART_BYTES = 8 * 1024 * 1024  # of JSON, before it is packed
# Sessions are left out: whoever was signed out since would be signed in again by a restore.
# The state of an index describes files that are not in the backup, a heartbeat processes that are not.
LEFT_OUT = frozenset({"accounts.browsersession", "sessions.session", "kb.indexstate", "system.heartbeat"})
Row = Sequence[Any]


def list_models(apps: Apps) -> list[type[models.Model]]:
    """Return the models whose rows make up an installation, those of many-to-many fields too, by their labels."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped and model._meta.label_lower not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: model._meta.label_lower)


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def dump_rows(model: type[models.Model], *, using: str) -> Iterator[tuple[int, bytes]]:
    """Yield (rows, packed lines) in parts of about PART_BYTES, in the order of the primary key.

    Raises: DatabaseUnusable: a row holds what its column cannot mean.
    """
    fields = model._meta.concrete_fields
    lines: list[str] = []
    size = 0
    rows = model._base_manager.using(using).order_by("pk").values_list(*columns_of(model))
    try:
        for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
            line = json.dumps([_plain(field, value) for field, value in zip(fields, row, strict=True)])
            lines.append(line)
            size += len(line)
            if size >= PART_BYTES:
                yield len(lines), _pack(lines)
                lines, size = [], 0
    except (ValueError, TypeError, ValidationError) as error:
        raise DatabaseUnusable(
            f"The table {model._meta.db_table} holds a value that cannot be read ({error}). manage.py verify_audit names damaged "
            "events; mend or remove the row, then back up again."
        ) from error
    if lines:
        yield len(lines), _pack(lines)


def load_rows(model: type[models.Model], packed: bytes, *, columns: Sequence[str]) -> int:
    """Insert the rows of one part as they are, past `save` and automatic dates. Returns: how many.

    Raises: BackupDamaged: the rows do not fit the model.
    """
    try:
        fields = [_field_of(model, column) for column in columns]
        lines = gzip.decompress(packed).splitlines()
        rows = [
            [_prepared(field, value) for field, value in zip(fields, json.loads(line), strict=True)]
            for line in lines
            if line.strip()
        ]
    except (ValueError, TypeError, KeyError, OSError, EOFError, ValidationError, FieldDoesNotExist) as error:
        raise BackupDamaged(ALTERED) from error
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join("%s" for _ in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608  names of our own models
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            cursor.executemany(statement, rows[start : start + ROWS_AT_ONCE])
    return len(rows)


def read_counters(found: Sequence[type[models.Model]], *, using: BaseDatabaseWrapper) -> dict[str, int]:
    """Return the last number that each table has given out, by the model's label: numbers of deleted rows are not given again."""
    counters = {}
    with using.cursor() as cursor:
        for model in found:
            if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
                counters[model._meta.label_lower] = _last_number(cursor, model, vendor=using.vendor)
    return {label: number for label, number in counters.items() if number}


def write_counter(model: type[models.Model], number: int) -> None:
    """Have the table give out numbers above this one."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', model._meta.pk.column, number])


def _last_number(cursor: Any, model: type[models.Model], *, vendor: str) -> int:
    table = model._meta.db_table
    if vendor == "sqlite":
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        return int(row[0]) if row else 0
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', model._meta.pk.column])
    [(sequence,)] = cursor.fetchall()
    cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608  PostgreSQL's own name
    [(last, is_called)] = cursor.fetchall()
    return int(last) if is_called else 0


def _pack(lines: list[str]) -> bytes:
    return gzip.compress("\n".join(lines).encode(), compresslevel=1, mtime=0)  # vectors do not shrink; text does at once


def _plain(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"{field.name}: {type(value).__name__}")


def _prepared(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is not None and not isinstance(field, models.JSONField):
        value = base64.b64decode(value, validate=True) if isinstance(field, models.BinaryField) else field.to_python(value)
    return field.get_db_prep_save(value, connection)


def _field_of(model: type[models.Model], column: str) -> "models.Field[Any, Any]":
    """Raises: FieldDoesNotExist."""
    for field in model._meta.concrete_fields:
        if field.attname == column:
            return field
    raise FieldDoesNotExist(f"{model._meta.label} has no {column}")

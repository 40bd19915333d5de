"""Bringing everything that can be sealed under the first key of the ring: what lies in clear, and what another key sealed.

Each row and each file is done by itself, and what it holds says whether it is done: a run that was killed is run again, and
begins where it ended. People go on working meanwhile: a row that changed while it was being sealed stays as its writer left it,
who sealed it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from audit.chain.marks.guards import lifted_guards
from ingest.queue.crash_points import crash_point
from kb.models import DocumentVersion
from kb.storage import incoming_folder, original_path
from vault.fields import SealedJSONField, SealedTextField, purpose_of
from vault.kept import ENDING, configured_ring, renew_kept
from vault.values import renew_text

ROWS_AT_ONCE = 500
STALE_S = 3600.0  # a picture that is being written takes a second
Advance = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """How much was sealed or wrapped anew; what was done already is not counted."""

    values: int
    originals: int
    pictures: int
    missing: tuple[str, ...]  # originals that the database names and that are not there


def renew_all(*, advance: Advance = lambda count: None) -> Renewed:
    """Seal what lies in clear, and wrap anew what another key than the first sealed. Raises: KeyRingUnusable; Unreadable.

    Args: advance: called with the number of values and files that were looked at.
    """
    configured_ring().current  # noqa: B018  without a key nothing begins
    values = sum(_renew_column(field, advance=advance) for field in sealed_fields())
    originals, missing = _renew_originals(advance=advance)
    return Renewed(values=values, originals=originals, missing=missing, pictures=_renew_pictures(advance=advance))


def sealed_fields() -> list["models.Field[Any, Any]"]:
    """Return every column that is sealed where there is a key."""
    found = [field for model in apps.get_models() for field in model._meta.local_concrete_fields]
    return [field for field in found if isinstance(field, SealedTextField | SealedJSONField)]


def _renew_column(field: "models.Field[Any, Any]", *, advance: Advance) -> int:
    ring, purpose, quote = configured_ring(), purpose_of(field), connection.ops.quote_name
    table, column = quote(field.model._meta.db_table), quote(field.column or "")
    key, last, count = quote(field.model._meta.pk.column or ""), 0, 0
    while True:
        with _writing(field.model), connection.cursor() as cursor:
            cursor.execute(  # names of our own models
                f"SELECT {key}, {column} FROM {table} WHERE {key} > %s ORDER BY {key} LIMIT %s",  # noqa: S608
                [last, ROWS_AT_ONCE],
            )
            rows = cursor.fetchall()
            for pk, kept in rows:
                renewed = renew_text(kept, purpose=purpose, ring=ring) if kept else kept
                if renewed != kept:
                    statement = f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s"  # noqa: S608  as above
                    cursor.execute(statement, [renewed, pk, kept])
                    count += 1
        if not rows:
            return count
        last = rows[-1][0]
        advance(len(rows))
        crash_point("renewed_rows")


def _writing(model: type[models.Model]) -> Any:
    """The audit's tables refuse changes by triggers, which know nothing of seals: what they hold in clear stays the same."""
    return lifted_guards() if model._meta.app_label == "audit" else transaction.atomic()


def _renew_originals(*, advance: Advance) -> tuple[int, tuple[str, ...]]:
    kept = DocumentVersion.objects.exclude(storage_path="").order_by("storage_path")
    count, missing = 0, []
    for storage_path in kept.values_list("storage_path", flat=True).distinct().iterator():
        try:
            count += renew_kept(original_path(storage_path), by_way_of=incoming_folder())
        except FileNotFoundError:
            missing.append(storage_path)
        advance(1)
        crash_point("renewed_original")
    return count, tuple(missing)


def _renew_pictures(*, advance: Advance) -> int:
    count = 0
    for path in _pictures():
        try:
            count += renew_kept(path, by_way_of=path.parent)
        except FileNotFoundError:
            continue  # purged meanwhile; it is made again when it is asked for
        advance(1)
    return count


def _pictures() -> Iterator[Path]:
    """Yield pictures of pages, without the ending of sealed ones; what a killed process left half written goes."""
    for found in sorted((Path(settings.CACHE_ROOT) / "pages").glob("*/*")):
        if found.suffix == ".webp":
            yield found
        elif found.suffix == ENDING:
            yield found.with_suffix("")
        elif time.time() - found.stat().st_mtime > STALE_S:
            found.unlink(missing_ok=True)

"""Adding to the tallies and reading them. One statement each, whatever was counted before."""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from metrics.instruments import Gauge, Observation, write_labels
from metrics.models import Tally

_MOST_ROWS = 150  # of one statement: SQLite before 3.32 takes 999 values


def merge(observations: Iterable[Observation]) -> dict[tuple[str, str, str], tuple[int, float]]:
    """Return how often and how much, by name, labels and bucket."""
    merged: dict[tuple[str, str, str], tuple[int, float]] = {}
    for one in observations:
        key = (one.name, one.labels, one.bucket)
        times, total = merged.get(key, (0, 0.0))
        merged[key] = (times + one.times, total + one.total)
    return merged


def add(observations: Iterable[Observation]) -> None:
    """Add to the tallies, in the caller's transaction where there is one: counted is then what was committed."""
    rows = [(*key, *value) for key, value in sorted(merge(observations).items())]  # in one order: two writers never wait crosswise
    table = connection.ops.quote_name(Tally._meta.db_table)
    for start in range(0, len(rows), _MOST_ROWS):
        some = rows[start : start + _MOST_ROWS]
        places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(some))
        statement = (
            f"INSERT INTO {table} (name, labels, bucket, times, total) VALUES {places}"  # noqa: S608  our own names
            f" ON CONFLICT (name, labels, bucket) DO UPDATE SET times = {table}.times + excluded.times,"
            f" total = {table}.total + excluded.total"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for row in some for value in row])


def set_gauge(gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
    """Let a gauge stand at `values`, by the values of its labels; what it had besides goes."""
    rows = [
        Tally(name=gauge.name, labels=write_labels(gauge.labels, labels), times=1, total=value) for labels, value in values.items()
    ]
    with transaction.atomic():
        Tally.objects.bulk_create(  # by conflict: two workers may measure at once
            rows, update_conflicts=True, unique_fields=["name", "labels", "bucket"], update_fields=["total"]
        )
        Tally.objects.filter(name=gauge.name).exclude(labels__in=[row.labels for row in rows]).delete()


def read() -> list[Tally]:
    return list(Tally.objects.all())

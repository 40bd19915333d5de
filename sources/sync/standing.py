"""How all sources are, for monitoring: counts by kind, databases among them."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from sources.models import Source, SqlSource

LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of the sources of one kind that are not paused."""

    kind: str
    active: int
    failed: int
    late: int


def read_standing() -> list[Standing]:
    """Return how the sources of each kind are, in two queries."""
    late = Q(next_run_at__lt=timezone.now() - LATE)
    active, failed, is_late = Count("pk"), Count("pk", filter=~Q(error_code="")), Count("pk", filter=late)
    rows = Source.objects.filter(removed_at=None, is_paused=False).order_by("kind").values("kind")
    counted = rows.annotate(active=active, failed=failed, late=is_late).values_list("kind", "active", "failed", "late")
    found = [Standing(kind=row[0], active=row[1], failed=row[2], late=row[3]) for row in counted]
    databases = SqlSource.objects.filter(removed_at=None, is_paused=False).aggregate(active=active, failed=failed, late=is_late)
    return [*found, Standing(kind="sql", **databases)] if databases["active"] else found

"""A source is held by one worker at a time: claimed by a conditional update, kept while work goes on, lost when it is paused."""

import os
import time
import uuid
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from sources.errors import SourceTaken
from sources.sync.models import Source

LEASE_S = 120.0
RENEW_S = 5.0


class Hold:
    """A claimed source. Everything that is written about it goes through `fence` or `keep`, so that a worker that lost it writes no
    more."""

    def __init__(self, source: Source) -> None:
        self.source, self.token = source, source.leased_by
        self._renewed = time.monotonic()

    def renew(self) -> None:
        """Keep the source, if it is time to. Raises: SourceTaken."""
        if time.monotonic() - self._renewed > RENEW_S:
            self._renewed = time.monotonic()
            self.keep(lease_expires_at=timezone.now() + timedelta(seconds=LEASE_S))

    def keep(self, **changes: object) -> None:
        """Write to the source while it is this worker's. Raises: SourceTaken."""
        if not Source.objects.filter(pk=self.source.pk, leased_by=self.token).update(**changes):
            raise SourceTaken(str(self.source.pk))
        for name, value in changes.items():
            setattr(self.source, name, value)

    def fence(self) -> Source:
        """Lock the source's row to the end of the caller's transaction. Raises: SourceTaken."""
        locked = Source.objects.select_for_update().filter(pk=self.source.pk, leased_by=self.token).first()
        if locked is None:
            raise SourceTaken(str(self.source.pk))
        return locked

    def release(self, **changes: object) -> None:
        """Give the source back. Raises: SourceTaken."""
        self.keep(**changes, leased_by="", lease_expires_at=None)


def claim(only: int | None = None) -> Hold | None:
    """Claim the source that has been due longest, or `only` that one. Two workers never get the same."""
    due = Source.objects.filter(is_due())
    if only is not None:
        due = due.filter(pk=only)
    for source in due.order_by("wanted_at", "next_run_at")[:5]:
        token = f"{os.getpid()}:{uuid.uuid4().hex}"
        expires = timezone.now() + timedelta(seconds=LEASE_S)
        if Source.objects.filter(is_due(), pk=source.pk).update(leased_by=token, lease_expires_at=expires):
            held = Source.objects.select_related("collection").filter(pk=source.pk, leased_by=token).first()
            if held is not None:
                return Hold(held)
    return None


def is_due() -> Q:
    """Return the condition that a source is to be worked on now: removed, asked for, or by its schedule and in its hours."""
    now = timezone.now()
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    is_wanted = Q(wanted_at__lte=now) | Q(is_paused=False, next_run_at__lte=now, wanted_at=None)
    return free & (Q(removed_at__isnull=False) | (is_wanted & (Q(is_asked_for=True) | is_in_hours())))


def is_in_hours() -> Q:
    """Return the condition that a source's hours are now, where the installation is."""
    hour = timezone.localtime(timezone=timezone.get_default_timezone()).hour
    by_day = Q(hours_from__lt=F("hours_to"), hours_from__lte=hour, hours_to__gt=hour)
    over_night = Q(hours_from__gte=F("hours_to")) & (Q(hours_from__lte=hour) | Q(hours_to__gt=hour))
    return Q(hours_from=None) | by_day | over_night

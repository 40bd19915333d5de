"""That auditors read the audit is on record without burying it: a visit is one event when it begins, and a second one
completes it with everything that was looked for, however often the filters were changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.models import Reading
from audit.services import record

IDLE_AFTER = timedelta(minutes=10)  # then the visit is over
MAX_LISTS = 200  # different ones, in one event


def note_reading(*, by: Actor, filters: Mapping[str, str]) -> None:
    """Record that a list was looked at: the first of a visit at once, the others when the visit is completed.

    Until then they are in the database, so that nothing is lost with a process.
    """
    now = timezone.now()
    with transaction.atomic():
        reading = Reading.objects.select_for_update().filter(actor_id=by.id).first()
        if reading is not None and (_is_over(reading, now=now) or len(reading.lists) >= MAX_LISTS):
            _complete(reading)
            reading = None
        if reading is None:
            summary = urlencode(sorted(filters.items()))
            begun = record("audit.viewed", by=by, summary=summary, payload={"filters": filters})
            Reading.objects.create(
                actor_id=by.id, actor_name=by.name, event=begun.uid, began_at=now, last_at=now, lists=[dict(filters)]
            )
            return
        if dict(filters) not in reading.lists:
            reading.lists.append(dict(filters))
        reading.last_at = now
        reading.save(update_fields=["lists", "last_at"])


def complete_reading(*, user_id: object) -> None:
    """End this person's visit, as when they sign out."""
    with transaction.atomic():
        for reading in Reading.objects.select_for_update().filter(actor_id=str(user_id)):
            _complete(reading)


def complete_idle_readings() -> int:
    """End the visits in which nothing was looked at for a while. Returns: how many."""
    idle = Reading.objects.filter(last_at__lt=timezone.now() - IDLE_AFTER).values_list("pk", flat=True)
    done = 0
    for pk in list(idle):
        with transaction.atomic():
            reading = Reading.objects.select_for_update().filter(pk=pk, last_at__lt=timezone.now() - IDLE_AFTER).first()
            if reading is not None:
                _complete(reading)
                done += 1
    return done


def _is_over(reading: Reading, *, now: datetime) -> bool:
    return now - reading.last_at > IDLE_AFTER


def _complete(reading: Reading) -> None:
    """Record the rest of a visit, where there was more than its first list, and forget the row."""
    if len(reading.lists) > 1:
        record(
            "audit.viewing_completed",
            by=Actor(id=reading.actor_id, name=reading.actor_name),
            subject=f"event:{reading.event}",
            summary=urlencode({"lists": len(reading.lists)}),
            payload={"began_at": reading.began_at, "ended_at": reading.last_at, "lists": reading.lists},
        )
    reading.delete()

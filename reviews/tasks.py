"""What beat asks for: new questions become cases."""

import time

from celery import shared_task

from reviews.desk.escalating import escalate_overdue
from reviews.desk.intake import BATCH, take_in

SLICE_S = 20.0


@shared_task(name="reviews.tasks.take_in")
def take_in_events() -> int:
    """Read what the audit recorded since, for up to `SLICE_S` seconds. Returns: how many events."""
    deadline, done = time.monotonic() + SLICE_S, 0
    while time.monotonic() < deadline:
        count = take_in()
        done += count
        if count < BATCH:
            break
    return done


@shared_task(name="reviews.tasks.escalate")
def escalate() -> int:
    """Escalate what is long overdue. Returns: how many cases."""
    return escalate_overdue()

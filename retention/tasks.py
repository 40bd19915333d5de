"""What beat asks for: erasures go on, rules are applied once a day."""

from celery import shared_task

from retention.people.erasing import run_erasures
from retention.rules.applying import apply_when_due


@shared_task(name="retention.tasks.erase")
def erase() -> int:
    """Go on with the erasures that were ordered. Returns: how many came to their end."""
    return run_erasures()


@shared_task(name="retention.tasks.apply")
def apply() -> bool:
    """Apply the retention rules once a day, a slice at a time. Returns: whether today's run came to its end."""
    return apply_when_due()

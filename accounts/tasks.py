"""Celery tasks about people. The database decides what is due; a task only checks."""

from celery import shared_task

from accounts.people.guests import end_guests
from accounts.sign_in.directory.syncing import run_due_syncs


@shared_task(name="accounts.tasks.keep_in_step")
def keep_in_step() -> None:
    """End guests whose last day is over, and sync the directories that are due."""
    end_guests()
    run_due_syncs()

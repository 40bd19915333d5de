"""Celery tasks about people. The database decides what is due; a task only checks."""

from celery import shared_task

from accounts.sign_in.directory.syncing import run_due_syncs


@shared_task(name="accounts.tasks.keep_in_step")
def keep_in_step() -> None:
    """Sync the directories that are due."""
    run_due_syncs()

"""Celery tasks of the sources. The database decides what is due; a task only checks."""

from celery import shared_task

from sources.running import run_due_sources
from sources.sync.running import run_due


@shared_task(name="sources.tasks.run")
def run() -> int:
    """Run a batch of each source that is due. Returns: how many."""
    return run_due_sources() + run_due()

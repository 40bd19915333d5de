"""Celery tasks of curation. The database says what is due; a task only looks."""

from celery import shared_task

from curation.golden.running import work_on_runs


@shared_task(name="curation.tasks.run_golden")
def run_golden() -> int:
    """Ask golden questions of runs that are due, for a slice. Returns: how many."""
    return work_on_runs()

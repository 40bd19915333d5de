"""Celery tasks of curation. The database says what is due; a task only looks."""

from celery import shared_task

from curation.canary.holding import finish_run, prepare_run
from curation.canary.watching import watch
from curation.golden.running import work_on_runs


@shared_task(name="curation.tasks.run_golden")
def run_golden() -> int:
    """Ask golden questions of runs that are due, for a slice. Returns: how many."""
    return work_on_runs(prepare=prepare_run, finished=finish_run)


@shared_task(name="curation.tasks.watch")
def watch_changes() -> int:
    """Note what changed, and start the runs that are due. Returns: how many."""
    return len(watch())

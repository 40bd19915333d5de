"""Celery tasks of curation. The database says what is due; a task only looks."""

from celery import shared_task

from curation.canary.holding import finish_run, prepare_run
from curation.canary.watching import watch
from curation.gaps.taking import BATCH, take_gaps
from curation.golden.running import work_on_runs


@shared_task(name="curation.tasks.run_golden")
def run_golden() -> int:
    """Ask golden questions of runs that are due, for a slice. Returns: how many."""
    return work_on_runs(prepare=prepare_run, finished=finish_run)


@shared_task(name="curation.tasks.watch")
def watch_changes() -> int:
    """Note what changed, and start the runs that are due. Returns: how many."""
    return len(watch())


@shared_task(name="curation.tasks.take_gaps")
def take_new_gaps() -> int:
    """Put new cases into gaps, up to a few batches. Returns: how many cases were read."""
    done = 0
    for _round in range(4):
        count = take_gaps()
        done += count
        if count < BATCH:
            break
    return done

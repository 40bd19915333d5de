"""Celery tasks of curation. The database says what is due; a task only looks."""

from celery import shared_task

from curation.answers.keeping import keep_findable, keep_true
from curation.canary.holding import finish_run, prepare_run
from curation.canary.watching import watch
from curation.gaps.taking import BATCH, take_gaps
from curation.golden.running import work_on_runs
from curation.insights.counting import BATCH as COUNTED
from curation.insights.counting import count_questions


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


@shared_task(name="curation.tasks.keep_answers")
def keep_answers() -> int:
    """Check approved answers whose sources changed, and embed their questions. Returns: how many were checked."""
    keep_findable()
    return keep_true()


@shared_task(name="curation.tasks.count")
def count() -> int:
    """Count what was asked since, up to a few batches. Returns: how many events."""
    done = 0
    for _round in range(20):
        counted = count_questions()
        done += counted
        if counted < COUNTED:
            break
    return done

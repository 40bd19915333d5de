"""What the broker may ask for. The database says what is to be done; a task only looks."""

from celery import shared_task

from ingest import queue


@shared_task(name="ingest.tasks.work")
def work() -> int:
    """Do jobs until none is due. Returns: how many."""
    return queue.run_due_jobs()


@shared_task(name="ingest.tasks.sweep")
def sweep() -> int:
    """Free what dead workers held and call a worker if anything is due."""
    return queue.sweep()

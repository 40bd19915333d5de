"""Celery tasks. The database says what is due; a task only looks."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from celery import shared_task
from celery.signals import worker_init, worker_process_init
from django.db import DatabaseError, connection

from ingest.editions.wanted import find_complaints
from ingest.many.running import is_run_due, work_on_runs
from ingest.measuring import count_library
from ingest.queue import running as queue
from ingest.queue.notices import notify_bulk
from ingest.queue.obstacles import find_obstacle
from kb.index.engine import get_engine
from kb.index.token_gap import fill_token_gap
from kb.index.upkeep import engines_to_maintain, maintain_index
from language.analyzer import get_analyzer

logger = logging.getLogger(__name__)
BATCH_S = 5.0  # a worker that is asked to stop ends its batch first


@contextmanager
def waiting_out() -> Iterator[None]:
    """End a task with a line in the log where the installation is in its way; the next sweep tries again."""
    try:
        yield
    except (DatabaseError, OSError) as error:
        if not (obstacle := find_obstacle(error)):
            raise
        logger.warning("no work now: %s: %s", obstacle, error)


@worker_init.connect
def import_libraries(**_: object) -> None:
    """Load what takes seconds, once, before the processes are forked: one that takes the place of a killed one has it at once.

    Nothing is computed by torch here: threads of a sum would not survive the fork.
    """
    get_analyzer().terms("预热")  # its dictionary: half a second and 66 MiB, which all share
    with suppress(ImportError):  # an encoder elsewhere does not need it
        import_module("torch")


@worker_process_init.connect
def warm_up(**_: object) -> None:
    """Load the encoder beside the worker's start, so that the first upload does not wait for it."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    try:
        for complaint in find_complaints():
            logger.warning("%s", complaint)
        get_engine().warm_up()
    except Exception:  # the edge of a thread: a job says what is wrong when it needs the encoder
        logger.exception("warm-up failed")
    finally:
        connection.close()


@shared_task(name="ingest.tasks.work")
def work() -> int:
    """Do jobs for some seconds, and notify a worker if more are due. Returns: how many were done."""
    count = 0
    with waiting_out():
        count = queue.run_due_jobs(for_s=BATCH_S)
        if not queue.has_obstacle():  # else the sweep notifies: seconds between two tries, not milliseconds
            queue.notify_worker_if_due()
    return count


@shared_task(name="ingest.tasks.sweep")
def sweep() -> int:
    """Free what dead workers held and call a worker if anything is due."""
    with waiting_out():
        if is_run_due():
            notify_bulk()
        return queue.sweep()
    return 0


@shared_task(name="ingest.tasks.work_on_many")
def work_on_many() -> int:
    """Do work on many documents for some seconds, and ask for the next one if some is left. Returns: how many documents."""
    count = 0
    with waiting_out():
        count = work_on_runs(for_s=BATCH_S)
        if is_run_due():
            notify_bulk()
    return count


@shared_task(name="ingest.tasks.maintain")
def maintain() -> bool:
    """Look after the indexes: mend what is damaged, join what became many. Returns: whether something was done."""
    with waiting_out():
        done = [maintain_index(engine=engine) for engine in engines_to_maintain(get_engine())]
        return any(done)
    return False


@shared_task(name="ingest.tasks.fill_gaps")
def fill_gaps() -> int:
    """Give passages the token vectors that they lack. Returns: how many."""
    with waiting_out():
        return fill_token_gap(engine=get_engine())
    return 0


@shared_task(name="ingest.tasks.count")
def count() -> int:
    """Measure what /metrics exposes of the library. Returns: how many versions there are."""
    with waiting_out():
        return count_library()
    return 0

"""Notify workers. The database holds the jobs; a lost notice only delays a job until the next sweep."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

logger = logging.getLogger(__name__)
NOTICE_EXPIRES_S = 10  # longer than a batch; while jobs wait the sweep notifies again, and unread notices do not pile up


def notify_worker() -> None:
    """Notify a worker once the surrounding transaction is committed. A broker that is down is logged, never raised."""
    transaction.on_commit(_send, robust=True)


def notify_bulk() -> None:
    """Have a worker go on with work on many documents, once the surrounding transaction is committed."""
    transaction.on_commit(lambda: _send("ingest.tasks.work_on_many"), robust=True)


def notify_upkeep() -> None:
    """Ask a worker to maintain the index; the next sweep asks again while that is due."""
    _send("ingest.tasks.maintain")


def _send(task: str = "ingest.tasks.work") -> None:
    try:
        current_app.send_task(task, expires=NOTICE_EXPIRES_S, retry=False, ignore_result=True)
    except (ChannelError, OperationalError, OSError) as error:
        logger.warning("no worker could be notified, the sweeper will do it: %s", error)

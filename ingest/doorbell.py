"""Ringing for a worker. The database holds what is to be done; a ring that gets lost costs one sweep."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

logger = logging.getLogger(__name__)
RING_EXPIRES_S = 10  # longer than a turn; while jobs wait the sweep rings again, and rings nobody answered do not pile up


def ring() -> None:
    """Call a worker once the surrounding transaction is committed. A broker that is down is logged, never raised."""
    transaction.on_commit(_send, robust=True)


def ring_for_upkeep() -> None:
    """Call a worker to look after the index; the next sweep does it again while that is due."""
    _send("ingest.tasks.tend")


def _send(task: str = "ingest.tasks.work") -> None:
    try:
        current_app.send_task(task, expires=RING_EXPIRES_S, retry=False, ignore_result=True)
    except (ChannelError, OperationalError, OSError) as error:
        logger.warning("no worker could be called, the sweeper will do it: %s", error)

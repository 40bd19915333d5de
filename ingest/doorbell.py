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


def _send() -> None:
    try:
        current_app.send_task("ingest.tasks.work", expires=RING_EXPIRES_S, retry=False, ignore_result=True)
    except (ChannelError, OperationalError, OSError) as error:
        logger.warning("no worker could be called, the sweeper will do it: %s", error)

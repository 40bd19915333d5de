"""Signs of life: a worker writes its own, beat's comes with the task that it sends."""

import logging
import socket
import threading
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from system.models import Heartbeat

logger = logging.getLogger(__name__)
EVERY_S = 15.0
KEPT = timedelta(days=1)  # of a machine that is no more


def note_heartbeat(part: str) -> None:
    """Write that this part works, here and now."""
    host, now = socket.gethostname()[:80], timezone.now()
    Heartbeat.objects.update_or_create(part=part, host=host, defaults={"at": now})
    Heartbeat.objects.filter(at__lt=now - KEPT).delete()


def keep_writing(part: str, stopping: threading.Event) -> None:
    """Write it again and again. The edge of a thread: a database that is away for a while ends nothing."""
    while not stopping.is_set():
        try:
            note_heartbeat(part)
        except (DatabaseError, OSError) as error:
            logger.warning("no heartbeat of the %s could be written: %s", part, error)
        finally:
            connection.close()  # processes that are forked from here share none
        stopping.wait(EVERY_S)

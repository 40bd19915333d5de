"""Celery tasks and signals: what the page of the system knows of worker and beat."""

import threading

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from system.heartbeats import keep_writing, note_heartbeat

_STOPPING = threading.Event()


@worker_ready.connect
def begin(**_: object) -> None:
    """In the worker's main process, which takes no tasks: busy children do not make it look dead."""
    threading.Thread(target=keep_writing, args=("worker", _STOPPING), name="heartbeat", daemon=True).start()


@worker_shutting_down.connect
def end(**_: object) -> None:
    _STOPPING.set()


@shared_task(name="system.tasks.beat")
def beat() -> None:
    """Beat sent this, so it lives."""
    note_heartbeat("beat")

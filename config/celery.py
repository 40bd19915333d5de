"""The Celery application. Messages only wake workers; the database is the queue of record (docs/architecture.md)."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")


def broker_options() -> dict[str, object]:
    """Return transport options; the filesystem broker gets one folder for both directions."""
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        # A broker that is down costs an upload a second, not six: the sweeper notifies a worker again.
        return {
            "visibility_timeout": 3600,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "socket_connect_timeout": 2,
        }
    folder = settings.BROKER_ROOT
    for name in ("queue", "processed", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "processed_folder": str(folder / "processed"),
        "control_folder": str(folder / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }


def configure(sender: Celery, **_: object) -> None:
    """Read the settings when Celery first needs them, not at import."""
    sender.conf.update(
        broker_url=settings.CELERY_BROKER_URL,
        broker_transport="config.broker:Transport" if settings.CELERY_BROKER_URL.startswith("filesystem") else None,
        broker_transport_options=broker_options(),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a broker that is unavailable for hours must not end worker and beat for good
        task_ignore_result=True,
        task_acks_late=False,  # the lease in the database decides what runs again, not the broker
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=60.0,  # at 4 s, busy machines had new processes killed again before they could say that they run
        worker_hijack_root_logger=False,
        timezone=settings.TIME_ZONE,
        beat_scheduler="celery.beat:Scheduler",  # its file, on a full disk, would end beat; seconds need no memory
        beat_schedule={
            "sweep": {"task": "ingest.tasks.sweep", "schedule": settings.SWEEP_INTERVAL_S, "options": {"expires": 30}},
            "sources": {"task": "sources.tasks.run", "schedule": 15.0, "options": {"expires": 15}},
            "gaps": {"task": "ingest.tasks.fill_gaps", "schedule": 3600.0, "options": {"expires": 600}},
            "count": {"task": "ingest.tasks.count", "schedule": 60.0, "options": {"expires": 60}},
            "cases": {"task": "reviews.tasks.take_in", "schedule": 30.0, "options": {"expires": 30}},
            "escalate": {"task": "reviews.tasks.escalate", "schedule": 3600.0, "options": {"expires": 600}},
            "canary": {"task": "curation.tasks.watch", "schedule": 15.0, "options": {"expires": 15}},
            "questions": {"task": "curation.tasks.take_gaps", "schedule": 30.0, "options": {"expires": 30}},
            "answers": {"task": "curation.tasks.keep_answers", "schedule": 10.0, "options": {"expires": 10}},
            "insights": {"task": "curation.tasks.count", "schedule": 60.0, "options": {"expires": 60}},
            "golden": {"task": "curation.tasks.run_golden", "schedule": 10.0, "options": {"expires": 10}},
            "erase": {"task": "retention.tasks.erase", "schedule": 30.0, "options": {"expires": 30}},
            "retention": {"task": "retention.tasks.apply", "schedule": 60.0, "options": {"expires": 60}},
            "dead_answers": {"task": "chat.streaming.tasks.conclude_dead_answers", "schedule": 30.0, "options": {"expires": 30}},
            "incognito": {"task": "chat.streaming.tasks.forget_incognito", "schedule": 600.0, "options": {"expires": 600}},
            "files": {"task": "chat.streaming.tasks.forget_files", "schedule": 600.0, "options": {"expires": 600}},
            "readings": {"task": "audit.tasks.complete_readings", "schedule": 60.0, "options": {"expires": 60}},
            "verify": {"task": "audit.tasks.verify", "schedule": 60.0, "options": {"expires": 60}},
            "deliver": {"task": "audit.tasks.deliver", "schedule": 10.0, "options": {"expires": 10}},
            "people": {"task": "accounts.tasks.keep_in_step", "schedule": 30.0, "options": {"expires": 30}},
            "reviews": {"task": "kb.tasks.remind_owners", "schedule": 3600.0, "options": {"expires": 600}},
            "access": {"task": "kb.tasks.note_expired_access", "schedule": 60.0, "options": {"expires": 60}},
            "budgets": {"task": "gateway.tasks.watch_budgets", "schedule": 60.0, "options": {"expires": 60}},
            "chats": {"task": "integrations.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
            "heartbeat": {"task": "system.tasks.beat", "schedule": 15.0, "options": {"expires": 60}},
            "sign": {"task": "audit.tasks.sign", "schedule": 60.0, "options": {"expires": 60}},
        },
    )


def make_app() -> Celery:
    """Return an application with the settings' broker and schedule; it knows no task."""
    made = Celery("attest")
    made.on_configure.connect(configure, weak=False)
    return made


app = make_app()
app.set_default()  # for every thread: the web server's threads notify workers through celery.current_app
app.autodiscover_tasks(
    [
        "accounts",
        "audit",
        "chat.streaming",
        "curation",
        "gateway",
        "ingest",
        "integrations",
        "kb",
        "retention",
        "reviews",
        "sources",
        "system",
    ]
)

"""What brings notices to workers, whether worker and beat live, and what waits."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ingest.models import OPEN_STATES, Job
from ingest.queue.obstacles import sentence_for
from system.models import Heartbeat
from system.values import Fact, Problem, Section

WORKER_SILENT = timedelta(seconds=60)
BEAT_SILENT = timedelta(minutes=3)  # its sign comes through a worker, which may have a long file in hand
WAITS_LONG = timedelta(minutes=30)
PING_S = 2.0
START = "scripts/run"


def read_broker() -> Section:
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        waiting = sum(1 for _file in (settings.BROKER_ROOT / "queue").glob("*.msg"))
        facts = [
            Fact(code="kind", label=_("Kind"), value=_("Folder on this machine")),
            Fact(code="notices", label=_("Waiting notices"), value=waiting),
        ]
        return Section(code="broker", title=_("Broker"), facts=facts)
    parts = urlsplit(settings.CELERY_BROKER_URL)
    facts = [
        Fact(code="kind", label=_("Kind"), value=parts.scheme),
        Fact(code="host", label=_("Server"), value=f"{parts.hostname}:{parts.port or 6379}"),
    ]
    import redis  # takes half a second, and most installations have a folder

    problems = []
    try:
        with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=PING_S, socket_timeout=PING_S) as server:
            version, notices = str(server.info("server")["redis_version"]), int(server.llen("celery"))
        facts.append(Fact(code="version", label=_("Version"), value=version, unit="version"))
        facts.append(Fact(code="notices", label=_("Waiting notices"), value=notices))
    except redis.RedisError:
        sentence = _("The broker does not respond. Nothing is lost: uploads wait in the database until it is back.")
        problems.append(Problem(code="broker_away", sentence=sentence, command="docker compose up -d redis", is_urgent=True))
    return Section(code="broker", title=_("Broker"), facts=facts, problems=problems)


def read_workers() -> Section:
    last = {row["part"]: row["last"] for row in Heartbeat.objects.values("part").annotate(last=Max("at")).order_by()}
    now = timezone.now()
    alive = Heartbeat.objects.filter(part="worker", at__gt=now - WORKER_SILENT).count()
    facts = [
        Fact(code="workers", label=_("Workers"), value=alive),
        Fact(code="worker_seen", label=_("Worker last seen"), value=last.get("worker")),
        Fact(code="beat_seen", label=_("Beat last seen"), value=last.get("beat")),
    ]
    problems = []
    if not alive:
        sentence = _("No worker is running, so uploads are not processed. Restart Attest, or only the worker.")
        command = f"{START}    # or: celery --app config.celery:app worker"
        problems.append(Problem(code="no_worker", sentence=sentence, command=command, is_urgent=True))
    elif _is_silent(last.get("beat"), now):
        sentence = _("Beat has not been seen for a while, so no scheduled work is done.")
        command = f"{START}    # or: celery --app config.beat:app --skip-checks beat"
        problems.append(Problem(code="no_beat", sentence=sentence, command=command, is_urgent=True))
    return Section(code="workers", title=_("Worker and beat"), facts=facts, problems=problems)


def _is_silent(at: datetime | None, now: datetime) -> bool:
    return at is None or now - at > BEAT_SILENT


def read_queue() -> Section:
    now = timezone.now()
    rows = Job.objects.filter(state__in=OPEN_STATES).order_by().values("state").annotate(count=Count("pk"), first=Min("created_at"))
    counts = {row["state"]: row["count"] for row in rows}
    first: datetime | None = next((row["first"] for row in rows if row["state"] == Job.State.WAITING), None)
    failed = Job.objects.filter(state=Job.State.FAILED).count()
    facts = [
        Fact(code="waiting", label=_("Waiting"), value=counts.get(Job.State.WAITING, 0)),
        Fact(code="oldest", label=_("Longest wait"), value=_age(first, now), unit="seconds"),
        Fact(code="running", label=_("Running"), value=counts.get(Job.State.RUNNING, 0)),
        Fact(code="failed", label=_("Failed"), value=failed),
    ]
    problems = []
    for obstacle in Job.objects.filter(state__in=OPEN_STATES).exclude(obstacle="").values_list("obstacle", flat=True).distinct():
        problems.append(Problem(code=obstacle, sentence=sentence_for(obstacle), page="ingest:queue", is_urgent=True))
    if first is not None and now - first > WAITS_LONG and not problems:
        sentence = _("A document has been waiting for more than half an hour. More workers process more documents at once.")
        problems.append(Problem(code="queue_old", sentence=sentence, command="ATTEST_WORKERS=4 scripts/run", page="ingest:queue"))
    if failed:
        sentence = ngettext(
            "%(count)s document could not be processed. The queue shows why and lets you retry.",
            "%(count)s documents could not be processed. The queue shows why and lets you retry.",
            failed,
        )
        problems.append(Problem(code="failed", sentence=sentence % {"count": failed}, page="ingest:queue"))
    return Section(code="queue", title=_("Queue"), facts=facts, problems=problems)


def _age(first: datetime | None, now: datetime) -> float | None:
    return round((now - first).total_seconds(), 1) if first is not None else None

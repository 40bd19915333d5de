"""What machines ask: is it alive, is it ready, how is it doing. Counts and ages only; never names or text."""

import hmac
import logging
import os
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Manager, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from audit.checkpoints import last_checkpoint
from audit.models import ChainHead, Event
from chat.llm.breaker import BreakerState
from chat.model_services import read_health
from chat.served import ServedModel
from config.errors import render_error
from ingest.models import Job
from ingest.wanted import find_complaints
from kb.models import Chunk, DocumentVersion

logger = logging.getLogger(__name__)
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MINIMUM_FREE_BYTES = 100 * 1024 * 1024


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so that a broken database does not restart every web process."""
    return JsonResponse({"alive": True})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 until pages can be served: the database at the newest migration, the data folder writable, with room on it.

    `complaints`: what does not keep pages from being served, and should be seen to: an encoder that is gone.
    """
    checks = {"database": _holds(_database_is_migrated), "files": _holds(_files_are_writable), "space": _holds(_space_is_left)}
    is_ready = all(checks.values())
    complaints = find_complaints() if checks["database"] else []
    return JsonResponse({"ready": is_ready, "checks": checks, "complaints": complaints}, status=200 if is_ready else 503)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. With ATTEST_METRICS_TOKEN for its bearers, else for this machine alone; 404 to everyone else."""
    if not _may_read_metrics(request):
        return render_error(request, status=404)
    registry = CollectorRegistry()
    registry.register(Installation())
    return HttpResponse(generate_latest(registry), content_type=METRICS_TYPE)


class Installation:
    """Reads its figures from the database when asked, so that they are the same from every web process."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        yield _by_label("attest_document_versions", "Document versions by status", "status", DocumentVersion.objects, "status")
        yield _by_label("attest_jobs", "Ingestion jobs by state", "state", Job.objects, "state")
        yield GaugeMetricFamily("attest_chunks", "Passages stored", value=Chunk.objects.count())
        questions = Event.objects.filter(action__startswith="question.")
        yield _by_label("attest_questions", "Questions by outcome", "outcome", questions, "action")
        head = ChainHead.objects.first()
        yield from _models()
        yield GaugeMetricFamily("attest_audit_events", "Length of the audit chain", value=head.sequence if head else 0)
        oldest = Job.objects.filter(state=Job.State.WAITING).order_by("created_at").values_list("created_at", flat=True).first()
        age_s = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("attest_oldest_waiting_job_seconds", "Age of the job that waits longest", value=age_s)
        checkpoint = last_checkpoint(Path(settings.AUDIT_ROOT))
        if checkpoint is not None:
            age_s = time.time() - datetime.fromisoformat(checkpoint.at).timestamp()
            yield GaugeMetricFamily("attest_audit_checkpoint_age_seconds", "Age of the newest signed checkpoint", value=age_s)


def _models() -> Iterable[Metric]:
    """The language models by the names of their rows: what runs and waits now, the breaker, and what was counted so far."""
    families = {
        "running": GaugeMetricFamily("attest_model_running", "Answers being written", labels=["model"]),
        "waiting": GaugeMetricFamily("attest_model_waiting", "Questions in the model's queue", labels=["model"]),
        "suspended": GaugeMetricFamily("attest_model_suspended", "1 while the circuit breaker is open", labels=["model"]),
        "first": GaugeMetricFamily("attest_model_first_token_seconds", "Median of the last answers", labels=["model"]),
        "calls": CounterMetricFamily("attest_model_calls", "Answers asked for", labels=["model"]),
        "failures": CounterMetricFamily("attest_model_failures", "Answers that the server failed to give", labels=["model"]),
        "tokens": CounterMetricFamily("attest_model_tokens", "Tokens as the server counts them", labels=["model", "kind"]),
        "cost": CounterMetricFamily("attest_model_cost", "Price of the tokens", labels=["model"]),
    }
    for health in read_health(list(ServedModel.objects.order_by("name"))):
        row, name = health.model, [health.model.name]
        families["running"].add_metric(name, health.running)
        families["waiting"].add_metric(name, health.waiting)
        families["suspended"].add_metric(name, int(health.breaker.state == BreakerState.OPEN))
        if health.first_token_ms is not None:
            families["first"].add_metric(name, health.first_token_ms / 1000)
        families["calls"].add_metric(name, row.calls_total)
        families["failures"].add_metric(name, row.failures_total)
        families["tokens"].add_metric([row.name, "prompt"], row.prompt_tokens_total)
        families["tokens"].add_metric([row.name, "completion"], row.completion_tokens_total)
        families["cost"].add_metric(name, float(row.cost_total))
    yield from families.values()


def _by_label(name: str, text: str, label: str, rows: Manager | QuerySet, column: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in rows.order_by().values_list(column).annotate(count=Count("pk")):
        family.add_metric([value.removeprefix("question.")], count)
    return family


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on the same machine every request comes from here; the proxy's header tells.
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, OSError):
        logger.exception("not ready: %s", check.__name__)
        return False


def _database_is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _files_are_writable() -> bool:
    return os.access(settings.ATTEST_HOME, os.W_OK | os.X_OK)


def _space_is_left() -> bool:
    disk = os.statvfs(settings.ATTEST_HOME)
    return disk.f_bavail * disk.f_frsize >= MINIMUM_FREE_BYTES

"""/metrics, for Prometheus. Counts and ages only, never names or text of people; nothing is counted at the time of asking, so
that it costs the same after a million events as after ten. docs/operations.md says what each series means."""

import hmac
import logging
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

import chat.measuring
import config.requests.timing
import curation.measuring
import ingest.measuring
from accounts.client_address import client_address
from audit.chain.checkpoints import last_checkpoint
from audit.models import ChainHead
from audit.nightly import last_outcome
from audit.outgoing.standing import read_standings
from config.errors import render_error
from gateway.models import ServedModel
from gateway.queue.breaker import BreakerState
from gateway.queue.health import read_health
from ingest.models import OPEN_STATES, Job
from metrics import tallies
from metrics.buffer import get_buffer
from metrics.exposition import expose
from sources.sync.standing import read_standing

logger = logging.getLogger(__name__)
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
INSTRUMENTS = (
    *(*chat.measuring.INSTRUMENTS, *ingest.measuring.INSTRUMENTS),
    *(*curation.measuring.INSTRUMENTS, *config.requests.timing.INSTRUMENTS),
)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. With ATTEST_METRICS_TOKEN for its bearers, else for this machine alone; 404 to everyone else."""
    if not _may_read_metrics(request):
        return render_error(request, status=404)
    flush()  # what this process has seen; other processes' requests come with their own next writing
    registry = CollectorRegistry()
    registry.register(Installation())
    return HttpResponse(generate_latest(registry), content_type=METRICS_TYPE)


def flush() -> None:
    """Write this process's buffer; where that cannot be done now, it is kept."""
    try:
        get_buffer().flush()
    except DatabaseError:
        logger.exception("what was counted could not be written; it is kept")


class Installation:
    """Reads its figures from the database when asked, so that they are the same from every web process."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        yield from expose(INSTRUMENTS, tallies.read())
        yield from _open_jobs()
        yield from _models()
        yield from _sources()
        yield from _audit()


def _open_jobs() -> Iterable[Metric]:
    """What is to be done: as many rows as wait, however many are done."""
    jobs = GaugeMetricFamily("attest_jobs", "Jobs that wait or run", labels=["kind", "state"])
    ages = GaugeMetricFamily("attest_oldest_job_seconds", "Age of the oldest job that waits or runs", labels=["kind", "state"])
    now = timezone.now()
    open_jobs = Job.objects.filter(state__in=OPEN_STATES).order_by()
    for kind, state, count, first in open_jobs.values_list("kind", "state").annotate(count=Count("pk"), first=Min("created_at")):
        jobs.add_metric([kind, state], count)
        ages.add_metric([kind, state], (now - first).total_seconds())
    yield jobs
    yield ages


def _sources() -> Iterable[Metric]:
    """Sources by kind, databases among them: how many there are, and of how many the last run failed or is missing."""
    families = {
        "all": GaugeMetricFamily("attest_sources", "Sources that are not paused", labels=["kind"]),
        "failed": GaugeMetricFamily("attest_sources_failed", "Of these, those whose last run failed", labels=["kind"]),
        "late": GaugeMetricFamily("attest_sources_late", "Of these, those that should have run an hour ago", labels=["kind"]),
    }
    for standing in read_standing():
        families["all"].add_metric([standing.kind], standing.active)
        families["failed"].add_metric([standing.kind], standing.failed)
        families["late"].add_metric([standing.kind], standing.late)
    yield from families.values()


def _audit() -> Iterable[Metric]:
    head = ChainHead.objects.first()
    yield CounterMetricFamily(
        "attest_audit_events", "Sequence number of the audit's last event", value=head.sequence if head else 0
    )
    yield from _outputs()
    checkpoint = last_checkpoint(Path(settings.AUDIT_ROOT))
    if checkpoint is None:
        return
    age_s = time.time() - datetime.fromisoformat(checkpoint.at).timestamp()
    yield GaugeMetricFamily("attest_audit_checkpoint_sequence", "Event that the newest checkpoint signs", value=checkpoint.sequence)
    yield GaugeMetricFamily("attest_audit_checkpoint_age_seconds", "Age of the newest signed checkpoint", value=age_s)


def _outputs() -> Iterable[Metric]:
    """The places that the audit is sent to."""
    waiting = GaugeMetricFamily("attest_audit_output_waiting", "Events that a place has not been told of", labels=["output"])
    ages = GaugeMetricFamily("attest_audit_output_waiting_seconds", "For how long the oldest of them waits", labels=["output"])
    for standing in read_standings():
        waiting.add_metric([standing.output.name], standing.waiting)
        ages.add_metric([standing.output.name], standing.waiting_s)
    yield waiting
    yield ages
    outcome = last_outcome()
    if outcome is not None:
        yield GaugeMetricFamily(
            "attest_audit_problems", "What the last verification of all of the audit found wrong", value=len(outcome.problems)
        )


def _models() -> Iterable[Metric]:
    """The language models by the names of their rows: what runs and waits now, the breaker, and what was counted so far."""
    families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {
        "running": GaugeMetricFamily("attest_model_running", "Answers being written", labels=["model"]),
        "waiting": GaugeMetricFamily("attest_model_waiting", "Questions in the model's queue", labels=["model"]),
        "waits": GaugeMetricFamily("attest_model_oldest_waiting_seconds", "Longest wait in the queue now", labels=["model"]),
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
        families["waits"].add_metric(name, health.waits_s)
        families["suspended"].add_metric(name, int(health.breaker.state == BreakerState.OPEN))
        if health.first_token_ms is not None:
            families["first"].add_metric(name, health.first_token_ms / 1000)
        families["calls"].add_metric(name, row.calls_total)
        families["failures"].add_metric(name, row.failures_total)
        families["tokens"].add_metric([row.name, "prompt"], row.prompt_tokens_total)
        families["tokens"].add_metric([row.name, "completion"], row.completion_tokens_total)
        families["cost"].add_metric(name, float(row.cost_total))
    yield from families.values()


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy on the same machine every request comes from here, and its header shows that, also where none is listed.
    return client_address(request) in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers

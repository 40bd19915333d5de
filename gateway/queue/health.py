"""The health of language models, from their last calls in all processes. The number of queries does not grow with the models."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.utils import timezone

from gateway.models import ModelCall, ServedModel
from gateway.queue.breaker import MEMORY, Breaker, judge_calls

LATENCIES = 50  # of the last calls
_State = ModelCall.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a model is doing."""

    model: ServedModel
    breaker: Breaker
    running: int
    waiting: int
    waits_s: float  # of the call that has been in the queue for longest
    first_token_ms: float | None  # medians of the last calls that were answered
    total_ms: float | None
    last_error: ModelCall | None


def read_health(models: Sequence[ServedModel]) -> list[Health]:
    """Return how each model is doing."""
    live = _count_live(models)
    ended = _last_calls(models)
    return [_health(model, live[model.pk], ended[model.pk]) for model in models]


def _count_live(models: Sequence[ServedModel]) -> dict[int, dict[str, tuple[int, float]]]:
    """Return by model and state how many calls are under way, and how many seconds ago the first of them came."""
    now = timezone.now()
    rows = ModelCall.objects.filter(model__in=models, state__in=(_State.WAITING, _State.RUNNING), expires_at__gt=now)
    found: dict[int, dict[str, tuple[int, float]]] = defaultdict(dict)
    counted = rows.order_by().values_list("model", "state").annotate(count=Count("pk"), first=Min("created_at"))
    for model, state, count, first in counted:
        found[model][state] = (count, (now - first).total_seconds())
    return found


def _last_calls(models: Sequence[ServedModel]) -> dict[int, list[ModelCall]]:
    """Return by model its last calls that were answered and its last that failed, LATENCIES of each, newest first.

    Each model's calls are found by where its LATENCIES-th newest stands in the index, however many are kept.
    """

    def nth(state: str) -> Subquery:
        newest = ModelCall.objects.filter(model=OuterRef("pk"), state=state).order_by("-finished_at")
        return Subquery(newest.values("finished_at")[LATENCIES - 1 : LATENCIES])

    found: dict[int, list[ModelCall]] = defaultdict(list)
    if not models:
        return found
    wanted = Q()
    since = ServedModel.objects.filter(pk__in=[model.pk for model in models]).annotate(
        done_since=nth(_State.DONE), failed_since=nth(_State.FAILED)
    )
    for pk, done_since, failed_since in since.values_list("pk", "done_since", "failed_since"):
        for state, first in ((_State.DONE, done_since), (_State.FAILED, failed_since)):
            wanted |= Q(model=pk, state=state, finished_at__gte=first) if first else Q(model=pk, state=state)
    for call in ModelCall.objects.filter(wanted).order_by("-finished_at", "-pk"):
        found[call.model_id].append(call)
    return found


def _health(model: ServedModel, live: dict[str, tuple[int, float]], ended: list[ModelCall]) -> Health:
    done = [call for call in ended if call.state == _State.DONE][:LATENCIES]
    failed = [call for call in ended if call.state == _State.FAILED]
    firsts = [call.first_token_ms for call in done if call.first_token_ms is not None]
    totals = [call.total_ms for call in done if call.total_ms is not None]
    outcomes = [
        (call.state == _State.FAILED, call.finished_at)
        for call in ended
        if call.finished_at is not None and call.finished_at > model.changed_at
    ]
    waiting, waits_s = live.get(_State.WAITING, (0, 0.0))
    return Health(
        model=model,
        breaker=judge_calls(outcomes[:MEMORY], now=timezone.now()),
        running=live.get(_State.RUNNING, (0, 0.0))[0],
        waiting=waiting,
        waits_s=waits_s,
        first_token_ms=statistics.median(firsts) if firsts else None,
        total_ms=statistics.median(totals) if totals else None,
        last_error=failed[0] if failed else None,
    )

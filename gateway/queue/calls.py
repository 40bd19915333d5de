"""The queue in front of a model, shared by all processes through the database: who may call, who waits, who is refused.

Every step is one short transaction under the model's row. What a dead process leaves is not counted once it has expired.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from gateway.errors import ModelBusy, ModelSuspended
from gateway.models import ModelCall, ServedModel
from gateway.ports import Usage
from gateway.queue.breaker import MEMORY, Breaker, BreakerState, judge_calls
from gateway.spending.recording import add_spending

# They show that the server is well: the fault is in the request, or the server said when to come again.
BLAMELESS = frozenset({"context_overflow", "model_rejected", "model_busy"})
GRACE_S = 5.0
CALLS_KEPT_DAYS = 7
_PRUNE_EVERY = 100
_State = ModelCall.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended. `error_code`: empty where the answer was read to its end; None where the reader left it."""

    error_code: str | None
    detail: str = ""  # what the server said of an error; for the receipt, never kept with the call
    usage: Usage | None = None
    first_token_ms: float | None = None
    total_ms: float


def read_breaker(model: ServedModel, *, now: datetime | None = None) -> Breaker:
    """Return the current state of the model's circuit breaker."""
    ended = ModelCall.objects.filter(model=model, state__in=(_State.DONE, _State.FAILED), finished_at__gt=model.changed_at)
    rows = ended.order_by("-finished_at").values_list("state", "finished_at")[:MEMORY]
    return judge_calls([(state == _State.FAILED, at) for state, at in rows if at is not None], now=now or timezone.now())


@transaction.atomic
def enter_queue(model: ServedModel, *, user: str) -> ModelCall:
    """Take a place, running where one is free.

    Raises: ModelSuspended: the breaker is open, or half-open with a probe on its way. ModelBusy: the queue is full.
    """
    model = ServedModel.objects.select_for_update().get(pk=model.pk)
    now = timezone.now()
    breaker = read_breaker(model, now=now)
    live = list(_live(model, now).values_list("state", "is_probe"))
    is_probe = breaker.state == BreakerState.HALF_OPEN
    if breaker.state == BreakerState.OPEN or (is_probe and any(other for _state, other in live)):
        raise ModelSuspended(f"{model} failed {breaker.failures} times in a row")
    running = sum(state == _State.RUNNING for state, _ in live)
    waiting = len(live) - running
    is_free = running < model.max_concurrent and not waiting
    if not is_free and waiting >= settings.LLM_QUEUE_LENGTH:
        raise ModelBusy(f"{running} answers at once and {waiting} waiting")
    lasts_s = model.total_timeout_s if is_free else settings.LLM_QUEUE_WAIT_S
    return ModelCall.objects.create(
        model=model,
        user=user,
        state=_State.RUNNING if is_free else _State.WAITING,
        is_probe=is_probe,
        created_at=now,
        started_at=now if is_free else None,
        expires_at=now + timedelta(seconds=lasts_s + GRACE_S),
    )


def try_start(call: ModelCall) -> bool:
    """Start a waiting call if a place is free and it is next: fewest running calls of its person first, then the oldest."""
    if not _is_next(call):
        return False  # looked up without a lock: many wait, and ask often
    with transaction.atomic():
        model = ServedModel.objects.select_for_update().get(pk=call.model_id)
        if not _is_next(call):
            return False
        now = timezone.now()
        call.state, call.started_at = _State.RUNNING, now
        call.expires_at = now + timedelta(seconds=model.total_timeout_s + GRACE_S)
        call.save(update_fields=["state", "started_at", "expires_at"])
    return True


def _is_next(call: ModelCall) -> bool:
    model = ServedModel.objects.get(pk=call.model_id)
    live = list(_live(model, timezone.now()).only("pk", "user", "state"))
    running = Counter(other.user for other in live if other.state == _State.RUNNING)
    if running.total() >= model.max_concurrent:
        return False
    waiting = [other for other in live if other.state == _State.WAITING]
    following = min(waiting, key=lambda other: (running[other.user], other.pk), default=None)
    return following is not None and following.pk == call.pk


@transaction.atomic
def finish_call(call: ModelCall, outcome: Outcome, *, collection: str = "") -> None:
    """Give the place back, and remember how it went and what it cost. `collection`: that the best passage came from."""
    usage = outcome.usage or Usage(prompt_tokens=0, completion_tokens=0)
    is_failure = bool(outcome.error_code) and outcome.error_code not in BLAMELESS
    call.state = _State.DONE if outcome.error_code == "" else _State.FAILED if is_failure else _State.ENDED
    call.error_code, call.finished_at = outcome.error_code or "", timezone.now()
    call.first_token_ms, call.total_ms = outcome.first_token_ms, outcome.total_ms
    call.prompt_tokens, call.completion_tokens = usage.prompt_tokens, usage.completion_tokens
    call.save()
    ServedModel.objects.filter(pk=call.model_id).update(  # not save(): the row was not changed by a person
        calls_total=F("calls_total") + 1,
        failures_total=F("failures_total") + int(is_failure),
        prompt_tokens_total=F("prompt_tokens_total") + usage.prompt_tokens,
        completion_tokens_total=F("completion_tokens_total") + usage.completion_tokens,
        cost_total=F("cost_total") + call.model.price_of(usage),
    )
    if outcome.error_code == "" or outcome.usage is not None:  # what was not answered and not counted cost nothing
        cost = call.model.price_of(usage)
        add_spending(model=call.model.name, user=call.user, collection=collection, usage=outcome.usage, cost=cost)
    if call.pk % _PRUNE_EVERY == 0:
        old = timezone.now() - timedelta(days=CALLS_KEPT_DAYS)
        ModelCall.objects.filter(Q(finished_at__lt=old) | Q(finished_at=None, expires_at__lt=old)).delete()


def count_live(model: ServedModel) -> tuple[int, int]:
    """Return how many calls run and how many wait."""
    states = Counter(_live(model, timezone.now()).values_list("state", flat=True))
    return states[_State.RUNNING], states[_State.WAITING]


def _live(model: ServedModel, now: datetime) -> QuerySet[ModelCall]:
    return ModelCall.objects.filter(model=model, state__in=(_State.WAITING, _State.RUNNING), expires_at__gt=now)

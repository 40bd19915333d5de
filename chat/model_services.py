"""Changes to models and routes, which the audit remembers without their keys, and how the models are doing."""

import statistics
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction

from accounts.models import User
from audit.services import record
from chat.errors import ModelError
from chat.llm.breaker import Breaker
from chat.llm.calls import count_live, read_breaker
from chat.llm.gateway import serve_row
from chat.model_forms import RouteForm, ServedModelForm
from chat.ports import LanguageModel, Message
from chat.served import ModelCall, Route, ServedModel

TEST_TIMEOUT_S = 15.0
LATENCIES = 50  # of the last calls
_TEST_PROMPT = (Message(role="user", content="Reply with the word: ready"),)
_TOLD = (
    *(
        "name",
        "base_url",
        "served_name",
        "lora_name",
        "key_variable",
        "context_tokens",
        "max_answer_tokens",
        "temperature",
        "extra",
    ),
    *("style", "is_external", "weight", "first_token_timeout_s", "total_timeout_s", "max_concurrent", "is_enabled"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a model is doing, from its last calls in all processes."""

    model: ServedModel
    breaker: Breaker
    running: int
    waiting: int
    first_token_ms: float | None  # medians of the last calls that were answered
    total_ms: float | None
    last_error: ModelCall | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a test of the connection showed. `message`: the server's words, where it failed."""

    error: ModelError | None = None
    message: str = ""
    first_token_ms: float = 0.0
    context: int | None = None  # as the server tells it; None where it does not


@transaction.atomic
def save_model(*, form: ServedModelForm, user: User) -> ServedModel:
    """Create or change a model from a valid form."""
    is_new = form.instance.pk is None
    row = form.save()
    _record("model.created" if is_new else "model.changed", row, user=user)
    return row


@transaction.atomic
def switch_model(row: ServedModel, *, is_enabled: bool, user: User) -> None:
    """Take a model out of use, or back into it."""
    row.is_enabled = is_enabled
    row.save(update_fields=["is_enabled", "changed_at"])
    _record("model.changed", row, user=user)


@transaction.atomic
def save_route(*, form: RouteForm, user: User) -> Route:
    """Create or change a route from a valid form."""
    is_new = form.instance.pk is None
    route = form.save()
    _record_route("route.created" if is_new else "route.changed", route, user=user)
    return route


@transaction.atomic
def delete_route(route: Route, *, user: User) -> None:
    _record_route("route.deleted", route, user=user)
    route.delete()


def try_model(row: ServedModel, *, user: User) -> Tested:
    """Ask the model for a word, past its queue and breaker. One that answers is asked again at once, whatever failed before."""
    tested = async_to_sync(_test)(row, serve_row(row))
    if tested.error is None:
        row.save(update_fields=["changed_at"])
    outcome = tested.error.code if tested.error else "answered"
    _record("model.tested", row, user=user, payload={"name": row.name, "outcome": outcome})
    return tested


async def _test(row: ServedModel, model: LanguageModel) -> Tested:
    options = row.options()
    seconds = min(TEST_TIMEOUT_S, options.total_timeout_s)
    options = replace(options, max_tokens=8, first_token_timeout_s=seconds, total_timeout_s=seconds)
    begin = perf_counter()
    try:
        async with aclosing(model.stream(_TEST_PROMPT, options=options)) as deltas:
            async for delta in deltas:
                if delta.text:
                    break
    except ModelError as error:
        return Tested(error=error, message=row.without_key(str(error)))
    first_token_ms = (perf_counter() - begin) * 1000
    counted = await model.count_tokens(_TEST_PROMPT)
    return Tested(first_token_ms=first_token_ms, context=counted.context if counted else None)


def read_health(models: Sequence[ServedModel]) -> list[Health]:
    """Return how each model is doing."""
    return [_health(model) for model in models]


def _health(model: ServedModel) -> Health:
    running, waiting = count_live(model)
    done = ModelCall.objects.filter(model=model, state=ModelCall.State.DONE).order_by("-pk")
    times = list(done.values_list("first_token_ms", "total_ms")[:LATENCIES])
    firsts, totals = [first for first, _ in times if first is not None], [total for _, total in times if total is not None]
    return Health(
        model=model,
        breaker=read_breaker(model),
        running=running,
        waiting=waiting,
        first_token_ms=statistics.median(firsts) if firsts else None,
        total_ms=statistics.median(totals) if totals else None,
        last_error=ModelCall.objects.filter(model=model, state=ModelCall.State.FAILED).order_by("-pk").first(),
    )


def _record(action: str, row: ServedModel, *, user: User, payload: dict[str, Any] | None = None) -> None:
    told = {name: getattr(row, name) for name in _TOLD} | {"price_in": str(row.price_in), "price_out": str(row.price_out)}
    told["has_key"] = bool(row.sealed_key or row.key_variable)
    record(
        action,
        actor_id=user.pk or "",
        actor_name=user.get_username(),
        subject=f"model:{row.pk}",
        summary=row.name,
        payload=told if payload is None else payload,
    )


def _record_route(action: str, route: Route, *, user: User) -> None:
    record(
        action,
        actor_id=user.pk or "",
        actor_name=user.get_username(),
        subject=f"route:{route.pk}",
        summary=route.name,
        payload=describe_route(route),
    )


def describe_route(route: Route) -> dict[str, Any]:
    """Return a route as the audit keeps it and as a seed file may say it."""
    return {
        "name": route.name,
        "position": route.position,
        "collections": sorted(route.collections.values_list("slug", flat=True)),
        "question_classes": list(route.question_classes),
        "complexity": route.complexity,
        "language": route.language,
        "models": sorted(route.primaries.values_list("name", flat=True)),
        "canary": route.canary.name if route.canary else "",
        "canary_percent": route.canary_percent,
        "fallbacks": [step.model.name for step in route.steps.select_related("model")],
        "is_enabled": route.is_enabled,
    }

"""The gateway over the rows of models and routes."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q

from gateway.errors import ModelUnauthorized
from gateway.hosts import model_rules
from gateway.layers.masked import MaskedModel
from gateway.layers.openai_compatible import OpenAICompatibleModel
from gateway.layers.queued import QueuedModel
from gateway.layers.retrying import RetryingModel
from gateway.layers.structured import StructuredModel
from gateway.models import CollectionChoice, Route, RouteFallback, ServedModel
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, Request, Routed, Style
from gateway.routing.rules import Rule, pick_models
from gateway.threads import run_in_thread

Loaded = tuple[list[Rule], dict[int, ServedModel]]
DEFAULT_ROUTE = "default"  # where no route fits: the models in use share the questions; those outside only where there is no other


class RowGateway:
    """Reads the rows for each question: what an admin changes holds from the next question on."""

    async def route(self, request: Request) -> Routed:
        rules, rows = await run_in_thread(self.load)()
        picked = pick_models(rules, request)
        choices = tuple(
            RowChoice(rows[pk], user=request.user, collection=next(iter(request.collections), "")) for pk in picked.models
        )
        if picked.rule is None:
            return Routed()
        why = asdict(picked.traits) | {"collections": list(picked.traits.collections)}
        return Routed(choices=choices, route={"name": picked.rule.name, "chosen_by": picked.reason, "question": why})

    def load(self) -> Loaded:
        """Return the routes in use and their models. Not for the event loop: reads the database."""
        return load_rules()


def load_rules() -> Loaded:
    """Return the routes in use, the default last, and the models that they may name."""
    rows = {row.pk: row for row in ServedModel.objects.usable()}
    steps = Prefetch("steps", queryset=RouteFallback.objects.order_by("position"))
    routes = Route.objects.filter(is_enabled=True).prefetch_related("collections", "primaries", steps)
    rules = [*_chosen_by_owners(rows), *(_rule(route, rows) for route in routes)]
    inside = [row for row in rows.values() if not row.is_external] or list(rows.values())
    if inside:
        rules.append(Rule(name=DEFAULT_ROUTE, primaries=tuple((row.pk, row.weight) for row in inside)))
    return rules, rows


def _chosen_by_owners(rows: dict[int, ServedModel]) -> list[Rule]:
    """Return a rule for each collection whose owners chose, before the others. What is offered no more counts no more; a model that
    is out of use falls to quotes, as in a route."""
    chosen = CollectionChoice.objects.filter(Q(model=None) | Q(model__is_offered=True), collection__deleted_at=None)
    return [
        Rule(
            name=f"collection:{slug}",
            collections=frozenset((slug,)),
            is_alone=True,
            primaries=((pk, rows[pk].weight),) if pk in rows else (),
        )
        for slug, pk in chosen.order_by("pk").values_list("collection__slug", "model")
    ]


def _rule(route: Route, rows: dict[int, ServedModel]) -> Rule:
    """A model that is out of use drops out of its routes; one without any model left falls to quotes, not to another route."""
    return Rule(
        name=route.name,
        collections=frozenset(collection.slug for collection in route.collections.all()),
        question_classes=frozenset(route.question_classes),
        complexity=route.complexity,
        language=route.language,
        primaries=tuple((model.pk, model.weight) for model in route.primaries.all() if model.pk in rows),
        canary=route.canary_id if route.canary_id in rows else None,
        canary_percent=route.canary_percent,
        fallbacks=tuple(step.model_id for step in route.steps.all() if step.model_id in rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """A model and what stands around it, from the outside in."""

    queued: QueuedModel
    masked: MaskedModel | None
    structured: StructuredModel | None
    retrying: RetryingModel


def serve_row(row: ServedModel) -> LanguageModel:
    """Return the bare model of a row: no queue, no breaker, nothing masked."""
    return _Served(row)


class RowChoice:
    """A model for one question: queue and breaker, mask, JSON, retries, and the server."""

    def __init__(self, row: ServedModel, *, user: str = "", collection: str = "", model: LanguageModel | None = None) -> None:
        self._row = row
        served = model or serve_row(row)
        retrying = RetryingModel(served)
        structured = StructuredModel(retrying) if row.style == ServedModel.Style.STRUCTURED else None
        masked = MaskedModel(structured or retrying) if row.is_external else None
        queued = QueuedModel(masked or structured or retrying, row=row, user=user, collection=collection)
        self._layers = _Layers(queued=queued, masked=masked, structured=structured, retrying=retrying)

    @property
    def model(self) -> LanguageModel:
        return self._layers.queued

    @property
    def options(self) -> GenerationOptions:
        return self._row.options()

    @property
    def context_tokens(self) -> int:
        return self._row.context_tokens

    @property
    def style(self) -> Style:
        return "structured" if self._layers.structured else "markers"

    def report(self) -> dict[str, Any]:
        """Return the row, each call with its outcome, retries, masking, usage and price; no key, and nothing that was masked."""
        row, layers = self._row, self._layers
        calls = [
            {
                "outcome": "stopped" if outcome.error_code is None else outcome.error_code or "done",
                "detail": row.without_key(outcome.detail),
                "first_token_ms": outcome.first_token_ms,
                "total_ms": outcome.total_ms,
                "usage": asdict(outcome.usage) if outcome.usage else None,
            }
            for outcome in layers.queued.outcomes
        ]
        price = sum((row.price_of(outcome.usage) for outcome in layers.queued.outcomes if outcome.usage), Decimal(0))
        return {
            "row": row.name,
            "model": row.requested_name,
            "adapter": row.lora_name,
            "is_external": row.is_external,
            "style": self.style,
            "calls": calls,
            "refused_by": layers.queued.refused_by,
            "retried_after": list(layers.retrying.failures),
            "waited_ms": layers.queued.waited_ms,
            "masking": layers.masked.report() if layers.masked else None,
            "structure": layers.structured.report() if layers.structured else None,
            "price": str(price.normalize()) if price else "0",
        }


class _Served(OpenAICompatibleModel):
    """The server of a row. A key that cannot be read is reported when it is needed, like a wrong one."""

    def __init__(self, row: ServedModel) -> None:
        try:
            key, self._complaint = row.read_key(), ""
        except ValueError as error:
            key, self._complaint = "", str(error)
        super().__init__(base_url=row.base_url, name=row.requested_name, api_key=key, rules=model_rules())

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        if self._complaint:
            raise ModelUnauthorized(self._complaint)
        async with aclosing(super().stream(messages, options=options)) as deltas:
            async for delta in deltas:
                yield delta

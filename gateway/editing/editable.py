"""The editable values of language models and routes, shared by forms, seed files and the audit."""

from decimal import Decimal
from typing import Annotated, Any, TypedDict

from accounts.editable import Mark, readable_names
from gateway.models import Route, ServedModel


class ServedModelValues(TypedDict, total=False):
    """`key`: left empty, the key that is kept stays, unless `forgets_key` says otherwise."""

    name: str
    base_url: str
    served_name: str
    lora_name: str
    key: Annotated[str, Mark.WRITE_ONLY]
    forgets_key: Annotated[bool, Mark.WRITE_ONLY]
    key_variable: str
    is_external: bool
    is_enabled: bool
    is_offered: bool
    context_tokens: int
    max_answer_tokens: int
    temperature: float
    extra: dict[str, Any]
    style: str
    price_in: Decimal | float | str
    price_out: Decimal | float | str
    weight: int
    first_token_timeout_s: float
    total_timeout_s: float
    max_concurrent: int


class RouteValues(TypedDict, total=False):
    """`collections`: addresses. `primaries`, `canary`, `fallbacks`: models by their names; `canary` "" is none."""

    name: str
    position: int
    is_enabled: bool
    collections: list[str]
    question_classes: list[str]
    complexity: str
    language: str
    primaries: list[str]
    canary: str
    canary_percent: int
    fallbacks: list[str]


def serialize_model(row: ServedModel) -> dict[str, Any]:
    """Return every readable value of a model, and whether it has a key."""
    values = {name: getattr(row, name) for name in readable_names(ServedModelValues)}
    prices = {name: str(values[name]) for name in ("price_in", "price_out")}
    return values | prices | {"has_key": bool(row.sealed_key or row.key_variable)}


def serialize_route(route: Route) -> dict[str, Any]:
    """Return a route as the audit keeps it and as a seed file may say it."""
    related = {
        "collections": sorted(route.collections.values_list("slug", flat=True)),
        "question_classes": list(route.question_classes),
        "primaries": sorted(route.primaries.values_list("name", flat=True)),
        "canary": route.canary.name if route.canary else "",
        "fallbacks": [step.model.name for step in route.steps.select_related("model")],
    }
    return {name: related[name] if name in related else getattr(route, name) for name in readable_names(RouteValues)}

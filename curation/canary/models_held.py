"""Holding back a change of which model answers: the golden questions of all collections are asked as if it counted.

`gateway.services` asks `hold_models` by the setting HOLD_MODELS, and knows nothing of golden questions. A change is tried by
applying it in a transaction that is rolled back once the routes were read (`TriedGateway`): what is tried is what would count.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.flow.dependencies import AnswerDependencies
from curation.canary.models import CanaryRules, HeldChange
from curation.golden.models import GoldenQuestion, GoldenRun
from curation.golden.running import start_run
from curation.prompts.models import PromptVersion
from gateway import services
from gateway.models import Route, ServedModel
from gateway.routing.row_gateway import Loaded, RowGateway, load_rules
from kb.models import Collection

ROUTE, MODEL, PROMPT = "route", "model", "prompt"
TRIED = frozenset({"served_name", "lora_name", "temperature", "style", "extra", "max_answer_tokens", "is_enabled"})  # of a model


def hold_models(kind: str, row: Any, values: Mapping[str, Any] | None, *, user: User | None) -> Mapping[str, Any] | None:
    """Return what may be changed now, None for nothing; the rest is held. In the caller's transaction.

    Args:
        kind: "route" or "model". row: a route without a primary key is new. values: None: the route is to be deleted.
    """
    if not CanaryRules.objects.filter(pk=CanaryRules.ONLY, holds_models=True).exists() or not _watched().exists():
        return values or {}
    if kind == ROUTE:
        _hold(ROUTE, row, None if values is None else dict(values), user=user)
        return None
    tried = {name: value for name, value in (values or {}).items() if name in TRIED and getattr(row, name) != value}
    if tried:
        _hold(MODEL, row, tried, user=user)
    return {name: value for name, value in (values or {}).items() if name not in tried}


def hold_prompt(row: PromptVersion, *, user: User | None) -> bool:
    """Hold a version of a prompt back until it is tried, where that is the rule. Returns: whether it is held."""
    if not CanaryRules.objects.filter(pk=CanaryRules.ONLY, holds_models=True).exists() or not _watched().exists():
        return False
    held = HeldChange.objects.create(
        kind=PROMPT, target=row.pk, name=f"{row.name} {row.number}", value={"name": row.name, "number": row.number}, asked_by=user
    )
    _record("change.held", held, user=user)
    for collection in _watched():
        start_run(collection=collection, cause=GoldenRun.Cause.HELD, user=user, changes=[PROMPT], held=held)
    return True


def _watched() -> QuerySet[Collection]:
    return Collection.objects.live().filter(pk__in=GoldenQuestion.objects.in_use().values("collection"))


def _hold(kind: str, row: Any, values: dict[str, Any] | None, *, user: User | None) -> None:
    name = row.name or str((values or {}).get("name", ""))
    held = HeldChange.objects.create(kind=kind, target=row.pk, name=name, value=values, asked_by=user)
    _record("change.held", held, user=user)
    for collection in _watched():
        start_run(collection=collection, cause=GoldenRun.Cause.HELD, user=user, changes=["model"], held=held)


class TriedGateway(RowGateway):
    """The gateway as it would be with a change."""

    def __init__(self, held: HeldChange) -> None:
        self._held = held

    def load(self) -> Loaded:
        with transaction.atomic():
            apply_models(self._held, user=None)
            loaded = load_rules()
            transaction.set_rollback(True)
        return loaded


def tried_with(held: HeldChange, dependencies: AnswerDependencies) -> AnswerDependencies:
    if held.kind != PROMPT:
        return replace(dependencies, gateway=TriedGateway(held))
    row = PromptVersion.objects.filter(pk=held.target or 0).first()

    def choose(name: str, subject: str, /) -> str:
        return row.text if row is not None and name == row.name else dependencies.choose_rules(name, subject)

    return replace(dependencies, choose_rules=choose)


def apply_models(held: HeldChange, *, user: User | None) -> None:
    """Apply a held change of a route or a model; nothing where that is gone by now. Raises: ValuesRefused."""
    values: dict[str, Any] = held.value or {}
    if held.kind == MODEL:
        model = ServedModel.objects.filter(pk=held.target or 0).first()
        if model is not None:
            services.change_model(row=model, user=user, is_tried=True, **values)
        return
    if held.target is None:
        services.create_route(user=user, is_tried=True, **values)
        return
    route = Route.objects.filter(pk=held.target or 0).first()
    if route is None:
        return
    if held.value is None:
        services.delete_route(route, user=user, is_tried=True)
    else:
        services.change_route(route=route, user=user, is_tried=True, **values)


def set_holding(*, holds_models: bool, user: User) -> None:
    """Say whether changes of models and routes are held back."""
    with transaction.atomic():
        CanaryRules.objects.get_or_create(pk=CanaryRules.ONLY)
        row = CanaryRules.objects.select_for_update().get(pk=CanaryRules.ONLY)
        if row.holds_models == holds_models:
            return
        row.holds_models = holds_models
        row.save(update_fields=["holds_models"])
        record("canary.rules_changed", by=actor_of(user), payload={"holds_models": holds_models})


def _record(action: str, held: HeldChange, *, user: User | None) -> None:
    record(
        action,
        by=actor_of(user),
        subject=f"held_change:{held.uid}",
        summary=held.name,
        payload={"kind": held.kind, "name": held.name, "to": held.value},
    )

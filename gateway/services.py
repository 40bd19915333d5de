"""Services that change models and routes; the audit records each change without the keys."""

import logging
from collections.abc import Mapping
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Unpack

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.editable import changed_names
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from gateway.editing.editable import RouteValues, ServedModelValues, serialize_model, serialize_route
from gateway.editing.values import clean_model, clean_route
from gateway.errors import ModelError
from gateway.hosts import model_rules
from gateway.layers.listing import list_served
from gateway.models import Route, RouteFallback, ServedModel
from gateway.ports import LanguageModel, Message
from gateway.routing.row_gateway import serve_row

logger = logging.getLogger(__name__)

TEST_TIMEOUT_S = 15.0
_TEST_PROMPT = (Message(role="user", content="Reply with the word: ready"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a test of the connection showed. The server's own words go to the log: who types an address reads nothing by it."""

    error: ModelError | None = None
    first_token_ms: float = 0.0
    context: int | None = None  # as the server reports it; None where it does not
    offered: tuple[str, ...] | None = None  # names that the server lists; None where it was not asked, or lists none


@transaction.atomic
def create_model(*, user: User | None, **values: Unpack[ServedModelValues]) -> ServedModel:
    """Connect a model. `user` None: the command line. Where it is to be tried first, it is out of use until then.

    Raises: ValuesRefused.
    """
    saved = _save_model(ServedModel(), values, user=user)
    if saved.is_enabled and settings.HOLD_MODELS:
        ServedModel.objects.filter(pk=saved.pk).update(is_enabled=False)
        saved.is_enabled = False
        saved.is_held = _let_through("model", saved, {"is_enabled": True}, user=user) == {}
        if not saved.is_held:
            ServedModel.objects.filter(pk=saved.pk).update(is_enabled=True)
            saved.is_enabled = True
    return saved


@transaction.atomic
def change_model(
    *, row: ServedModel, user: User | None, is_tried: bool = False, **values: Unpack[ServedModelValues]
) -> ServedModel:
    """Change what is given, leave the rest; records nothing where nothing differs. What is to be tried first is held back (the
    setting HOLD_MODELS), unless `is_tried`.

    Raises: ValuesRefused.
    """
    row = ServedModel.objects.select_for_update().get(pk=row.pk)
    if is_tried:
        return _save_model(row, values, user=user)
    clean_model(copy(row), values)  # nobody tries what is no value
    let_through = _let_through("model", row, values, user=user) or {}
    saved = _save_model(row, let_through, user=user)
    saved.is_held = len(let_through) < len(values)
    return saved


@transaction.atomic
def create_route(*, user: User | None, is_tried: bool = False, **values: Unpack[RouteValues]) -> Route:
    """Lay a route. `user` None: the command line. One that is to be tried first is returned without being there.

    Raises: ValuesRefused.
    """
    return _try_or_save_route(Route(), values, user=user, is_tried=is_tried)


@transaction.atomic
def change_route(*, route: Route, user: User | None, is_tried: bool = False, **values: Unpack[RouteValues]) -> Route:
    """Change what is given, leave the rest; records nothing where nothing differs. Tried as a model's is. Raises: ValuesRefused."""
    return _try_or_save_route(Route.objects.select_for_update().get(pk=route.pk), values, user=user, is_tried=is_tried)


def _try_or_save_route(route: Route, values: Mapping[str, Any], *, user: User | None, is_tried: bool) -> Route:
    if is_tried:
        return _save_route(route, values, user=user)
    clean_route(copy(route), values)
    let_through = _let_through("route", route, values, user=user)
    if let_through is None:
        route.name, route.is_held = route.name or str(values.get("name", "")), True
        return route
    return _save_route(route, let_through, user=user)


def _let_through(kind: str, row: Any, values: Mapping[str, Any] | None, *, user: User | None) -> Mapping[str, Any] | None:
    """Return what counts now, None for nothing; what is to be tried first is held by whom the setting names."""
    if not settings.HOLD_MODELS:
        return values or {}
    found: Mapping[str, Any] | None = import_string(settings.HOLD_MODELS)(kind, row, values, user=user)
    return found


def _save_model(row: ServedModel, values: Mapping[str, Any], *, user: User | None) -> ServedModel:
    is_new = row.pk is None
    before, sealed_before = ({}, "") if is_new else (serialize_model(row), row.sealed_key)
    kept = clean_model(row, values)
    columns = {*kept, "sealed_key", "changed_at"} - {"key", "forgets_key"}
    row.save(update_fields=None if is_new else sorted(columns))
    row.refresh_from_db()  # prices as they are kept
    after = serialize_model(row)
    changed = changed_names(before, after) + (["key"] if row.sealed_key != sealed_before else [])
    if changed:
        action = "model.created" if is_new else "model.changed"
        _record(action, row, user=user, payload=after if is_new else after | {"changed": changed})
    return row


def _save_route(route: Route, values: Mapping[str, Any], *, user: User | None) -> Route:
    is_new = route.pk is None
    before = {} if is_new else serialize_route(route)
    kept = clean_route(route, values)
    route.save(update_fields=None if is_new else sorted(kept.keys() - {"collections", "primaries", "fallbacks"}))
    for name in kept.keys() & {"collections", "primaries"}:
        getattr(route, name).set(kept[name])
    if "fallbacks" in kept:
        route.steps.all().delete()
        steps = enumerate(kept["fallbacks"], start=1)
        RouteFallback.objects.bulk_create(RouteFallback(route=route, model=model, position=place) for place, model in steps)
    after = serialize_route(route)
    changed = changed_names(before, after)
    if changed:
        action = "route.created" if is_new else "route.changed"
        _record_route(action, route, user=user, payload=after if is_new else after | {"changed": changed})
    return route


@transaction.atomic
def delete_route(route: Route, *, user: User | None, is_tried: bool = False) -> None:
    """Take a route away, or have that tried first."""
    if not is_tried and _let_through("route", route, None, user=user) is None:
        return
    _record_route("route.deleted", route, user=user, payload=serialize_route(route))
    route.delete()


def try_model(row: ServedModel, *, user: User) -> Tested:
    """Ask the model for a word, bypassing queue and breaker. If it answers, the breaker closes at once."""
    tested = async_to_sync(_test)(row, serve_row(row))
    if tested.error is None:
        row.save(update_fields=["changed_at"])
    outcome = tested.error.code if tested.error else "answered"
    _record("model.tested", row, user=user, payload={"name": row.name, "outcome": outcome})
    return tested


def try_values(row: ServedModel, values: Mapping[str, Any], *, user: User) -> Tested:
    """Ask the model for a word as it would be with these values, and its server what it offers; nothing is saved. A key that is
    kept goes to the server that it was given for, and to no other.

    Args: row: of the model as it is, or a new one.
    Raises: ValuesRefused.
    """
    tried = copy(row)
    clean_model(tried, values)
    tested = async_to_sync(_test_and_list)(tried)
    outcome = tested.error.code if tested.error else "answered"
    payload = {"name": tried.name, "base_url": tried.base_url, "outcome": outcome, "unsaved": True}
    record("model.tested", by=actor_of(user), subject=f"model:{row.pk}" if row.pk else "", summary=tried.name, payload=payload)
    return tested


async def _test_and_list(row: ServedModel) -> Tested:
    try:
        key = row.read_key()
        offered: tuple[str, ...] | None = await list_served(base_url=row.base_url, api_key=key, rules=model_rules())
    except ValueError:
        offered = None  # the test says so, too
    except ModelError as error:
        logger.info("the models of %s were not listed: %s: %s", row.base_url, error.code, row.without_key(str(error)))
        offered = None
    return replace(await _test(row, serve_row(row)), offered=offered)


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
        logger.info("test of model %s: %s: %s", row.pk, error.code, row.without_key(str(error)))
        return Tested(error=error)
    first_token_ms = (perf_counter() - begin) * 1000
    counted = await model.count_tokens(_TEST_PROMPT)
    return Tested(first_token_ms=first_token_ms, context=counted.context if counted else None)


def _record(action: str, row: ServedModel, *, user: User | None, payload: dict[str, Any]) -> None:
    record(
        action,
        by=actor_of(user),
        subject=f"model:{row.pk}",
        summary=row.name,
        payload=payload,
    )


def _record_route(action: str, route: Route, *, user: User | None, payload: dict[str, Any]) -> None:
    record(
        action,
        by=actor_of(user),
        subject=f"route:{route.pk}",
        summary=route.name,
        payload=payload,
    )

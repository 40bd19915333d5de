"""Validation of models and routes, the same for forms, seed files and programs."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.editable import check_row, check_values
from accounts.errors import ValuesRefused
from gateway.editing.editable import RouteValues, ServedModelValues
from gateway.hosts import read_origin
from gateway.layers.openai_compatible import RESERVED
from gateway.models import ENVIRONMENT, Route, ServedModel, question_classes
from kb.models import Collection

Row = TypeVar("Row", bound=Model)

FALLBACKS = 3
KEY_PREFIX = "LLM_"
KEY_CHARACTERS = 500
# What LLM_BASE_URL and its like say is changed where they are set.
SET_BY_ENVIRONMENT = (
    *("name", "base_url", "served_name", "key", "forgets_key", "key_variable", "context_tokens", "max_answer_tokens"),
    *("first_token_timeout_s", "total_timeout_s", "max_concurrent", "is_enabled"),
)
_NOT_OF_THE_ROW = frozenset(("key", "forgets_key"))
_LINKED = frozenset(("collections", "primaries", "fallbacks"))


def clean_model(row: ServedModel, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept; `row` holds them then, its key among them, unsaved. Raises: ValuesRefused."""
    is_new, origin_before = row.pk is None, read_origin(row.base_url)
    check_values(ServedModelValues, values, is_new=is_new)
    kept, problems = _cleaned(values, _MODEL_CLEANERS)
    if not is_new and row.is_from_environment:
        problems |= {
            name: [_("Set by LLM_BASE_URL and related environment variables.")] for name in values if name in SET_BY_ENVIRONMENT
        }
    elif kept.get("name") == ENVIRONMENT:
        problems["name"] = [_("This name is reserved for the model that the environment sets.")]
    if is_new:
        kept = {"name": "", "base_url": ""} | kept
    _put(row, kept, problems, leave=_NOT_OF_THE_ROW)
    if kept.get("key"):
        row.set_key(kept["key"])
    elif kept.get("forgets_key") or origin_before != read_origin(row.base_url):
        row.sealed_key = ""  # the key of one server never goes to another, nor in clear where it went encrypted
    return kept


def clean_route(route: Route, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept, names as rows; `route` holds them then, unsaved. Raises: ValuesRefused."""
    is_new = route.pk is None
    check_values(RouteValues, values, is_new=is_new)
    kept, problems = _cleaned(values, _ROUTE_CLEANERS)
    if is_new:
        kept = {"name": "", "primaries": []} | kept
    if "primaries" not in problems and "primaries" in kept and not kept["primaries"]:
        problems["primaries"] = [_("Choose at least one model.")]
    _put(route, kept, problems, leave=_LINKED)
    return kept


def _cleaned(
    values: Mapping[str, Any], cleaners: Mapping[str, Callable[[Any], Any]]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    kept, problems = dict(values), {}
    for name, clean in cleaners.items():
        if name in values:
            try:
                kept[name] = clean(values[name])
            except ValuesRefused as refused:
                problems[name] = refused.problems[""]
    return kept, problems


def _put(row: Model, kept: Mapping[str, Any], problems: dict[str, list[str]], *, leave: Iterable[str]) -> None:
    """Write what has no problem into the row and let its own rules judge it. Raises: ValuesRefused: every problem of both."""
    names = kept.keys() - problems.keys() - set(leave)
    for name in names:
        setattr(row, name, kept[name])
    if isinstance(row, Route) and not {"canary", "canary_percent"} & problems.keys() and row.canary_percent and row.canary is None:
        problems["canary"] = [_("Choose the canary model.")]
    try:
        check_row(row, names=names)
    except ValuesRefused as refused:
        problems = refused.problems | problems
    if problems:
        raise ValuesRefused(problems)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _address(text: str) -> str:
    return text.strip().rstrip("/")


def _key(text: str) -> str:
    key = text.strip()
    if len(key) > KEY_CHARACTERS:
        raise ValuesRefused({"": [_("A key can have at most %(count)d characters.") % {"count": KEY_CHARACTERS}]})
    return key


def _key_variable(text: str) -> str:
    name = text.strip()
    if name and not name.startswith(KEY_PREFIX):
        raise ValuesRefused({"": [_("The variable's name must begin with LLM_, so that no other secret is sent.")]})
    if name and name not in os.environ:
        raise ValuesRefused({"": [_("This environment variable is not set.")]})
    return name


def _extra(options: dict[str, Any]) -> dict[str, Any]:
    if taken := sorted(RESERVED & set(options)):
        raise ValuesRefused({"": [_("Attest sets these options itself: %(names)s.") % {"names": ", ".join(taken)}]})
    return options


def _question_classes(names: list[str]) -> list[str]:
    if unknown := sorted(set(names) - {name for name, _label in question_classes()}):
        raise ValuesRefused({"": [_("Unknown question types: %(names)s.") % {"names": ", ".join(unknown)}]})
    return list(names)


def _found(rows: QuerySet[Row], names: list[str], *, field: str) -> list[Row]:
    """Return the rows of these names, in their order, each once. Raises: ValuesRefused: one that is not there."""
    by_name = {getattr(row, field): row for row in rows.filter(**{f"{field}__in": names})}
    if missing := [name for name in names if name not in by_name]:
        named = {"kind": rows.model._meta.verbose_name, "names": ", ".join(map(repr, missing))}
        raise ValuesRefused({"": [_("Unknown %(kind)s: %(names)s.") % named]})
    return [by_name[name] for name in dict.fromkeys(names)]


def _collections(slugs: list[str]) -> list[Collection]:
    return _found(Collection.objects.live(), slugs, field="slug")


def _models(names: list[str]) -> list[ServedModel]:
    return _found(ServedModel.objects.all(), names, field="name")


def _fallbacks(names: list[str]) -> list[ServedModel]:
    found = _models(names)
    if len(found) > FALLBACKS:
        raise ValuesRefused({"": [_("Choose at most %(count)d fallback models.") % {"count": FALLBACKS}]})
    return found


def _canary(name: str) -> ServedModel | None:
    return _models([name])[0] if name else None


_MODEL_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "name": _one_line,
    "base_url": _address,
    "served_name": _one_line,
    "lora_name": _one_line,
    "key": _key,
    "key_variable": _key_variable,
    "extra": _extra,
}
_ROUTE_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "name": _one_line,
    "collections": _collections,
    "question_classes": _question_classes,
    "primaries": _models,
    "canary": _canary,
    "fallbacks": _fallbacks,
}

"""Models and routes out of a JSON file: `{"models": [{"name", "base_url", …}], "routes": [{"name", "models", …}]}`."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from chat.model_forms import RouteForm, ServedModelForm
from chat.served import ENVIRONMENT, Route, ServedModel
from kb.models import Collection


class SeedRefused(Exception):
    """The file cannot be taken over; the message says what is wrong where."""


@transaction.atomic
def seed_models(path: Path) -> tuple[int, int]:
    """Make or change the models and routes of a file, by their names; what it does not name stays.

    Keys are named by environment variables (`key_variable`), so that the file holds none; a `key` is taken too, and sealed.
    Returns: how many models and routes the file has. Raises: SeedRefused: nothing of it is taken over.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SeedRefused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SeedRefused(f"{path} is no JSON: {error}.") from error
    if not isinstance(told, dict) or not set(told) <= {"models", "routes"}:
        raise SeedRefused(f'{path} must hold an object with "models" and "routes".')
    models, routes = told.get("models", []), told.get("routes", [])
    for entry in models:
        _seed_model(entry)
    for entry in routes:
        _seed_route(entry)
    return len(models), len(routes)


def seed_first_models() -> tuple[int, int] | None:
    """Take over MODELS_FILE where no model has been made yet, by a person or by an earlier start.

    Returns: how many models and routes; None where nothing was to be done. Raises: SeedRefused.
    """
    if not settings.MODELS_FILE or ServedModel.objects.exclude(name=ENVIRONMENT).exists():
        return None
    return seed_models(Path(settings.MODELS_FILE))


def _seed_model(entry: dict[str, Any]) -> None:
    name = _name(entry, "model")
    row = ServedModel.objects.filter(name=name).first() or ServedModel()
    blank = ServedModel(name=name)
    fields = [field for field in ServedModelForm.Meta.fields if field not in ("key", "forgets_key")]
    _check_names(entry, {*fields, "key"}, f"model {name}")
    given = {field: entry.get(field, getattr(blank, field)) for field in fields} | {"key": entry.get("key", "")}
    given["extra"] = json.dumps(given["extra"])
    _save(ServedModelForm(given, instance=row), f"model {name}")


def _seed_route(entry: dict[str, Any]) -> None:
    name = _name(entry, "route")
    allowed = {"name", "position", "is_enabled", "collections", "question_classes", "complexity", "language"}
    _check_names(entry, {*allowed, "models", "canary", "canary_percent", "fallbacks"}, f"route {name}")
    given: dict[str, Any] = {"position": 10, "is_enabled": True, "canary_percent": 0}
    given |= {field: value for field, value in entry.items() if field not in ("models", "fallbacks", "canary", "collections")}
    given["collections"] = [_find(Collection, slug, f"route {name}", field="slug") for slug in entry.get("collections", [])]
    given["primaries"] = [_find(ServedModel, model, f"route {name}") for model in entry.get("models", [])]
    given["canary"] = _find(ServedModel, entry["canary"], f"route {name}") if entry.get("canary") else None
    for place, model in enumerate(entry.get("fallbacks", []), start=1):
        given[f"fallback_{place}"] = _find(ServedModel, model, f"route {name}")
    _save(RouteForm(given, instance=Route.objects.filter(name=name).first() or Route()), f"route {name}")


def _name(entry: Any, what: str) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise SeedRefused(f'Each {what} must be an object with a "name".')
    return entry["name"]


def _check_names(entry: dict[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - allowed):
        raise SeedRefused(f"{where}: unknown {', '.join(unknown)}.")


def _find(kind: type[Collection] | type[ServedModel], name: Any, where: str, *, field: str = "name") -> int:
    row = kind.objects.filter(**{field: name}).first()
    if row is None:
        raise SeedRefused(f"{where}: there is no {kind._meta.verbose_name} {name!r}.")
    return row.pk


def _save(form: ServedModelForm | RouteForm, where: str) -> None:
    try:
        if not form.is_valid():
            problems = "; ".join(f"{field}: {' '.join(errors)}" for field, errors in form.errors.items())
            raise SeedRefused(f"{where}: {problems}")
        form.save()
    except ValidationError as error:
        raise SeedRefused(f"{where}: {' '.join(error.messages)}") from error

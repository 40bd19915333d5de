"""Models and routes out of a JSON file: `{"models": [{"name", "base_url", …}], "routes": [{"name", "models", …}]}`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.errors import ValuesRefused
from gateway.models import ENVIRONMENT, Route, ServedModel
from gateway.services import change_model, change_route, create_model, create_route


class SeedRefused(Exception):
    """The file cannot be taken over; the message says what is wrong where."""


@transaction.atomic
def seed_models(path: Path) -> tuple[int, int]:
    """Make or change the models and routes of a file, by their names; what it does not name stays, fields of a row too.

    Keys are named by environment variables (`key_variable`), so that the file holds none; a `key` is taken too, and sealed.
    Returns: how many models and routes the file has. Raises: SeedRefused: nothing of it is taken over.
    """
    try:
        seed = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SeedRefused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SeedRefused(f"{path} is no JSON: {error}.") from error
    if not isinstance(seed, dict) or not set(seed) <= {"models", "routes"}:
        raise SeedRefused(f'{path} must hold an object with "models" and "routes".')
    models, routes = seed.get("models", []), seed.get("routes", [])
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
    row = ServedModel.objects.filter(name=name).first()
    with _refused(f"model {name}"):
        if row is None:
            create_model(user=None, **entry)
        else:
            change_model(row=row, user=None, **entry)


def _seed_route(entry: dict[str, Any]) -> None:
    name = _name(entry, "route")
    route = Route.objects.filter(name=name).first()
    values = {("primaries" if field == "models" else field): value for field, value in entry.items()}
    with _refused(f"route {name}"):
        if route is None:
            create_route(user=None, **values)
        else:
            change_route(route=route, user=None, **values)


def _name(entry: Any, what: str) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise SeedRefused(f'Each {what} must be an object with a "name".')
    return name


@contextmanager
def _refused(where: str) -> Iterator[None]:
    """Raises: SeedRefused: with the place in the file."""
    try:
        yield
    except ValuesRefused as refused:
        raise SeedRefused(f"{where}: {refused.message}") from refused

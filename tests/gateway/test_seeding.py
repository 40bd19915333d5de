"""Models and routes out of a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from gateway.models import Route, ServedModel
from gateway.seeding import SeedRefused, seed_first_models, seed_models
from kb.models import Collection

pytestmark = pytest.mark.django_db
SMALL = {"name": "small", "base_url": "http://127.0.0.1:8100/v1", "served_name": "llama-8b", "price_in": 0.25}
LARGE = {
    "name": "large",
    "base_url": "https://models.example/v1",
    "is_external": True,
    "style": "structured",
    "extra": {"top_p": 1},
}
ROUTE = {"name": "zh", "language": "zh", "models": ["small"], "canary": "large", "canary_percent": 10, "fallbacks": ["large"]}


def write(folder: Path, seed: Any) -> Path:
    path = folder / "models.json"
    path.write_text(seed if isinstance(seed, str) else json.dumps(seed))
    return path


def test_models_and_routes_are_made_and_made_again(tmp_path: Path, collection: Collection) -> None:
    path = write(tmp_path, {"models": [SMALL, LARGE], "routes": [ROUTE | {"collections": [collection.slug]}]})
    for _ in range(2):
        assert seed_models(path) == (2, 1)
    small, large = ServedModel.objects.get(name="small"), ServedModel.objects.get(name="large")
    assert (small.served_name, str(small.price_in), small.is_external, small.is_enabled) == ("llama-8b", "0.2500", False, True)
    assert (large.is_external, large.style, large.extra) == (True, "structured", {"top_p": 1})
    route = Route.objects.get()
    assert (list(route.primaries.all()), route.canary, route.canary_percent) == ([small], large, 10)
    assert [step.model for step in route.steps.all()] == [large]
    assert [one.slug for one in route.collections.all()] == ["handbook"]


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ("{", "no JSON"),
        ([], "must hold an object"),
        ({"modles": []}, "must hold an object"),
        ({"models": [{}]}, 'with a "name"'),
        ({"models": [SMALL | {"adress": "x"}]}, "model small: adress: There is no such field"),
        ({"models": [SMALL | {"base_url": "x"}]}, "model small: base_url"),
        ({"models": [SMALL], "routes": [ROUTE]}, "Unknown language model: 'large'"),
        (
            {"models": [SMALL, LARGE], "routes": [ROUTE | {"collections": ["x"]}]},
            "route zh: collections: Unknown coll.*: 'x'",
        ),
        ({"models": [SMALL], "routes": [{"name": "none", "models": []}]}, "route none: primaries"),
    ],
)
def test_a_bad_file_is_refused_whole(tmp_path: Path, seed: Any, message: str) -> None:
    with pytest.raises(SeedRefused, match=message):
        seed_models(write(tmp_path, seed))
    assert not ServedModel.objects.exists()


def test_what_an_entry_does_not_name_stays_and_each_change_is_in_the_audit(tmp_path: Path) -> None:
    seed_models(write(tmp_path, {"models": [SMALL | {"weight": 7, "key": "s3cret"}, LARGE], "routes": [ROUTE]}))
    for _ in range(2):
        seed_models(write(tmp_path, {"models": [{"name": "small", "temperature": 1}], "routes": [{"name": "zh", "position": 3}]}))
    row, route = ServedModel.objects.get(name="small"), Route.objects.get()
    assert (row.weight, row.temperature, row.read_key(), row.served_name) == (7, 1.0, "s3cret", "llama-8b")
    assert (route.position, route.language, route.canary_percent, route.primaries.get()) == (3, "zh", 10, row)
    assert [step.model.name for step in route.steps.all()] == ["large"]
    events = [(event.action, event.actor_name) for event in Event.objects.filter(action__regex="^(model|route)").order_by("pk")]
    changes = [("model.changed", ""), ("route.changed", "")]
    assert events == [("model.created", ""), ("model.created", ""), ("route.created", ""), *changes]
    for payload in (event.payload.body for event in Event.objects.filter(action__startswith="model")):
        assert "s3cret" not in payload


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_models", str(write(tmp_path, {"models": [SMALL]})))
    assert "1 models and 0 routes" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("seed_models", str(tmp_path / "nowhere.json"))


def test_the_first_start_takes_the_file_over_and_later_ones_leave_what_is_there(tmp_path: Path, settings: Any) -> None:
    assert seed_first_models() is None
    settings.MODELS_FILE = str(write(tmp_path, {"models": [SMALL]}))
    assert seed_first_models() == (1, 0)
    ServedModel.objects.update(weight=7)
    assert seed_first_models() is None
    assert ServedModel.objects.get().weight == 7


def test_a_key_in_the_file_is_sealed(tmp_path: Path) -> None:
    seed_models(write(tmp_path, {"models": [SMALL | {"key": "s3cret"}]}))
    row = ServedModel.objects.get()
    assert row.read_key() == "s3cret"
    assert "s3cret" not in row.sealed_key

"""Models and routes out of a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chat.seeding import SeedRefused, seed_first_models, seed_models
from chat.served import Route, ServedModel
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


def write(folder: Path, told: Any) -> Path:
    path = folder / "models.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told))
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
    ("told", "message"),
    [
        ("{", "no JSON"),
        ([], "must hold an object"),
        ({"modles": []}, "must hold an object"),
        ({"models": [{}]}, 'with a "name"'),
        ({"models": [SMALL | {"adress": "x"}]}, "model small: unknown adress"),
        ({"models": [SMALL | {"base_url": "x"}]}, "model small: base_url"),
        ({"models": [SMALL], "routes": [ROUTE]}, "route zh: there is no language model 'large'"),
        ({"models": [SMALL, LARGE], "routes": [ROUTE | {"collections": ["x"]}]}, "there is no collection 'x'"),
        ({"models": [SMALL], "routes": [{"name": "none", "models": []}]}, "route none: primaries"),
    ],
)
def test_a_bad_file_is_refused_whole(tmp_path: Path, told: Any, message: str) -> None:
    with pytest.raises(SeedRefused, match=message):
        seed_models(write(tmp_path, told))
    assert not ServedModel.objects.exists()


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

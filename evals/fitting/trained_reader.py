"""Fitting what the trained reader adds to sufficiency: a weight for each thing it tells, and one for the other models' log odds.

The sources that it learns from must not have trained the reader (evals/sets/parts.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from chat.judge.calibration import LogisticModel
from chat.judge.sufficiency import DEFAULT_THRESHOLD, OTHERS, READING, combine, log_odds

STRENGTH = 0.1  # C of the regression; from .03 to 10 the order of handbook's questions is the same
PRIOR = 0.8  # share of the answerable questions in use; with it one in ten of handbook's and policy-zh's is refused
_FEATURES = (OTHERS, "read_best", "read_sentence")
FOLDS, REPEATS = 6, 3


class Shown(Protocol):
    """What the evidence for a question showed."""

    @property
    def features(self) -> Mapping[str, float]: ...

    @property
    def is_answerable(self) -> bool: ...

    @property
    def group(self) -> str: ...

    @property
    def script(self) -> str: ...

    @property
    def is_hidden(self) -> bool: ...


def fit_reading(
    models: Mapping[str, LogisticModel], sets: Mapping[str, Sequence[Shown]], *, weights: Mapping[str, float]
) -> LogisticModel | None:
    """Return the model that adds the reading to these models of one script; None where there are no readings of both classes.

    Args:
        weights: of each set, as a whole; both classes of a set weigh the same.
    """
    rows: list[tuple[float, ...]] = []
    target: list[bool] = []
    shares: list[float] = []
    for name, examples in sets.items():
        read = [example for example in examples if "read_best" in example.features]
        answerable = sum(example.is_answerable for example in read)
        if not 0 < answerable < len(read) or not weights[name]:
            continue
        for example in read:
            rows.append((log_odds(lowest(models, example.features)), *(example.features[name] for name in _FEATURES[1:])))
            target.append(example.is_answerable)
            shares.append(weights[name] / (answerable if example.is_answerable else len(read) - answerable))
    if not rows or not models:
        return None
    scale = len(shares) / sum(shares)
    found = LogisticRegression(C=STRENGTH).fit(np.array(rows), target, sample_weight=np.array(shares) * scale)
    return LogisticModel(
        intercept=round(float(found.intercept_[0]) + log_odds(PRIOR), 5),
        weights={name: round(max(0.0, float(weight)), 5) for name, weight in zip(_FEATURES, found.coef_[0], strict=True)},
        mean=dict.fromkeys(_FEATURES, 0.0),
        scale=dict.fromkeys(_FEATURES, 1.0),
    )


def lowest(models: Mapping[str, LogisticModel], features: Mapping[str, float]) -> float:
    """Return what the models say without a reader."""
    return combine({name: model for name, model in models.items() if name != READING}, features)[0]


def judge_unseen(
    models: Mapping[str, LogisticModel], sets: Mapping[str, Sequence[Shown]], name: str, *, weights: Mapping[str, float]
) -> list[float]:
    """Return the probability of each example of the set `name`, by a reading fitted to its other groups and to the other sets."""
    examples = sets[name]
    target = np.array([example.is_answerable for example in examples])
    groups = np.array([example.group for example in examples])
    folds = min(FOLDS, int(target.sum()), int((~target).sum()), len(set(groups)))
    found = np.zeros(len(examples))
    for repeat in range(REPEATS):
        for seen, kept in StratifiedGroupKFold(folds, shuffle=True, random_state=repeat).split(target, target, groups):
            fitted = fit_reading(models, {**sets, name: [examples[i] for i in seen]}, weights=weights)
            with_it = {**models, READING: fitted} if fitted is not None else models
            found[kept] += [combine(with_it, examples[i].features)[0] / REPEATS for i in kept]
    return [round(float(value), 4) for value in found]


def shift_reading(content: Mapping[str, Any], sets: Mapping[str, Sequence[Shown]], *, refused: float) -> dict[str, Any]:
    """Return a file of `chat/judge/calibration/` whose readings refuse this share of the sets' answerable questions, by their
    intercepts alone: questions that only look answerable teach what tells them apart, and not how rare they are in use.

    "judged" has the probabilities of the questions as they were asked, by set.
    Raises: ValueError: no set has readings of questions with an answer.
    """
    models = {script: dict(parts) for script, parts in content["models"].items()}
    judged: dict[str, list[tuple[float, bool]]] = {}
    counted: dict[str, dict[str, int]] = {}
    for script, parts in models.items():
        read = {
            name: [one for one in examples if one.script == script and not one.is_hidden and "read_best" in one.features]
            for name, examples in sets.items()
        }
        if READING not in parts or not any(one.is_answerable for part in read.values() for one in part):
            continue
        fitted = {name: LogisticModel(**model) for name, model in parts.items()}
        held = [log_odds(combine(fitted, one.features)[0]) for part in read.values() for one in part if one.is_answerable]
        shift = log_odds(DEFAULT_THRESHOLD) - float(np.quantile(held, refused))
        parts[READING] = {**parts[READING], "intercept": round(parts[READING]["intercept"] + shift, 5)}
        shifted = {**fitted, READING: LogisticModel(**parts[READING])}
        counted[script] = {name: len(part) for name, part in read.items() if part}
        for name, part in read.items():
            judged.setdefault(name, []).extend((round(combine(shifted, one.features)[0], 4), one.is_answerable) for one in part)
    if not judged:
        raise ValueError("no set has readings of questions with an answer")
    about = {"made": date.today().isoformat(), "sets": counted, "refused": refused}
    return {**content, "models": models, READING: about, "judged": judged}


def refit_reading(
    content: Mapping[str, Any], sets: Mapping[str, Sequence[Shown]], *, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Return a file of `chat/judge/calibration/` whose readings are fitted to these sets; its other models stay as they are.

    "judged" has the cross-validated probabilities of the questions as they were asked, by set.
    Raises: ValueError: no set has readings of questions with an answer and without.
    """
    models = {script: dict(parts) for script, parts in content["models"].items()}
    judged: dict[str, list[tuple[float, bool]]] = {}
    counted: dict[str, dict[str, int]] = {}
    for script in models:
        parts = {name: [one for one in examples if one.script == script and one.features] for name, examples in sets.items()}
        parts = {name: part for name, part in parts.items() if len({one.is_answerable for one in part}) == 2}
        others = {name: LogisticModel(**model) for name, model in models[script].items() if name != READING}
        fitted = fit_reading(others, parts, weights=weights) if parts else None
        if fitted is None:
            continue
        models[script][READING] = asdict(fitted)
        counted[script] = {name: len(part) for name, part in parts.items()}
        for name, part in parts.items():
            found = zip(judge_unseen(others, parts, name, weights=weights), part, strict=True)
            judged.setdefault(name, []).extend((value, one.is_answerable) for value, one in found if not one.is_hidden)
    if not judged:
        raise ValueError("no set has readings of questions with an answer and without")
    about = {"made": date.today().isoformat(), "sets": counted, "weights": dict(weights), "prior": PRIOR}
    return {**content, "models": models, READING: about, "judged": judged}

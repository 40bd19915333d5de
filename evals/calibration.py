"""Fitting the model of sufficiency: from questions that are known to have an answer or none, through production's own search.

A logistic regression for each script (`chat/sufficiency.py` names the source). Within a set both classes weigh the same, so that
a set of mostly answerable questions does not teach to answer everything. A feature whose coefficient contradicts its meaning (more
missing names, more probable) fits noise: such features are dropped, the largest first, until none is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from accounts.models import User
from chat.candidates import is_chinese, rank_sentences
from chat.evidence import gather_evidence
from chat.sufficiency import DEFAULT_THRESHOLD, read_features
from evals.datasets import Question
from evals.metrics import auroc
from kb.engine import Engine
from kb.models import Collection
from kb.search import search_passages

STRENGTH = 0.02  # C of the regression: low, since the sets are small
ANSWERABLE = 0.60  # share of the questions, in use, that can be answered: the intercept assumes it
FOLDS, REPEATS = 6, 3
RISING = {
    "latin": (
        *("rerank_best", "dense_best", "meaning_best", "meaning_first", "weakest_best", "meaning_margin", "type_fits_meaning"),
        *("type_fits_best", "words_share_sentence", "words_share_first", "words_share_window", "rare_share_window"),
        *("rare_share_passage", "fits_range"),
    ),
    "han": (
        *("rare_share_first", "rare_share_window", "rare_share_passage", "words_share_first", "words_share_window"),
        *("type_fits_best", "type_fits_share", "fits_range"),
    ),
}
FALLING = {
    "latin": ("unmet_best", "names_missing", "names_missing_window", "numbers_missing", "contradicts", "is_negated"),
    "han": ("names_missing", "numbers_missing", "contradicts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question with what the evidence for it showed."""

    features: dict[str, float]
    is_answerable: bool
    script: str  # "latin" or "han", as `chat.sufficiency` chooses its model


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model as `chat/calibration/sufficiency.json` keeps it."""

    intercept: float
    weights: dict[str, float]
    mean: dict[str, float]
    scale: dict[str, float]


Sets = Mapping[str, Sequence[Example]]


def read_example(question: Question, *, collection: Collection, user: User, engine: Engine) -> Example:
    """Search as production does; return what it showed."""
    found = search_passages(question.text, user=user, collection=collection, engine=engine)
    evidence = gather_evidence(found.passages, user=user)
    ranked = rank_sentences(question.text, evidence, score_stretches=engine.score_stretches)
    return Example(
        features=read_features(question.text, evidence, found.result, ranked) if evidence else {},
        is_answerable=question.is_answerable,
        script="han" if is_chinese(question.text) else "latin",
    )


def fit_model(sets: Sets, *, script: str, weights: Mapping[str, float]) -> Fit:
    """Fit one script's model to the examples of several sets. Raises: ValueError: one class only.

    Args:
        weights: of each set, as a whole.
    """
    names = [*RISING[script], *FALLING[script]]
    shares = np.concatenate([weights[name] * _balanced(examples) for name, examples in sets.items()])
    target = np.concatenate([_target(examples) for examples in sets.values()])
    shares = shares / shares.mean()
    while True:
        values = np.concatenate([_values(examples, names) for examples in sets.values()])
        mean = np.average(values, axis=0, weights=shares)
        scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=shares))
        scale[scale < 1e-6] = 1.0
        model = LogisticRegression(C=STRENGTH, max_iter=3000).fit((values - mean) / scale, target, sample_weight=shares)
        coefficients = model.coef_[0]
        wrong = [i for i, name in enumerate(names) if coefficients[i] * (-1 if name in FALLING[script] else 1) <= 1e-6]
        if not wrong:
            break
        if len(names) == 1:
            coefficients = np.zeros(1)  # nothing tells: every question is as likely
            break
        names.pop(max(wrong, key=lambda i: abs(coefficients[i])))
    prior = float(np.log(ANSWERABLE / (1 - ANSWERABLE)))
    return Fit(
        intercept=round(float(model.intercept_[0]) + prior, 5),
        weights=_named(names, coefficients),
        mean=_named(names, mean),
        scale=_named(names, scale),
    )


def predict(fit: Fit, examples: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the probabilities; 0 where nothing was found."""
    names = list(fit.weights)
    mean, scale = (np.array([part[name] for name in names]) for part in (fit.mean, fit.scale))
    logits = (_values(examples, names) - mean) / scale @ np.array(list(fit.weights.values())) + fit.intercept
    return np.where([bool(example.features) for example in examples], 1 / (1 + np.exp(-logits)), 0.0)


def cross_validate(sets: Sets, name: str, *, script: str, weights: Mapping[str, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the probability of each example of the set `name` by models that have not seen it; the other sets are seen whole."""
    examples = sets[name]
    target = _target(examples)
    folds = min(FOLDS, int(target.sum()), int((1 - target).sum()))
    found = np.zeros(len(examples))
    for repeat in range(REPEATS):
        for seen, kept in StratifiedKFold(folds, shuffle=True, random_state=repeat).split(target, target):
            fit = fit_model({**sets, name: [examples[i] for i in seen]}, script=script, weights=weights)
            found[kept] += predict(fit, [examples[i] for i in kept]) / REPEATS
    return found


def calibrate(sets: Sets, *, weights: Mapping[str, float], encoder: str) -> dict[str, Any]:
    """Return what `chat/calibration/sufficiency.json` holds: the models, and what they reach on what they have not seen."""
    figures: dict[str, dict[str, float | None]] = {}
    models: dict[str, Any] = {}
    counted: dict[str, dict[str, int]] = {}
    judged: list[tuple[float, bool]] = []
    for script in RISING:
        parts = {name: [example for example in examples if example.script == script] for name, examples in sets.items()}
        parts = {name: part for name, part in parts.items() if len({example.is_answerable for example in part}) == 2}
        if not parts:
            continue
        counted[script] = {name: len(part) for name, part in parts.items()}
        for name, part in parts.items():
            pairs = list(zip(cross_validate(parts, name, script=script, weights=weights), part, strict=True))
            figures[name] = describe([(float(probability), example.is_answerable) for probability, example in pairs])
            judged += [(float(probability), example.is_answerable) for probability, example in pairs if weights[name] == 1]
        models[script] = asdict(fit_model(parts, script=script, weights=weights))
    figures["all that count once"] = describe(judged)
    return {
        "encoder": encoder,
        "made": date.today().isoformat(),
        "sets": counted,
        "weights": dict(weights),
        "method": f"evals/calibration.py: logistic regression, C={STRENGTH}, {ANSWERABLE:.0%} assumed answerable",
        "cross_validated": figures,
        "models": models,
    }


def describe(judged: Sequence[tuple[float, bool]]) -> dict[str, float | None]:
    """Return AUROC, and the shares refused at the default threshold of those without and with an answer."""
    held = [probability for probability, is_answerable in judged if is_answerable]
    missing = [probability for probability, is_answerable in judged if not is_answerable]
    return {
        "auroc": auroc(held, missing),
        "refused_unanswerable": _share_below(missing),
        "false_refusals": _share_below(held),
    }


def _share_below(probabilities: Sequence[float]) -> float | None:
    return round(sum(value < DEFAULT_THRESHOLD for value in probabilities) / len(probabilities), 4) if probabilities else None


def _balanced(examples: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return each example's weight: both classes together 1, and each class a half."""
    target = _target(examples)
    if not 0 < target.sum() < len(target):
        raise ValueError("a set needs questions with an answer and without")
    return np.where(target == 1, 0.5 / target.sum(), 0.5 / (1 - target).sum())


def _target(examples: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([int(example.is_answerable) for example in examples])


def _values(examples: Sequence[Example], names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([[example.features.get(name, 0.0) for name in names] for example in examples])


def _named(names: Sequence[str], values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}


def as_table(fitted: Mapping[str, Any]) -> str:
    """Return the cross-validated figures and the weights for a terminal."""
    lines = [f"{'set':24}{'AUROC':>8}{'refused':>9}{'false':>8}"]
    for name, figures in fitted["cross_validated"].items():
        shown = ["–" if value is None else f"{value:.3f}" for value in figures.values()]
        lines.append(f"{name:24}{shown[0]:>8}{shown[1]:>9}{shown[2]:>8}")
    for script, model in fitted["models"].items():
        lines.append(f"{script}: " + ", ".join(f"{name} {weight:+.2f}" for name, weight in model["weights"].items()))
    return "\n".join(lines)

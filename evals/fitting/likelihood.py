"""Fitting the probability that evidence supports a sentence: a logistic regression of its traits (`chat.verify.traits`).

    python -m evals.grounding --data DIR --in-turns --limit N --save LINES
    python -m evals.fitting.likelihood --data DIR --lines LINES [--out chat/verify/likelihood.json]

Weights keep the sign of their trait's meaning. Each set weighs the same, and so do both classes within it: the probability is that
of a sentence that is as often true as not. Figures are of sets that the fit left out.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np
from scipy.optimize import minimize

from evals.sets.made import CHINESE, ENGLISH

if TYPE_CHECKING:
    from evals.checked import Outcome

# May be trained on, as BUMP and ExpertQA may: with those two, sets left out are told no better (docs/quality.md says how this was
# chosen). Sentences made by rules teach what a wrong number means.
FITTED = ("ragtruth-summary", "refchecker", ENGLISH, CHINESE)
LICENCES = {
    ENGLISH: "made by rules of squad2-a (CC BY-SA 4.0) and a handbook (CC0)",
    CHINESE: "made by rules of cmrc-a (CC BY-SA 4.0) and Chinese laws",
    "ragtruth-summary": "MIT (labels) over news articles",
    "refchecker": "CC BY 4.0 (labels) over MS MARCO passages",
}
JUDGED = ("told", "contradicted", "to_the_point")
RISING = ("shown", "verbatim", "coverage", "pairs", "closeness", "told", "to_the_point")
FALLING = ("fact", "turned", "unmet", "contradicted")
STRENGTH = 5.0  # of the mean loss against the ridge
Floats = np.ndarray[Any, np.dtype[np.float64]]


def fit(outcomes: Sequence["Outcome"], names: Sequence[str], *, strength: float = STRENGTH) -> dict[str, Any]:
    """Return the constant and the weights of a logistic regression with a ridge; its traits are standardised within."""
    rows = np.array([[one.traits.get(name, 0.0) for name in names] for one in outcomes])
    is_true = np.array([one.is_true for one in outcomes], dtype=float)
    counts = Counter((one.dataset, one.is_true) for one in outcomes)
    shares = np.array([1 / counts[one.dataset, one.is_true] for one in outcomes])
    shares /= shares.sum()
    mean, scale = rows.mean(0), rows.std(0) + 1e-6
    scaled = (rows - mean) / scale

    def loss(values: Floats) -> tuple[float, Floats]:
        odds = values[0] + scaled @ values[1:]
        probability = 1 / (1 + np.exp(-odds))
        error = shares * (probability - is_true)
        entropy = float(np.sum(shares * (np.logaddexp(0, odds) - is_true * odds)))
        value = strength * entropy + 0.5 * float(values[1:] @ values[1:])
        return value, strength * np.concatenate([[error.sum()], scaled.T @ error]) + np.concatenate([[0.0], values[1:]])

    bounds = [(None, None), *((0, None) if name in RISING else (None, 0) if name in FALLING else (None, None) for name in names)]
    values = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = values[1:] / scale
    constant = float(values[0] - weights @ mean)
    kept = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True) if abs(weight) > 1e-4}
    return {"constant": round(constant, 4), "weights": kept}


def models_of(outcomes: Sequence["Outcome"]) -> dict[str, Any]:
    """Return the model with the trained judge, and the one without."""
    names = (*RISING, *FALLING)
    return {"judged": fit(outcomes, names), "rules": fit(outcomes, [name for name in names if name not in JUDGED])}


def report(sets: Mapping[str, Sequence["Outcome"]]) -> dict[str, Any]:
    """Return figures of each set by a model that did not see it."""
    from chat.verify.likelihood import Likelihood  # after Django's set-up
    from evals.grounding import figures

    found: dict[str, Any] = {}
    for name, outcomes in sets.items():
        learned = [one for other in FITTED if other != name for one in sets.get(other, ()) if one.traits]
        for kind, card in models_of(learned).items():
            model = Likelihood.of_card(card)
            scored = [replace(one, score=model.probability(one.traits)) for one in outcomes if one.traits]
            found[f"{name}: {kind}"] = {
                figure: value
                for figure, value in figures(scored).items()
                if figure in ("n", "false", "auroc", "true_withheld_at_90")
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    django.setup()
    from evals.checked import outcomes_of
    from evals.grounding import read_items, read_saved
    from evals.sets.labelled import SETS, WHOLE

    kept, sets = read_saved(options.lines), {}
    for name in (*SETS, ENGLISH, CHINESE):
        items = [item for item in read_items(options.data, name, limit=None) if item.key in kept and item.level != WHOLE]
        if outcomes := [one for item in items for one in outcomes_of(item, kept[item.key])]:
            sets[name] = outcomes
    figures = report(sets)
    for name, values in figures.items():
        sys.stdout.write(f"{name}: {json.dumps(values)}\n")
    if options.out:
        learned = [one for name in FITTED for one in sets.get(name, ()) if one.traits]
        about = {
            "about": "chat/verify/likelihood.py; fitted by evals/fitting/likelihood.py",
            "date": datetime.now(UTC).date().isoformat(),
            "data": [
                {"set": name, "sentences": sum(one.dataset == name for one in learned), "licence": LICENCES[name]}
                for name in FITTED
            ],
            "figures of sets left out": figures,
        }
        options.out.write_text(json.dumps(about | models_of(learned), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

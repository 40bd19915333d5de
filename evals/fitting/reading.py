"""Fitting what the trained reader adds to sufficiency: two weights, of its log odds and of the other models'.

The sources that it learns from must not have trained the reader (evals/sets/parts.py). Across languages it tells nothing (AUROC .52
and .60), so there it has no part.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression

from chat.judge.calibration import LogisticModel
from chat.judge.sufficiency import OTHERS, combine, log_odds

STRENGTH = 0.1  # C of the regression; from .03 to 10 the order of handbook's questions is the same
PRIOR = 0.8  # share of the answerable questions in use; with it one in ten of handbook's and policy-zh's is refused
_FEATURES = (OTHERS, "read_best")


class Shown(Protocol):
    """What the evidence for a question showed."""

    @property
    def features(self) -> Mapping[str, float]: ...

    @property
    def is_answerable(self) -> bool: ...


def fit_reading(
    models: Mapping[str, LogisticModel], sets: Mapping[str, Sequence[Shown]], *, weights: Mapping[str, float]
) -> LogisticModel | None:
    """Return the model that adds the reading to these models of one script; None where there are no readings of both classes.

    Args:
        weights: of each set, as a whole; both classes of a set weigh the same.
    """
    rows: list[tuple[float, float]] = []
    target: list[bool] = []
    shares: list[float] = []
    for name, examples in sets.items():
        read = [example for example in examples if "read_best" in example.features]
        answerable = sum(example.is_answerable for example in read)
        if not 0 < answerable < len(read) or not weights[name]:
            continue
        for example in read:
            rows.append((log_odds(combine(models, example.features)[0]), example.features["read_best"]))
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

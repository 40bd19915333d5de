"""From the judge's logits to probabilities: fitted on sources that neither trained it nor are reported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.judging.errors import JudgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic model of whether a passage answers, and a temperature of the labels.

    Attributes:
        answerable: weights of 1, of the logit, and of the log odds of the best place against "no answer".
    """

    answerable: tuple[float, float, float]
    labels: float

    @classmethod
    def of_card(cls, values: Mapping[str, Any]) -> "Calibration":
        """Raises: JudgeError: the card says too little, or something else."""
        try:
            constant, logit, odds = map(float, values["answerable"])
            calibration = cls(answerable=(constant, logit, odds), labels=float(values["labels"]))
        except (KeyError, TypeError, ValueError) as error:
            raise JudgeError(f"The judge's card has no usable calibration: {error}") from error
        if not all(map(math.isfinite, (*calibration.answerable, calibration.labels))) or calibration.labels <= 0:
            raise JudgeError("The judge's card has no usable calibration: a value is out of range.")
        return calibration

    def is_answerable(self, logit: float, odds: float) -> float:
        """Return the probability that a passage answers, in [0, 1]."""
        constant, of_logit, of_odds = self.answerable
        value = max(-30.0, min(30.0, constant + of_logit * logit + of_odds * odds))
        return 1 / (1 + math.exp(-value))

    def shares(self, logits: Sequence[float]) -> list[float]:
        """Return the probability of each label; their sum is 1."""
        highest = max(logits)
        raised = [math.exp((logit - highest) / self.labels) for logit in logits]
        return [one / sum(raised) for one in raised]

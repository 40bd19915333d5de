"""The probability that evidence supports a sentence: one logistic model of what rules, meaning and the trained judge find."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chat.judge.candidates import ScoreStretches
from chat.types import Verdict
from chat.verify.claims import Claim
from chat.verify.traits import CheckSupport, read_traits
from chat.verify.windows import Passage
from language.quantities import normalize

__all__ = ["CheckSupport", "Estimate", "Likelihood", "estimate_support", "shipped_likelihood"]

CARD = Path(__file__).parent / "likelihood.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Weights of the traits by name, and a constant; fitted by `evals.fitting.likelihood`."""

    constant: float
    weights: Mapping[str, float]

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> "Likelihood":
        return cls(constant=float(card["constant"]), weights={name: float(value) for name, value in card["weights"].items()})

    def probability(self, traits: Mapping[str, float]) -> float:
        """Return the probability, in [0, 1]. Traits without a weight count nothing."""
        value = self.constant + math.fsum(weight * traits.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A probability, in [0, 1], and what it was made of."""

    probability: float
    traits: Mapping[str, float]


@cache
def shipped_likelihood(name: str = "judged") -> Likelihood:
    """Return the model that comes with Attest: "judged", or "rules" where there is no trained judge."""
    return Likelihood.of_card(json.loads(CARD.read_text(encoding="utf-8"))[name])


def model_for(traits: Mapping[str, float]) -> Likelihood:
    """Return the model for traits with or without what a trained judge says."""
    return shipped_likelihood("judged" if traits.get("judged") else "rules")


def estimate_support(
    text: str,
    passages: Sequence[Passage],
    verdict: Verdict,
    *,
    question: str = "",
    score_stretches: ScoreStretches,
    check_support: CheckSupport | None,
) -> Estimate:
    """Return the probability that the passages support a sentence.

    Args:
        text: without markers.
        verdict: what the verifier said of it.
    """
    claim = Claim(normalize(text))
    traits = read_traits(claim, passages, verdict, question=question, score_stretches=score_stretches, check_support=check_support)
    return Estimate(probability=model_for(traits).probability(traits), traits=traits)

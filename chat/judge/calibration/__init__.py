"""The calibrations of sufficiency: the models that `manage.py calibrate` fitted, one file an encoder.

The shipped files are for the bundled encoders. An installation's own file, in its data folder, takes precedence. A calibration is
never used for another encoder: without one of its own, an encoder's answers are judged by words alone, and the verifier's closeness
thresholds do not apply (`Calibration.knows_closeness`).
"""

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FOLDER = "calibration"  # below the data folder
BUNDLED = "bundled-english.json"
# What an encoder makes of question and evidence: a weight that was fitted to one says nothing about another's.
OF_THE_ENCODER = frozenset(
    {
        "meaning_best",
        "meaning_margin",
        "meaning_first",
        "weakest_best",
        "unmet_best",
        "type_fits_meaning",
        "rerank_best",
        "dense_best",
        "legs_agree",
        "own_mean",
        "own_weakest",
        "own_unmet",
        "own_unmatched_mean",
        "own_unmatched_weakest",
        "own_name_weakest",
    }
)
_REACH = 30.0  # of a logit: beyond, the exponential tells nothing more


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticModel:
    """A logistic regression over standardised features."""

    intercept: float
    weights: Mapping[str, float]
    mean: Mapping[str, float]
    scale: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability, in (0, 1). A missing feature counts as its mean."""
        logit = self.intercept + sum(
            weight * (features[name] - self.mean[name]) / self.scale[name]
            for name, weight in self.weights.items()
            if name in features
        )
        return 1 / (1 + math.exp(-max(-_REACH, min(_REACH, logit))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The models by script and name ("subject", "mismatch"), and a digest that identifies this calibration."""

    encoder: str  # empty: of none, by the words alone
    digest: str
    models: Mapping[str, Mapping[str, LogisticModel]]
    # Whether the closeness thresholds of chat.verify.claims were measured with this encoder.
    knows_closeness: bool = True


def read_calibration(text: str) -> Calibration:
    """Read what `manage.py calibrate` wrote. Raises: ValueError, KeyError, TypeError: it is no calibration."""
    content: dict[str, Any] = json.loads(text)
    models = {script: {name: LogisticModel(**part) for name, part in parts.items()} for script, parts in content["models"].items()}
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    knows = bool(content.get("knows_closeness", False))
    return Calibration(encoder=content["encoder"], digest=digest, models=models, knows_closeness=knows)


@cache
def shipped_calibrations() -> Mapping[str, Calibration]:
    """Return the calibrations of the bundled encoders, by encoder."""
    return {calibration.encoder: calibration for calibration in map(read_calibration, _shipped_texts())}


def shipped_text(encoder: str) -> str | None:
    """Return the shipped file of an encoder; None where there is none."""
    return next((text for text in _shipped_texts() if json.loads(text)["encoder"] == encoder), None)


def _shipped_texts() -> list[str]:
    files = (place for place in resources.files(__name__).iterdir() if place.name.endswith(".json"))
    return [place.read_text(encoding="utf-8") for place in files]


@cache
def shipped_calibration() -> Calibration:
    """Return the calibration of the bundled English encoder."""
    return read_calibration((resources.files(__name__) / BUNDLED).read_text(encoding="utf-8"))


@cache
def by_words_alone() -> Calibration:
    """Return what judges without an encoder: the shipped models, without what an encoder adds."""
    shipped = shipped_calibration()
    models = {script: {name: _without_encoder(model) for name, model in parts.items()} for script, parts in shipped.models.items()}
    return Calibration(encoder="", digest=f"words-{shipped.digest}"[:16], models=models, knows_closeness=False)


def _without_encoder(model: LogisticModel) -> LogisticModel:
    """A feature that a model does not weigh counts as its mean."""
    return replace(model, weights={name: weight for name, weight in model.weights.items() if name not in OF_THE_ENCODER})


def calibration_path(encoder: str, *, home: Path) -> Path:
    """Return where an installation keeps its own calibration of an encoder."""
    return home / FOLDER / f"{encoder}.json"


def calibration_for(encoder: str, *, home: Path) -> Calibration:
    """Return the installation's own calibration of an encoder, else the one shipped for it, else that of words alone."""
    shipped = shipped_calibrations().get(encoder)
    path = calibration_path(encoder, home=home)
    if path.exists():
        try:
            own = read_calibration(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            logger.exception("calibration not read path=%s", path)
        else:
            if own.encoder != encoder:
                logger.error("calibration of another encoder=%s in path=%s: run manage.py calibrate", own.encoder, path)
                return by_words_alone()
            return replace(own, knows_closeness=shipped is not None and shipped.knows_closeness)
    if shipped is None:
        logger.warning("no calibration for encoder=%s, words alone judge: run manage.py calibrate", encoder)
    return shipped or by_words_alone()

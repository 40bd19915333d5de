"""The calibrations of sufficiency: the models that `manage.py calibrate` fitted, one file an encoder.

The file that is shipped is the bundled encoder's; an installation's own lies in its data folder and goes before it.
"""

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FOLDER = "calibration"  # below the data folder
_SHIPPED = "sufficiency.json"
_REACH = 30.0  # of a logit: beyond, the exponential tells nothing more


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticModel:
    """A logistic regression over standardised features."""

    intercept: float
    weights: Mapping[str, float]
    mean: Mapping[str, float]
    scale: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability, in (0, 1). A feature that is not there says nothing: it counts as its mean."""
        logit = self.intercept + sum(
            weight * (features[name] - self.mean[name]) / self.scale[name]
            for name, weight in self.weights.items()
            if name in features
        )
        return 1 / (1 + math.exp(-max(-_REACH, min(_REACH, logit))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The models by script and name ("subject", "mismatch"), and what tells this calibration from another."""

    encoder: str
    digest: str
    models: Mapping[str, Mapping[str, LogisticModel]]


def read_calibration(text: str) -> Calibration:
    """Read what `manage.py calibrate` wrote. Raises: ValueError, KeyError, TypeError: it is no calibration."""
    content: dict[str, Any] = json.loads(text)
    models = {script: {name: LogisticModel(**part) for name, part in parts.items()} for script, parts in content["models"].items()}
    return Calibration(encoder=content["encoder"], digest=hashlib.sha256(text.encode()).hexdigest()[:16], models=models)


@cache
def shipped_calibration() -> Calibration:
    """Return the calibration of the bundled encoder."""
    return read_calibration((resources.files(__name__) / _SHIPPED).read_text(encoding="utf-8"))


def calibration_path(encoder: str, *, home: Path) -> Path:
    """Return where an installation keeps its own calibration of an encoder."""
    return home / FOLDER / f"{encoder}.json"


def calibration_for(encoder: str, *, home: Path) -> Calibration:
    """Return the installation's own calibration of an encoder, else the shipped one, which may be another encoder's."""
    path = calibration_path(encoder, home=home)
    if path.exists():
        try:
            return read_calibration(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            logger.exception("calibration not read, the shipped one stands in path=%s", path)
    shipped = shipped_calibration()
    if shipped.encoder != encoder:
        logger.warning("no calibration for encoder=%s, the one of %s stands in: run manage.py calibrate", encoder, shipped.encoder)
    return shipped

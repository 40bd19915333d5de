"""What is counted and timed. Packages declare their instruments as values; an observation is a value too, until it is written."""

import json
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_CODE = re.compile(r"[A-Za-z0-9_.:-]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is to be added to one `metrics.models.Tally`."""

    name: str
    labels: str
    bucket: str = ""
    times: int = 1
    total: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Goes up for ever. `name` without "_total", which the exposition adds."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    kind: Literal["counter"] = "counter"

    def add(self, *values: str, amount: float = 1.0) -> Observation:
        return Observation(name=self.name, labels=write_labels(self.labels, values), total=amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What stands at a number that a background task measures; see `metrics.tallies.set_gauge`."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge"] = "gauge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How long things took. `bounds`: upper bounds of its buckets in seconds, rising; the last one, infinity, is understood."""

    name: str
    about: str
    bounds: tuple[float, ...]
    labels: tuple[str, ...] = ()
    kind: Literal["histogram"] = "histogram"

    def observe(self, seconds: float, *values: str) -> Observation:
        at = bisect_left(self.bounds, seconds)
        bucket = write_bound(self.bounds[at]) if at < len(self.bounds) else "+Inf"
        return Observation(name=self.name, labels=write_labels(self.labels, values), bucket=bucket, total=seconds)


Instrument = Counter | Gauge | Histogram


def write_bound(bound: float) -> str:
    return f"{bound:g}"


def write_labels(names: Sequence[str], values: Sequence[str]) -> str:
    """Return the values as a tally keeps them. Only codes of ours pass: no text of a person becomes a label.

    Raises: ValueError: not one value for each name.
    """
    if len(values) != len(names):
        raise ValueError(f"{len(values)} values for the labels {names}")
    return json.dumps([value if _CODE.fullmatch(value) else "other" for value in values])

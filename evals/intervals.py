"""Intervals of 95 % around a figure, by drawing the sources again: sentences about one text stand or fall together.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993; the cluster bootstrap of Field and Welsh, JRSS B 2007.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

DRAWS = 400


def interval(
    rows: Sequence[T], group: Callable[[T], Hashable], measure: Callable[[Sequence[T]], float | None], *, seed: int = 1
) -> tuple[float, float] | None:
    """Return the bounds of the middle 95 % of a measure over drawn sources; None where too few draws have one."""
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for row in rows:
        groups[group(row)].append(row)
    names = list(groups)
    rng = random.Random(seed)
    values = []
    for _ in range(DRAWS):
        drawn = [row for name in rng.choices(names, k=len(names)) for row in groups[name]]
        value = measure(drawn)
        if value is not None:
            values.append(value)
    if len(values) < DRAWS // 2:
        return None
    values.sort()
    return values[int(0.025 * len(values))], values[min(len(values) - 1, int(0.975 * len(values)))]

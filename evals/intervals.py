"""Intervals of 95 %: of a share, and of any figure by drawing its sources again: sentences about one text stand or fall together.

Sources: Wilson, JASA 22, 1927; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993; the cluster bootstrap of Field and
Welsh, JRSS B 2007.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from math import sqrt
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


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the interval of a share of `count`."""
    if not count:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half

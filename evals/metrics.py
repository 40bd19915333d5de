"""Measures of a ranking and of a decision. All in [0, 1]; None where there is nothing to measure."""

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def distinct(items: Iterable[T]) -> list[T]:
    """Return the items in their order, each once: a document ranks where its first chunk does."""
    return list(dict.fromkeys(items))


def ndcg(ranked: Sequence[str], relevant: frozenset[str], k: int) -> float:
    """Return nDCG@k with binary relevance. Source: Järvelin and Kekäläinen, TOIS 2002."""
    gain = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], start=1) if item in relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
    return gain / ideal if ideal else 0.0


def hit(ranked: Sequence[T], relevant: frozenset[T], k: int) -> float:
    """Return 1 where one of the first k is relevant."""
    return float(any(item in relevant for item in ranked[:k]))


def recall(ranked: Sequence[str], relevant: frozenset[str], k: int) -> float:
    """Return the share of what is relevant among the first k."""
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return round(sum(values) / len(values), 4) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def withheld_at(share: float, *, true: Sequence[float], false: Sequence[float]) -> float | None:
    """Return the share of the true at or below the lowest score that takes `share` of the false with it."""
    if not true or not false:
        return None
    cut = sorted(false)[math.ceil(round(len(false) * share, 6)) - 1]
    return sum(score <= cut for score in true) / len(true)


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return the chance that a positive scores above a negative; a tie counts half (Mann-Whitney)."""
    if not positives or not negatives:
        return None
    pooled = sorted([(score, True) for score in positives] + [(score, False) for score in negatives])
    ranks, position = 0.0, 0
    while position < len(pooled):
        end = position
        while end < len(pooled) and pooled[end][0] == pooled[position][0]:
            end += 1
        ranks += (position + 1 + end) / 2 * sum(is_positive for _, is_positive in pooled[position:end])
        position = end
    count = len(positives)
    return round((ranks - count * (count + 1) / 2) / (count * len(negatives)), 4)

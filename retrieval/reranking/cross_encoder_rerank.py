"""Reorder the best hits by a cross-encoder, a model that reads question and passage together. It adds no hits."""

from collections.abc import Sequence

from retrieval.types import Hit

# Of the model against the standing before it. A cross-encoder is right more often than late interaction, but not always: what both
# put first stays first.
WEIGHT = 0.8


def reorder(hits: Sequence[Hit], scores: Sequence[float | None], *, weight: float = WEIGHT) -> tuple[Hit, ...]:
    """Order the first hits by a convex combination of a reranker's score and their present one, both brought to [0, 1].

    Args:
        scores: the reranker's for the first len(scores) hits, of any scale; a None leaves that hit's standing to the score before.
        weight: of the reranker, in [0, 1].
    Returns: all hits, ranks rebuilt from 1; those behind keep their order; ties keep the order before.
    Raises: ValueError: weight outside [0, 1].
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"weight is {weight}; it must lie in [0, 1]")
    known = [score for score in scores if score is not None]
    if not known:
        return tuple(hits)
    looked, rest = hits[: len(scores)], hits[len(scores) :]
    before = _scale([hit.score for hit in looked])
    low, span = min(known), (max(known) - min(known)) or 1.0
    scored = [
        (weight * ((score - low) / span if score is not None else standing) + (1 - weight) * standing, hit, score)
        for hit, score, standing in zip(looked, scores, before, strict=True)
    ]
    scored.sort(key=lambda item: (-item[0], item[1].rank))
    first = (hit._replace(score=value, rank=rank, cross_score=score) for rank, (value, hit, score) in enumerate(scored, start=1))
    return (*first, *rest)


def _scale(values: Sequence[float]) -> list[float]:
    low, span = min(values), (max(values) - min(values)) or 1.0
    return [(value - low) / span for value in values]

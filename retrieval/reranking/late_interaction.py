"""Rerank the best fused hits: blend the late-interaction score with the fused score."""

from collections.abc import Sequence

from retrieval.types import Hit


def blend(hits: Sequence[Hit], scores: Sequence[float | None], *, weight: float) -> tuple[Hit, ...]:
    """Order hits by a convex combination of their fused score and a reranker's, both brought to [0, 1] over the candidates.

    Args:
        hits: fused, best first.
        scores: the reranker's for the first len(scores) hits; the rest stay behind them in their order. A None keeps the
            candidate's fused standing: it gets the reranker's score of the nearest candidate above it.
        weight: of the reranker, in [0, 1].
    Returns: all hits, ranks rebuilt from 1; ties keep the fused order.
    Raises: ValueError: weight outside [0, 1].
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"weight is {weight}; it must lie in [0, 1]")
    known = [score for score in scores if score is not None]
    if not known:
        return tuple(hits)
    low, span = min(known), (max(known) - min(known)) or 1.0
    candidates, rest = hits[: len(scores)], hits[len(scores) :]
    best = max((hit.fused_score or 0.0 for hit in candidates), default=1.0) or 1.0
    scored: list[tuple[float, Hit, float | None]] = []
    above = 1.0
    for hit, score in zip(candidates, scores, strict=True):
        above = (score - low) / span if score is not None else above
        scored.append((weight * above + (1 - weight) * (hit.fused_score or 0.0) / best, hit, score))
    scored.sort(key=lambda item: (-item[0], item[1].rank))
    # Each value is made once: making them is most of what this costs. Those behind the candidates keep their ranks.
    ordered = (hit._replace(score=score, rank=rank, rerank_score=seen) for rank, (score, hit, seen) in enumerate(scored, start=1))
    return (*ordered, *rest)

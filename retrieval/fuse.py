"""Fuse the rankings of the two legs."""

from collections.abc import Sequence

from retrieval.types import Hit


def fuse(keyword: Sequence[Hit], dense: Sequence[Hit], *, alpha: float, top_n: int) -> tuple[Hit, ...]:
    """Fuse two rankings by a convex combination of normalised scores.

    BM25 is divided by its maximum (its floor is 0); inner products are brought from the lowest seen to the highest. A leg
    that did not find a chunk gives it 0.

    Args:
        keyword: best first; scores are BM25, >= 0.
        dense: best first; scores are inner products of unit vectors, in [-1, 1].
        alpha: weight of `dense`, in [0, 1].
    Returns: at most `top_n` hits, scores in [0, 1], ranks rebuilt from 1; ties keep the keyword order.
    Raises: ValueError: alpha outside [0, 1].
    Source: Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha is {alpha}; it must lie in [0, 1]")
    normal_keyword = _normalise(keyword, floor=0.0)
    normal_dense = _normalise(dense, floor=min((hit.score for hit in dense), default=0.0))
    of_keyword, of_dense = {hit.chunk_id: hit for hit in keyword}, {hit.chunk_id: hit for hit in dense}
    scored = [
        (
            alpha * normal_dense.get(chunk_id, 0.0) + (1 - alpha) * normal_keyword.get(chunk_id, 0.0),
            hit,
            of_dense.get(chunk_id, hit),
        )
        for chunk_id, hit in (of_dense | of_keyword).items()
    ]
    unranked = len(keyword) + 1
    scored.sort(key=lambda item: (-item[0], item[1].keyword_rank or unranked, item[1].dense_rank or 0))
    return tuple(
        Hit(
            chunk_id=hit.chunk_id,
            score=score,
            rank=rank,
            keyword_score=hit.keyword_score,
            keyword_rank=hit.keyword_rank,
            dense_score=near.dense_score,
            dense_rank=near.dense_rank,
            fused_score=score,
        )
        for rank, (score, hit, near) in enumerate(scored[:top_n], start=1)
    )


def merge_dense(rankings: Sequence[Sequence[Hit]], *, limit: int) -> tuple[Hit, ...]:
    """Join what the dense leg found for several readings of one question: of each chunk its best score.

    Returns: at most `limit` hits, ranks rebuilt from 1.
    """
    best: dict[int, Hit] = {}
    for hit in (hit for ranking in rankings for hit in ranking):
        if hit.chunk_id not in best or best[hit.chunk_id].score < hit.score:
            best[hit.chunk_id] = hit
    ordered = sorted(best.values(), key=lambda hit: -hit.score)[:limit]
    return tuple(hit._replace(rank=rank, dense_rank=rank) for rank, hit in enumerate(ordered, start=1))


def _normalise(hits: Sequence[Hit], *, floor: float) -> dict[int, float]:
    """Return each hit's score in [0, 1]; where all are equal, 1."""
    if not hits:
        return {}
    span = max(hit.score for hit in hits) - floor
    return {hit.chunk_id: (hit.score - floor) / span if span > 0 else 1.0 for hit in hits}

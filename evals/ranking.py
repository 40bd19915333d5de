"""Measuring what a search returns, stage by stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from evals.datasets import Question
from evals.metrics import distinct, hit, mean, ndcg, percentile, recall
from retrieval.types import SearchConfig

# Which (document id, page number) each hit stands on, best first.
Search = Callable[[str, SearchConfig], list[tuple[str, int]]]

DEPTH = 100  # chunks fetched for the figures; a document ranks where its first chunk does
TIMED_QUERIES = 200
FULL = SearchConfig(limit=DEPTH)
STAGES = {
    "keyword": replace(FULL, use_dense=False, use_rerank=False),
    "dense": replace(FULL, use_keyword=False, use_rerank=False),
    "fused": replace(FULL, use_rerank=False),
    "reranked": FULL,
}


def measure_stage(questions: Sequence[Question], search: Search, config: SearchConfig) -> dict[str, float | None]:
    """Return the figures of one configuration over the questions that name what is relevant."""
    figures: dict[str, list[float]] = {
        name: [] for name in ("ndcg@10", "hit@1", "hit@5", "recall@10", "recall@100", "page_hit@5", "page_hit@10")
    }
    for question in questions:
        found = search(question.text, config)
        documents = distinct(document for document, _ in found)
        figures["ndcg@10"].append(ndcg(documents, question.relevant, 10))
        for k in (1, 5):
            figures[f"hit@{k}"].append(hit(documents, question.relevant, k))
        for k in (10, 100):
            figures[f"recall@{k}"].append(recall(documents, question.relevant, k))
        if question.pages:
            evidence = frozenset((document, page) for document in question.relevant for page in question.pages)
            for k in (5, 10):
                figures[f"page_hit@{k}"].append(hit(distinct(found), evidence, k))
    return {name: mean(values) for name, values in figures.items()}


def measure_latency(questions: Sequence[Question], search: Search) -> dict[str, float | None]:
    """Return p50 and p95 in ms of a whole search as production asks for it, hydration and permissions included."""
    taken: list[float] = []
    for question in questions[:TIMED_QUERIES]:
        started = time.perf_counter()
        search(question.text, SearchConfig())
        taken.append(round((time.perf_counter() - started) * 1000, 2))
    return {"p50": percentile(taken, 0.5), "p95": percentile(taken, 0.95)}

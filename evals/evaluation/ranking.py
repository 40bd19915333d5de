"""Measuring what a search returns, stage by stage and with each idea switched off."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from evals.datasets import Question
from evals.metrics import distinct, hit, mean, ndcg, percentile, recall
from retrieval.types import SearchConfig, WordWeights

# Which (document id, page number) each hit stands on, best first.
Search = Callable[[str, SearchConfig], list[tuple[str, int]]]
Figures = dict[str, float | None]

DEPTH = 100  # chunks looked at, for recall@100; a document ranks where its first chunk does. The first ten are those of production
TIMED_QUERIES = 200
FULL = SearchConfig(limit=DEPTH)
WORDS = WordWeights()
STAGES = {
    "keyword": replace(FULL, use_dense=False, use_rerank=False),
    "dense": replace(FULL, use_keyword=False, use_rerank=False),
    "fused": replace(FULL, use_rerank=False),
    "reranked": FULL,
}
WITHOUT = {
    "without keyword": replace(FULL, use_keyword=False),
    "without dense": replace(FULL, use_dense=False),
    "without titles": replace(FULL, word_weights=replace(WORDS, title=0.0)),
    "without headings": replace(FULL, word_weights=replace(WORDS, headings=0.0)),
    "without pairs": replace(FULL, word_weights=replace(WORDS, pairs=0.0)),
    "asking words in full": replace(FULL, word_weights=replace(WORDS, asking=1.0)),
    "numbers not by themselves": replace(FULL, exact_weight=0.0),
    "light tokens in full": replace(FULL, weigh_tokens=False),
    "duplicates stay": replace(FULL, collapse_duplicates=False, collapse_repeated=False),
    "near duplicates stay": replace(FULL, collapse_repeated=False),
}

NAMES = ("ndcg@10", "hit@1", "hit@5", "recall@10", "recall@100", "page_hit@5", "page_hit@10")


def measure_stages(
    questions: Sequence[Question], search: Search, stages: Mapping[str, SearchConfig], *, progress: Callable[[int], object]
) -> dict[str, Figures]:
    """Return the figures of each configuration over the questions that name what is relevant.

    One question after the other through all of them, so that it is embedded once.
    """
    found: dict[str, list[Figures]] = {name: [] for name in stages}
    for question in questions:
        for name, config in stages.items():
            found[name].append(judge(question, search(question.text, config)))
        progress(1)
    return {name: mean_figures(figures) for name, figures in found.items()}


def judge(question: Question, found: Sequence[tuple[str, int]]) -> Figures:
    """Return the figures of one ranking; pages None where the question names none."""
    documents = distinct(document for document, _ in found)
    figures: Figures = {"ndcg@10": ndcg(documents, question.relevant, 10)}
    figures |= {f"hit@{k}": hit(documents, question.relevant, k) for k in (1, 5)}
    figures |= {f"recall@{k}": recall(documents, question.relevant, k) for k in (10, 100)}
    evidence = frozenset((document, page) for document in question.relevant for page in question.pages)
    return figures | {f"page_hit@{k}": hit(distinct(found), evidence, k) if evidence else None for k in (5, 10)}


def mean_figures(rows: Sequence[Figures]) -> Figures:
    """Return the mean of each figure over the rankings that have it."""
    return {name: mean([value for row in rows if (value := row[name]) is not None]) for name in NAMES}


def measure_latency(questions: Sequence[Question], search: Search) -> dict[str, float | None]:
    """Return p50 and p95 in ms of a whole search as production asks for it, hydration and permissions included."""
    taken: list[float] = []
    for question in questions[:TIMED_QUERIES]:
        started = time.perf_counter()
        search(question.text, SearchConfig())
        taken.append(round((time.perf_counter() - started) * 1000, 2))
    return {"p50": percentile(taken, 0.5), "p95": percentile(taken, 0.95)}

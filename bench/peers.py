"""What a user could assemble instead, over the same passages: rank-bm25, bm25s, exact FAISS, LangChain's ensemble of two."""

import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import faiss
import numpy as np
from rank_bm25 import BM25Okapi

from bench.material.corpus import Floats

TAKEN = 100  # hits of each leg
RRF_K = 60  # LangChain's


def rank_bm25(texts: Sequence[str]) -> Callable[[str], list[int]]:
    """Return a search by words split at spaces, as LangChain's BM25Retriever does it."""
    ranker = BM25Okapi([text.split() for text in texts])
    return lambda query: np.argsort(-ranker.get_scores(query.split()))[:TAKEN].tolist()


def bm25s_index(texts: Sequence[str]) -> Callable[[str], list[int]]:
    """Return a search by bm25s with its own tokenizer and English stop words."""
    bm25s: Any = import_module("bm25s")  # it has no types

    logging.getLogger("bm25s").setLevel(logging.ERROR)
    ranker = bm25s.BM25()
    ranker.index(bm25s.tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False)

    def run(query: str) -> list[int]:
        cut = bm25s.tokenize([query], stopwords="en", show_progress=False)
        found, _ = ranker.retrieve(cut, k=min(TAKEN, len(texts)), show_progress=False)
        return [int(number) for number in found[0]]

    return run


def faiss_flat(vectors: Floats) -> Any:
    """Return an exact index, all in memory."""
    library: Any = faiss
    index = library.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def ensemble(embed: Callable[[str], bytes], by_words: Callable[[str], list[int]], vectors: Any) -> Callable[[str], list[int]]:
    """Return what LangChain's EnsembleRetriever does with weights .3 and .7: reciprocal ranks added."""

    def run(query: str) -> list[int]:
        near = vectors.search(np.frombuffer(embed(query), dtype="<f4")[None], TAKEN)[1][0].tolist()
        fused: dict[int, float] = {}
        for weight, ranking in ((0.3, by_words(query)), (0.7, near)):
            for rank, position in enumerate((position for position in ranking if position >= 0), start=1):
                fused[position] = fused.get(position, 0.0) + weight / (rank + RRF_K)
        return sorted(fused, key=lambda position: -fused[position])[:10]

    return run

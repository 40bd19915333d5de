"""BM25 over a small set in memory: the sentences of the candidate evidence. Rescans the set for each query."""

import math
from collections.abc import Sequence

from rank_bm25 import BM25Okapi

from language.analyzer import Analyzer, get_analyzer

K1, B = 1.2, 0.75  # as tantivy's, so that both rank alike


class _Okapi(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25 with Lucene's idf, log(1 + (N - n + 0.5) / (n + 0.5)): never negative, as in the corpus index."""

    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf = {term: math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5)) for term, count in nd.items()}


class SmallRanking:
    """Ranks a few texts; a term that no text has counts nothing."""

    def __init__(self, texts: Sequence[str], *, analyzer: Analyzer | None = None) -> None:
        self._analyzer = analyzer or get_analyzer()
        # rank-bm25 divides by the mean length: an empty set, or one without a word, has none.
        cut = [self._analyzer.terms(text) for text in texts]
        self._size = len(texts)
        self._bm25 = _Okapi(cut, k1=K1, b=B) if any(cut) else None

    def scores(self, query: str) -> list[float]:
        """Return the BM25 score of each text, >= 0."""
        if self._bm25 is None:
            return [0.0] * self._size
        return [float(score) for score in self._bm25.get_scores(self._analyzer.terms(query))]

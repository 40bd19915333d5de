"""The keyword leg: BM25 whose statistics are those of what the reader may see, and of nothing else.

How many passages there are, how long they are on average and how many hold a term are counted among the permitted rows, for each
query anew. So a score reveals nothing of what else is in the index: documents of others, deleted ones, how rows lie in segments.
Sums are made in one order, that of the query's words, and ties go by chunk id: the same to the bit.

k1, b and idf are Lucene's (1.2, 0.75, log(1 + (N - n + 0.5) / (n + 0.5))), as `retrieval.bm25_small` has them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from language.analyzer import Analyzer
from retrieval.bm25_small import K1, B
from retrieval.local.segment import Segment
from retrieval.local.words import BODY, HEADINGS, LENGTH_BITS, MAX_LENGTH, ROW_SHIFT, TITLE, key_of
from retrieval.types import Hit, Scope, WordWeights
from retrieval.vocabulary import parts_of

Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

MAX_QUERY_TERMS = 256  # distinct; a pasted page as a question costs no more than this
PAIRS_SHARE = 0.5
TABLES_KEPT = 64  # of 256 KB each; one for a field and an average length


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Terms of the body that a passage must hold all of. `share`: what counts of their scores."""

    clauses: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for: terms of a field, each with its weight; and groups of ways of which the best counts."""

    keys: npt.NDArray[np.uint64]  # [clauses]
    fields: Numbers  # [clauses]
    weights: Scores  # [clauses]
    own: int  # so many clauses count by themselves; those behind them only in a group
    groups: tuple[tuple[Way, ...], ...]
    whole: float  # weight of a group


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The permitted postings of a query in one segment, clause by clause."""

    segment: Segment
    postings: Numbers
    counts: Numbers  # [clauses]


def search_words(segments: Sequence[Segment], query: Query, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
    """Return at most `limit` hits within `scope`, best first; ties by chunk id."""
    found = [one for segment in segments if (one := _find(segment, query, scope)) is not None]
    if not found:
        return ()
    seen = [segment.permitted(scope) for segment in segments]
    count = sum(permitted.count for permitted in seen)
    lengths = np.sum([permitted.lengths for permitted in seen], axis=0) / count  # [fields], on average
    held = np.sum([one.counts for one in found], axis=0)
    weights = query.weights * np.log1p((count - held + 0.5) / (held + 0.5))
    tables = [saturation(float(length)) for length in lengths]
    best = [_rank(one, query, weights=weights, tables=tables, limit=limit) for one in found]
    scores, chunks = (np.concatenate(column) for column in zip(*best, strict=True))
    order = np.lexsort((chunks, -scores))[:limit]
    return tuple(
        Hit(chunk_id=chunk, score=score, rank=rank, keyword_score=score, keyword_rank=rank)
        for rank, (score, chunk) in enumerate(zip(scores[order].tolist(), chunks[order].tolist(), strict=True), start=1)
    )


def read_query(text: str, *, analyzer: Analyzer, weights: WordWeights, also: Sequence[Sequence[str]]) -> Query | None:
    """Return what a query looks for; None: it holds no word. See `retrieval.ports.IndexSnapshot` for `also`."""
    counts, pairs = Counter(analyzer.terms(text)), Counter(analyzer.pairs(text))
    boosts = {BODY: 1.0, TITLE: weights.title, HEADINGS: weights.headings}
    looked_for = [
        (field, term, boost * times * (weights.asking if analyzer.is_asking(term) else 1.0))
        for term, times in counts.most_common(MAX_QUERY_TERMS)
        for field, boost in boosts.items()
    ]
    if counts:  # pairs of stop words alone find nothing worth reading
        looked_for += [(BODY, pair, weights.pairs * times) for pair, times in pairs.most_common(MAX_QUERY_TERMS)]
    clauses = [clause for clause in looked_for if clause[2] > 0]
    own = len(clauses)
    groups = []
    for group in also if weights.whole else ():
        ways = []
        for terms in (way for word in group for way in parts_of(word, analyzer)):
            share = PAIRS_SHARE if terms[0].startswith("_") else 1.0  # pairs overlap, and would count what they share twice
            ways.append(Way(clauses=tuple(range(len(clauses), len(clauses) + len(terms))), share=share))
            clauses += [(BODY, term, 1.0) for term in terms]
        groups += [tuple(ways)] if ways else []
    if not clauses:
        return None
    return Query(
        keys=np.array([key_of(field, term) for field, term, _ in clauses], np.uint64),
        fields=np.array([field for field, _, _ in clauses], np.int64),
        weights=np.array([weight for _, _, weight in clauses], np.float64),
        own=own,
        groups=tuple(groups),
        whole=weights.whole,
    )


def _find(segment: Segment, query: Query, scope: Scope) -> Found | None:
    """Return the postings that the scope may see; None: it sees nothing here, or no clause is met."""
    permitted = segment.permitted(scope)
    if not permitted.count:
        return None
    words = segment.words
    starts, ends = words.places(query.keys)
    taken = [words.postings[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if end > start]
    if not taken:
        return None
    postings, counts = np.concatenate(taken), ends - starts
    if permitted.mask is not None:
        kept = np.flatnonzero(permitted.mask[postings >> ROW_SHIFT])
        counts = np.diff(np.searchsorted(kept, np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])))
        postings = postings[kept]
    return Found(segment=segment, postings=postings, counts=counts)


def _rank(
    found: Found, query: Query, *, weights: Scores, tables: Sequence[Scores], limit: int
) -> tuple[Scores, npt.NDArray[np.uint64]]:
    """Return scores and chunk ids of the rows that may be among the best `limit`, in no order."""
    rows, codes = found.postings >> ROW_SHIFT, found.postings & ((1 << ROW_SHIFT) - 1)
    parts = np.empty(len(rows))
    ends = np.cumsum(found.counts).tolist()
    spans = [slice(start, end) for start, end in pairwise([0, *ends])]
    for span, field, weight in zip(spans, query.fields.tolist(), weights.tolist(), strict=True):
        if span.start < span.stop:
            parts[span] = tables[field][codes[span]]
            parts[span] *= weight
    total, own = len(found.segment.rows), ends[query.own - 1] if query.own else 0
    scores = np.bincount(rows[:own], weights=parts[:own], minlength=total).astype(np.float64)  # of nothing it makes whole numbers
    for group in query.groups:
        best = np.zeros(total)
        for way in group:
            here, together = _all_of([(rows[spans[clause]], parts[spans[clause]]) for clause in way.clauses])
            best[here] = np.maximum(best[here], way.share * together)
        scores += query.whole * best
    kept = _best(scores, limit)
    return scores[kept], found.segment.chunks[kept]


@lru_cache(maxsize=TABLES_KEPT)
def saturation(average: float) -> Scores:
    """Return what each `times << LENGTH_BITS | length` brings: (k1 + 1) times / (times + k1 (1 - b + b length / average)).

    A term that stands there 31 times brings .96 of what one without end would.
    """
    codes = np.arange(1 << ROW_SHIFT)
    times, lengths = codes >> LENGTH_BITS, codes & MAX_LENGTH
    table: Scores = (K1 + 1) * times / (times + K1 * (1 - B + B * lengths / max(average, 1e-9)))
    return table


def _all_of(terms: Iterable[tuple[Numbers, Scores]]) -> tuple[Numbers, Scores]:
    """Return the rows that occur in every list, ascending, with the sum of their scores."""

    def join(one: tuple[Numbers, Scores], other: tuple[Numbers, Scores]) -> tuple[Numbers, Scores]:
        rows, left, right = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
        return rows, one[1][left] + other[1][right]

    return reduce(join, terms)


def _best(scores: Scores, limit: int) -> Numbers:
    """Return the rows whose score is above 0 and may be among the best `limit`: those that tie with the last are all in.

    The best of each block of rows bound the last from below, so that most rows are compared once and never sorted.
    """
    width = len(scores) // (8 * limit)
    bound = 0.0
    if width > 1:
        blocks = scores[: len(scores) // width * width].reshape(-1, width).max(axis=1)
        bound = float(np.partition(blocks, len(blocks) - limit)[len(blocks) - limit])
    rows = np.flatnonzero(scores >= bound) if bound > 0 else np.flatnonzero(scores)
    if len(rows) > limit:
        values = scores[rows]
        rows = rows[values >= np.partition(values, len(rows) - limit)[len(rows) - limit]]
    return rows

"""The flow of a query: both legs, fusion, late interaction, duplicates. Each stage can be switched off by the config."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from retrieval.across import DEEPER, weigh_across
from retrieval.duplicates import demote_duplicates
from retrieval.encoding.pair import PairedEncoder
from retrieval.errors import EncoderError
from retrieval.fuse import fuse, merge_dense
from retrieval.ports import Embedder, IndexSnapshot, LateInteraction, Reranker
from retrieval.reranking.cross_encoder_rerank import reorder
from retrieval.reranking.exact import exact_words, favour_exact
from retrieval.reranking.late_interaction import blend
from retrieval.types import UNREADABLE_SHARE, Embedding, Hit, Scope, SearchConfig, SearchResult
from retrieval.vocabulary import in_words_of, readings

logger = logging.getLogger(__name__)

ReadTexts = Callable[[Sequence[int]], Mapping[int, str]]
NO_LIMIT = nullcontext()
NEAREST, AGREED = 10, 0.5  # of so many passages nearest in meaning, the share found by words from which both legs are believed
RECOMPUTED = 10  # best hits whose missing token vectors are computed anew: 254 ms for 30 on two cores


def search(
    query: str,
    *,
    scope: Scope,
    config: SearchConfig,
    index: IndexSnapshot,
    embedder: Embedder,
    projection: LateInteraction | None,
    reranker: Reranker | None = None,
    read_texts: ReadTexts = lambda chunk_ids: {},
    slots: AbstractContextManager[None] = NO_LIMIT,
) -> SearchResult:
    """Return the best chunks within `scope` for a query that stands alone.

    The dense leg and late interaction abstain where the encoder cannot read the query's script; of its readings in the words of a
    vocabulary they take the best. Where the reranker fails, the order before it stands.

    Args:
        read_texts: the words of these chunks, for the reranker; the index keeps none.
        slots: entered for what is computed in this process besides the embedding, which is done for several at once.
    """
    clock = _Clock()
    wants_vectors = config.use_dense or config.use_rerank
    unknown = {text: embedder.unknown_share(text) for text in readings(query, config.also if config.use_readings else ())}
    unknown_share = min(unknown.values())
    abstains = unknown_share > UNREADABLE_SHARE
    readable = [text for text, share in unknown.items() if share <= UNREADABLE_SHARE]
    asked = {text: embedder.embed_query(text) for text in readable} if wants_vectors and scope.collection_ids else {}
    clock.lap("embed")
    reading = max(0.0, 1.0 - unknown_share / UNREADABLE_SHARE)
    with slots:
        clock.lap("slot")
        has_two = isinstance(embedder, PairedEncoder)
        hits = _find(query, asked, scope=scope, config=config, index=index, reading=reading, has_two=has_two, clock=clock)
        if projection is not None and config.use_rerank and any(one.tokens for one in asked.values()):
            tokens = _tokens(hits[: config.rerank_depth], index, embedder=embedder, read_texts=read_texts)
            compared = _compare(asked, tokens, embedder=embedder, projection=projection, config=config)
            hits = blend(hits, compared, weight=config.rerank_weight * reading)
            clock.lap("rerank")
        numbers = exact_words(query) if config.exact_weight and config.use_keyword else ""
        best = max((hit.keyword_score or 0.0 for hit in hits), default=0.0)
        if numbers and best:
            alone = index.search_keyword(numbers, scope=scope, limit=config.candidates, weights=config.word_weights)
            hits = favour_exact(hits, {hit.chunk_id: hit.score for hit in alone}, best=best, weight=config.exact_weight)
            clock.lap("exact")
    if reranker is not None and config.use_cross:
        hits = _rerank(hits, query, config=config, reranker=reranker, read_texts=read_texts)
        clock.lap("cross")
    if config.collapse_duplicates:
        hits = demote_duplicates(hits, index.digests([hit.chunk_id for hit in hits]))
        clock.lap("duplicates")
    return SearchResult(
        hits=tuple(hit._replace(rank=rank) for rank, hit in enumerate(hits[: config.limit], start=1)),
        dense_abstained=abstains and config.use_dense,
        unknown_share=unknown_share,
        index_generation=index.generation,
        searched=index.count_in(scope),
        timings_ms=clock.timings_ms,
    )


class _Clock:
    """Milliseconds of each step."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.timings_ms[name] = round((now - self._since) * 1000, 3)
        self._since = now


def _find(
    query: str,
    asked: Mapping[str, Embedding],
    *,
    scope: Scope,
    config: SearchConfig,
    index: IndexSnapshot,
    reading: float,
    has_two: bool,
    clock: _Clock,
) -> tuple[Hit, ...]:
    """Return what both legs find, fused. `has_two`: the encoder has two models, one of which reads Chinese."""
    keyword: Sequence[Hit] = ()
    if config.use_keyword:
        keyword = index.search_keyword(query, scope=scope, limit=config.candidates, weights=config.word_weights, also=config.also)
    clock.lap("keyword")
    dense: Sequence[Hit] = ()
    if asked and config.use_dense:
        depth = config.candidates * (DEEPER if has_two else 1)
        found = [index.search_dense(one.dense, scope=scope, limit=depth) for one in asked.values()]
        if has_two:
            pairs = zip(found, asked.values(), strict=True)
            found = [weigh_across(hits, one, index, limit=config.candidates) for hits, one in pairs]
        dense = _near(found[0] if len(found) == 1 else merge_dense(found, limit=config.candidates))
    clock.lap("dense")
    hits = fuse(keyword, dense, alpha=_alpha(config, reading, keyword, dense), top_n=2 * config.candidates)
    clock.lap("fuse")
    return hits


def _near(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Only what has something in common with the query: a passage that the encoder cannot read has a vector of zeros."""
    return tuple(hit for hit in hits if hit.score > 0.0)


def _alpha(config: SearchConfig, reading: float, keyword: Sequence[Hit], dense: Sequence[Hit]) -> float:
    """The dense leg's weight: less, the less of the query its encoder reads, down to where it abstains.

    A leg that found nothing leaves all of it to the other, so that scores keep their scale. Where words found few of the passages
    that are nearest in meaning, question and passages are in other words or languages: what words find there is found by chance.
    """
    if not dense:
        return 0.0
    if not keyword:
        return 1.0
    worded = {hit.chunk_id for hit in keyword}
    nearest = dense[:NEAREST]
    agreed = sum(hit.chunk_id in worded for hit in nearest) / len(nearest)
    doubt = max(0.0, 1.0 - agreed / AGREED)
    return (config.dense_weight + doubt * (config.lone_dense_weight - config.dense_weight)) * reading


def _tokens(hits: Sequence[Hit], index: IndexSnapshot, *, embedder: Embedder, read_texts: ReadTexts) -> list[bytes | memoryview]:
    """Return the token vectors of each hit. Where the index lacks those of a passage that the encoder reads, they are computed for
    the best few: a passage whose vector is zero, which the dense leg never finds, has none to compute."""
    tokens = index.tokens([hit.chunk_id for hit in hits])
    missing = [place for place, hit in enumerate(hits[:RECOMPUTED]) if not tokens[place] and hit.dense_score is not None]
    if missing:
        texts = read_texts([hits[place].chunk_id for place in missing])
        known = [place for place in missing if hits[place].chunk_id in texts]
        for place, made in zip(known, embedder.embed_passages([texts[hits[place].chunk_id] for place in known]), strict=True):
            tokens[place] = made.tokens
    return tokens


def _compare(
    asked: Mapping[str, Embedding],
    tokens: Sequence[bytes | memoryview],
    *,
    embedder: Embedder,
    projection: LateInteraction,
    config: SearchConfig,
) -> list[float | None]:
    """Return each passage's MaxSim with the reading that it meets best."""
    weights = [embedder.query_weights(text) if config.weigh_tokens else None for text in asked]
    compared = [projection.max_sim(one.tokens, tokens, weights=each) for one, each in zip(asked.values(), weights, strict=True)]
    return [max((score for score in scores if score is not None), default=None) for scores in zip(*compared, strict=True)]


def _rerank(
    hits: tuple[Hit, ...],
    query: str,
    *,
    config: SearchConfig,
    reranker: Reranker,
    read_texts: ReadTexts,
) -> tuple[Hit, ...]:
    candidates = [hit.chunk_id for hit in hits[: config.cross_depth]]
    texts = read_texts(candidates)
    known = [chunk_id for chunk_id in candidates if chunk_id in texts]
    try:
        asked = in_words_of(query, config.also, [texts[chunk_id] for chunk_id in known])
        found = dict(zip(known, reranker.score(asked, [texts[chunk_id] for chunk_id in known]), strict=True))
    except EncoderError:
        logger.exception("the reranker %s failed; the order before it stands", reranker.name)
        return hits
    return reorder(hits, [found.get(chunk_id) for chunk_id in candidates])

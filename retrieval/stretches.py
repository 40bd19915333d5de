"""How well sentences of passages meet a question: late interaction, from the token vectors that the index holds.

Of two models the one that read a passage compares it with a question of its own language. Across languages late interaction tells
nothing; the second model's vectors of whole sentences do. They are not in the index, so that those of the best passages are made.
"""

from collections.abc import Mapping, Sequence

from retrieval.encoding.pair import PairedEncoder
from retrieval.encoding.paired_tokens import is_marked, unmark
from retrieval.ports import Embedder, IndexSnapshot, LateInteraction
from retrieval.tokens import cut_tokens, words_of_tokens
from retrieval.types import UNREADABLE_SHARE, Closeness, Stretch

Packed = Mapping[int, bytes | memoryview]  # token vectors of each chunk
LOOKED_AT, MADE = 5, 3  # of the best passages, those in the other language whose sentences are embedded: 30 sentences or so
# What brings cosines across languages to where late interaction lies. Medians of sentences that answer and of others, questions in
# the other language about a handbook and laws: .45 and .37; late interaction within English: .72 and .60.
SLOPE, OFFSET = 1.5, 0.045


def score_stretches(
    query: str, stretches: Sequence[Stretch], *, index: IndexSnapshot, embedder: Embedder, projection: LateInteraction | None
) -> list[Closeness | None]:
    """Return how well parts of chunks meet a query; None where the encoder cannot compare them, or keeps no token vectors.

    What has no vectors in the index, or others than its text has tokens, is embedded anew.

    Args:
        stretches: those of the best passage first.
    """
    if projection is None or not stretches:
        return [None] * len(stretches)
    texts = {stretch.chunk_id: stretch.contextual_text for stretch in stretches}
    packed = dict(zip(texts, index.tokens(list(texts)), strict=True))
    if not isinstance(embedder, PairedEncoder):
        return _score(query, stretches, packed, embedder=embedder, projection=projection)
    of_second = {chunk for chunk, text in texts.items() if _is_of_second(packed[chunk], text, embedder)}
    is_asked_of_second = embedder.first.unknown_share(query) > UNREADABLE_SHARE
    own = [stretch for stretch in stretches if (stretch.chunk_id in of_second) is is_asked_of_second]
    reader = embedder.second if is_asked_of_second else embedder.first
    if is_asked_of_second:
        packed = {chunk: unmark(tokens) for chunk, tokens in packed.items()}
    scored: dict[Stretch, Closeness | None] = {}
    if own and reader.projection is not None:
        scored.update(zip(own, _score(query, own, packed, embedder=reader, projection=reader.projection), strict=True))
    best = [chunk for chunk in list(texts)[:LOOKED_AT] if (chunk in of_second) is not is_asked_of_second][:MADE]
    across = [stretch for stretch in stretches if stretch.chunk_id in best]
    scored.update(zip(across, _score_across(query, across, embedder), strict=True))
    return [scored.get(stretch) for stretch in stretches]


def _is_of_second(packed: bytes | memoryview, text: str, embedder: PairedEncoder) -> bool:
    return is_marked(packed) if packed else embedder.first.unknown_share(text) > UNREADABLE_SHARE


def _score_across(query: str, stretches: Sequence[Stretch], embedder: PairedEncoder) -> list[Closeness | None]:
    if not stretches or embedder.second.unknown_share(query) > UNREADABLE_SHARE:
        return [None] * len(stretches)
    means = [SLOPE * cosine + OFFSET for cosine in embedder.compare_across(query, [stretch.text for stretch in stretches])]
    return [Closeness(mean=mean, weakest=mean, unmet=0.0) for mean in means]


def _score(
    query: str, stretches: Sequence[Stretch], packed: Packed, *, embedder: Embedder, projection: LateInteraction
) -> list[Closeness | None]:
    """Return late interaction by one model."""
    asked = embedder.embed_query(query).tokens if embedder.unknown_share(query) <= UNREADABLE_SHARE else b""
    if not asked:
        return [None] * len(stretches)
    width = projection.token_bytes
    texts = {stretch.chunk_id: stretch.contextual_text for stretch in stretches if packed[stretch.chunk_id]}
    starts = {chunk: embedder.token_starts(text) for chunk, text in texts.items()}
    known = {chunk for chunk, begins in starts.items() if len(packed[chunk]) == width * len(begins)}
    anew = iter(embedder.embed_tokens([stretch.text for stretch in stretches if stretch.chunk_id not in known]))
    passages = [
        cut_tokens(packed[stretch.chunk_id], starts=starts[stretch.chunk_id], ranges=stretch.ranges, token_bytes=width)
        if stretch.chunk_id in known
        else next(anew)
        for stretch in stretches
    ]
    words = words_of_tokens(query, embedder.token_starts(query))
    return projection.compare(asked, passages, weights=embedder.query_weights(query), words=words)

"""Weigh what the dense leg found in the other language, where an encoder of two models made the vectors.

A passage and a question in two languages have one half of their vectors in common: their inner product is the second model's cosine
times .63, beside whole ones for passages in the question's language. In a library of both, everything about the subject in the
question's language then ranks before the answer in the other one.

Measured in one library of handbook (English), policy-zh (Chinese) and the demo, nDCG@10 without and with: handbook asked in
English .953, .953, in Chinese .040, .358; policy-zh asked in Chinese .838, .838, in other words .830, .821, in English .202, .586.
A factor of 1.8 for Chinese questions, too, would give .740 for the second and .616 for the fourth. Chosen on every second question.
"""

from collections.abc import Sequence

from retrieval.encoding.paired_tokens import is_marked
from retrieval.ports import IndexSnapshot
from retrieval.types import Embedding, Hit

OF_FIRST, OF_SECOND = 1.8, 1.5  # factors for a question that the first model reads (English), and for one that it does not
DEEPER = 3  # times as many hits are looked at, as those across have low scores at first


def weigh_across(hits: Sequence[Hit], asked: Embedding, index: IndexSnapshot, *, limit: int) -> tuple[Hit, ...]:
    """Return at most `limit` hits of the dense leg, those in the other language weighed, ranks rebuilt from 1.

    Args:
        hits: for `asked`, best first.
    """
    is_second = is_marked(asked.tokens)
    factor = OF_SECOND if is_second else OF_FIRST
    weighed = [
        hit._replace(score=hit.score * factor, dense_score=hit.score * factor)
        if tokens and is_marked(tokens) is not is_second
        else hit
        for hit, tokens in zip(hits, index.tokens([hit.chunk_id for hit in hits]), strict=True)
    ]
    weighed.sort(key=lambda hit: -hit.score)
    return tuple(hit._replace(rank=rank, dense_rank=rank) for rank, hit in enumerate(weighed[:limit], start=1))

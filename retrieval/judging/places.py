"""Where in a passage an answer stands: the windows of one passage put together."""

import math
from bisect import bisect_left
from dataclasses import dataclass, field

import torch
from torch import Tensor

from retrieval.judging.calibration import Calibration
from retrieval.judging.forward import PairOutput
from retrieval.judging.pairs import Passage

_LONGEST = 60  # tokens of an answer
_SPANS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpan:
    """A stretch of a passage that may be the answer: characters [start, end), and its share among all stretches, in [0, 1]."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a passage holds for a question.

    Attributes:
        answerable: the calibrated probability that it answers, in [0, 1].
        spans: the likeliest answers, best first, none within another.
    """

    answerable: float
    spans: tuple[AnswerSpan, ...]
    _starts: tuple[int, ...] = field(repr=False)  # characters of each token
    _ends: tuple[int, ...] = field(repr=False)
    _masses: tuple[float, ...] = field(repr=False)  # of each token, their sum is 1

    def mass(self, start: int, end: int) -> float:
        """Return the probability that the answer stands in characters [start, end), if the passage has one: the mean of that it
        begins there and that it ends there, in [0, 1]. A token counts where its first character stands."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return min(1.0, math.fsum(self._masses[first:last]))


class Places:
    """Collects the windows of one passage."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._logits = torch.full((len(passage.ids), 2), -math.inf)  # against "no answer" of the window
        self._answerable = -math.inf

    def add(self, window: tuple[int, int], first: int, output: PairOutput) -> None:
        """Take what a window says of its tokens; where two windows hold a token, the higher counts.

        Args:
            first: the place of the window's first token in the pair.
        """
        begin, end = window
        said = output.places[first : first + end - begin] - output.places[0]
        self._logits[begin:end] = torch.maximum(self._logits[begin:end], said)
        self._answerable = max(self._answerable, output.answerable)

    def reading(self, calibration: Calibration) -> Reading:
        """Return what all windows say together."""
        passage = self._passage
        if not passage.ids:
            return Reading(answerable=0.0, spans=(), _starts=(), _ends=(), _masses=())
        odds = float(self._logits.logsumexp(0).mean())
        shares = self._logits.softmax(0)
        return Reading(
            answerable=calibration.is_answerable(self._answerable, odds), spans=tuple(_best_spans(shares, passage)),
            _starts=passage.starts, _ends=passage.ends, _masses=tuple(shares.mean(1).tolist()),
        )  # fmt: skip

    @property
    def evidence(self) -> tuple[float, float]:
        """The logit that there is an answer, and the log odds of its best places against none: what calibration is fitted to."""
        return self._answerable, float(self._logits.logsumexp(0).mean())


def _best_spans(shares: Tensor, passage: Passage) -> list[AnswerSpan]:
    """Return the likeliest stretches that do not overlap; `shares` of first and last tokens are [tokens, 2]."""
    count = len(shares)
    product = shares[:, 0, None] * shares[None, :, 1]
    distance = torch.arange(count)[None] - torch.arange(count)[:, None]
    product = product.masked_fill((distance < 0) | (distance >= _LONGEST), 0.0)
    spans = []
    for _ in range(_SPANS):
        best = int(product.argmax())
        first, last = best // count, best % count
        score = float(product[first, last])
        if score <= 0:
            break
        spans.append(AnswerSpan(start=passage.starts[first], end=passage.ends[last], score=min(1.0, score)))
        product[: last + 1, first:] = 0.0
    return spans

"""What can be said about a sentence and its evidence in numbers: what the probability that it is supported is made of."""

import itertools
import math
from collections.abc import Sequence
from typing import Protocol

from chat.judge.candidates import ScoreStretches
from chat.types import Verdict, VerdictKind
from chat.verify.claims import Claim
from chat.verify.windows import Passage, Window
from language.wording import content_units, coverage
from retrieval.types import Closeness, Stretch

_WINDOWS = 2  # nearest ones whose meaning is compared
_BEGINNING = 400  # characters of a passage that shares no word with the sentence
_FACTS = ("number", "date", "unit")
_LEAST = 1e-4  # of a probability, before its odds are taken


class Support(Protocol):
    """What a trained judge finds of a sentence (`retrieval.judging.reader.Support`)."""

    @property
    def is_told(self) -> float: ...

    @property
    def supported(self) -> float: ...

    @property
    def contradicted(self) -> float: ...


class CheckSupport(Protocol):
    """`retrieval.judging.reader.Reader.check`."""

    def __call__(self, claim: str, evidence: str, question: str = "", /) -> Support: ...


def read_traits(
    claim: Claim,
    passages: Sequence[Passage],
    verdict: Verdict,
    *,
    question: str,
    score_stretches: ScoreStretches,
    check_support: CheckSupport | None,
) -> dict[str, float]:
    """Return the traits of a sentence by name; those of a judge that is not there are 0."""
    ranked = _rank(claim, passages)
    windows = [window for _share, window, _passage in ranked]
    closeness = _compare(claim, windows[:_WINDOWS], score_stretches)
    traits = {
        "shown": float(verdict.kind != VerdictKind.WITHHELD),
        "verbatim": float(verdict.kind != VerdictKind.WITHHELD and verdict.score == 1.0),
        "fact": float(verdict.reason in _FACTS),
        "turned": float(verdict.reason in ("negation", "direction")),
        "coverage": ranked[0][0] if ranked else 0.0,
        "pairs": max((_pairs(claim, window) for window in windows[:_WINDOWS]), default=0.0),
        "closeness": max((one.mean for one in closeness), default=0.0),
        "unmet": min((one.unmet for one in closeness), default=1.0),
        "judged": float(check_support is not None),
    }
    found = check_support(claim.text, _nearest_text(ranked, passages), question) if check_support else None
    return traits | {
        "told": _odds(found.is_told) if found else 0.0,
        "contradicted": _odds(found.contradicted) if found else 0.0,
        "to_the_point": _odds(found.supported) if found else 0.0,
    }


def _compare(claim: Claim, windows: Sequence[Window], score_stretches: ScoreStretches) -> list[Closeness]:
    """Return how close in meaning each window is, where the encoder can tell."""
    stretches = [
        Stretch(chunk_id=place, contextual_text=window.whole, ranges=((0, len(window.whole)),))
        for place, window in enumerate(windows)  # numbers that no chunk has: their vectors are made here
    ]
    return [one for one in score_stretches(claim.text, stretches) if one is not None] if stretches else []


def _rank(claim: Claim, passages: Sequence[Passage]) -> list[tuple[float, Window, Passage]]:
    """Return the windows with the share of the claim's terms that each holds, best first."""
    found = [
        (coverage(claim.wording.terms, window.terms), window, passage)
        for passage in passages
        for window in passage.windows(claim.wording)[:_WINDOWS]
    ]
    return sorted(found, key=lambda one: -one[0])


def _nearest_text(ranked: Sequence[tuple[float, Window, Passage]], passages: Sequence[Passage]) -> str:
    """Return what the trained judge reads: the nearest windows, each sentence once, in the order of their passages.

    Whole passages cost four times as much and are mostly about something else.
    """
    nearest = [window for _share, window, _passage in ranked[:_WINDOWS]]
    if not nearest:
        return passages[0].evidence.in_context[:_BEGINNING] if passages else ""
    sentences = {(window.evidence.marker, one.start): one.text for window in nearest for one in window.sentences}
    heads = dict.fromkeys(part for window in nearest for part in (window.context, window.lead) if part)
    return "\n".join((*heads, *(text for _place, text in sorted(sentences.items()))))


def _pairs(claim: Claim, window: Window) -> float:
    """Return the share of the claim's neighbouring words that are neighbours in the window too."""
    is_chinese = claim.wording.is_chinese
    said = content_units(claim.text, is_chinese=is_chinese)
    stands = content_units(window.whole, is_chinese=is_chinese)
    wanted = set(itertools.pairwise(said))
    return len(wanted & set(itertools.pairwise(stands))) / len(wanted) if wanted else 0.0


def _odds(probability: float) -> float:
    kept = min(1 - _LEAST, max(_LEAST, probability))
    return math.log(kept / (1 - kept))

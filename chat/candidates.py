"""The sentences of the evidence, ranked by how well they may answer a question: what extraction shows and sufficiency judges."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chat.answer_types import answer_type, holds_answer
from chat.rarity import telling_share, telling_weights
from chat.reading import RememberingAnalyzer, quantities_of, terms_of
from chat.types import Evidence
from chat.verify.quantities import normalize
from chat.verify.ranges import fits_a_range
from chat.verify.windows import EvidenceSentence, Passage
from retrieval.bm25_small import SmallRanking
from retrieval.types import Closeness, Stretch, in_context

_JUDGED = 16  # best sentences whose kind of content is looked at
_WRONG_KIND, _RIGHT_RANGE, _WRONG_RANGE = 0.7, 1.15, 0.75
_HAN = re.compile(r"[\u3400-\u9fff]")
_WEIGHT_MEANING, _WEIGHT_WORDS, _WEIGHT_RANK = 0.6, 0.3, 0.1


class ScoreStretches(Protocol):
    """`Engine.score_stretches`: late interaction of a query with parts of passages."""

    def __call__(self, query: str, stretches: Sequence[Stretch], /) -> Sequence[Closeness | None]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may answer; its scores lie in [0, 1] but for what late interaction gives, in [-1, 1]."""

    passage: Passage
    position: int  # among the passage's sentences
    words: float  # BM25 against the question, as a share of the best
    coverage: float  # share of the question's terms, weighed by rarity, in the sentence and what stands above it
    closeness: Closeness | None  # None for a script that the encoder cannot read
    score: float

    @property
    def meaning(self) -> float | None:
        return self.closeness.mean if self.closeness else None

    @property
    def sentence(self) -> EvidenceSentence:
        return self.passage.sentences[self.position]

    @property
    def evidence(self) -> Evidence:
        return self.passage.evidence


def is_chinese(text: str) -> bool:
    """Tell whether a text is mainly Chinese."""
    return len(_HAN.findall(text)) >= max(2, len(re.findall(r"[A-Za-z]+", text)))


def rank_sentences(question: str, evidence: Sequence[Evidence], *, score_stretches: ScoreStretches) -> list[Candidate]:
    """Return the evidence's sentences, best first; one call of `score_stretches` for all of them.

    Args:
        evidence: best passage first.
    """
    asked = normalize(question)
    passages = [Passage(piece) for piece in evidence]
    places = [(passage, position) for passage in passages for position in range(len(passage.sentences))]
    if not places:
        return []
    texts = [_with_heading(passage, position) for passage, position in places]
    bm25 = SmallRanking(texts, analyzer=RememberingAnalyzer()).scores(asked)
    top = max(bm25) or 1.0
    rarity = rarities(asked, texts)
    weights = telling_weights(asked)
    shares = [telling_share(weights, text) if is_chinese(asked) else weighed_share(rarity, terms_of(text)) for text in texts]
    ranks = {passage.evidence.marker: 1.0 / (1 + place) for place, passage in enumerate(passages)}
    met: Sequence[Closeness | None] = [None] * len(places)
    if not is_chinese(asked):
        # As it was asked, not normalised: the search has embedded it so.
        met = score_stretches(question, [_stretch(passage, position) for passage, position in places])
    candidates = [
        _candidate(place, words / top, share, closeness, ranks[place[0].evidence.marker])
        for place, words, share, closeness in zip(places, bm25, shares, met, strict=True)
    ]
    candidates.sort(key=lambda candidate: -candidate.score)
    judged = [_weighed(candidate, asked) for candidate in candidates[:_JUDGED]]
    return sorted(judged, key=lambda candidate: -candidate.score) + candidates[_JUDGED:]


def rarities(question: str, texts: Sequence[str]) -> dict[str, float]:
    """Return the question's terms with their inverse document frequency among `texts`, those that occur nowhere counting most."""
    counts: Counter[str] = Counter(term for text in texts for term in set(terms_of(text)))
    return {
        term: (0.3 if len(term) == 1 and _HAN.match(term) else 1.0) * math.log(1 + (len(texts) + 1) / (counts[term] + 0.5))
        for term in set(terms_of(question))
    }


def weighed_share(rarity: dict[str, float], found: Sequence[str]) -> float:
    """Return the share of the weight of `rarity` that `found` holds, in [0, 1]."""
    whole = sum(rarity.values())
    held = set(found)
    return sum(weight for term, weight in rarity.items() if term in held) / whole if whole else 0.0


def _weighed(candidate: Candidate, question: str) -> Candidate:
    """Lower a sentence that holds nothing of the kind asked for, or whose range leaves the question's number out; raise one that
    names that number, or a range around it."""
    text = candidate.sentence.text
    factor = 1.0 if holds_answer(answer_type(question), text, question, by_unit=True) else _WRONG_KIND
    fits = fits_a_range(question, text)
    if fits is None and _repeats_figures(question, text):
        fits = True
    if fits is not None:
        factor *= _RIGHT_RANGE if fits else _WRONG_RANGE
    return replace(candidate, score=candidate.score * factor)


def _repeats_figures(question: str, text: str) -> bool:
    """Tell whether a text holds every figure that the question names ("after five years"), as telling as a range around it."""
    asked = [quantity for quantity in quantities_of(question) if quantity.is_required]
    held = [(quantity.value, quantity.unit) for quantity in quantities_of(text)] if asked else []
    return bool(asked) and all((quantity.value, quantity.unit) in held for quantity in asked)


def _with_heading(passage: Passage, position: int) -> str:
    """Return a sentence with the heading and the lead-in that it hangs on."""
    sentence = passage.sentences[position]
    heading = passage.evidence.heading_path[-1] if passage.evidence.heading_path else passage.evidence.title
    return ". ".join(part for part in (heading, sentence.lead, sentence.text) if part)


def _stretch(passage: Passage, position: int) -> Stretch:
    """Return a sentence, with the passage's headings and the lead-in that it hangs on, as parts of what was embedded."""
    evidence, sentence = passage.evidence, passage.sentences[position]
    whole = in_context(title=evidence.title, heading_path=evidence.heading_path, prefix=evidence.prefix, text=evidence.text)
    begin = len(whole) - len(evidence.text)
    ranges = [(0, begin), *((begin + start, begin + end) for start, end in (*sentence.lead_ranges, (sentence.start, sentence.end)))]
    return Stretch(chunk_id=evidence.chunk_id, contextual_text=whole, ranges=tuple(part for part in ranges if part[0] < part[1]))


def _candidate(place: tuple[Passage, int], words: float, share: float, closeness: Closeness | None, rank: float) -> Candidate:
    if closeness is None:
        score = 0.35 * words + 0.55 * share + _WEIGHT_RANK * rank
    else:
        score = _WEIGHT_MEANING * closeness.mean + _WEIGHT_WORDS * words + _WEIGHT_RANK * rank
    return Candidate(place[0], place[1], words, share, closeness, score)

"""Rank the sentences of the evidence by how well they may answer a question. Extraction quotes them, sufficiency judges them."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chat.judge.evidence_reading import Readings
from chat.judge.rarity import term_weights, weight_share
from chat.types import Evidence
from chat.verify.quotations import word_place
from chat.verify.windows import EvidenceSentence, Passage
from language.answer_types import answer_type, holds_answer
from language.features import RememberingAnalyzer, quantities_of, terms_of
from language.names import names_and_codes
from language.quantities import normalize
from language.ranges import fits_a_range
from language.records import read_cells, read_record
from language.scripts.script import is_chinese
from retrieval.bm25_small import SmallRanking
from retrieval.types import Closeness, Stretch

_JUDGED = 16  # best sentences whose kind of content is looked at
_WRONG_NAME = 0.7
_WRONG_KIND, _RIGHT_RANGE, _WRONG_RANGE = 0.7, 1.15, 0.75
_HAN = re.compile(r"[\u3400-\u9fff]")
_WEIGHT_READ = 0.3  # of the trained reader against the rest
# What it costs to stand in a later passage, for each natural logarithm of its place. From .04 to .06, of the 220 questions of
# training/choosing 119 are answered rightly instead of 118, and from there on fewer.
_PER_PLACE = 0.05
_WEIGHT_MEANING, _WEIGHT_WORDS, _WEIGHT_RANK = 0.6, 0.3, 0.1


class ScoreStretches(Protocol):
    """`Engine.score_stretches`: late interaction of a query with parts of passages."""

    def __call__(self, query: str, stretches: Sequence[Stretch], /) -> Sequence[Closeness | None]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may answer; its scores are in [0, 1], those of late interaction in [-1, 1]."""

    passage: Passage
    position: int  # among the passage's sentences
    words: float  # BM25 against the question, as a share of the best
    coverage: float  # share of the question's terms, weighed by rarity, in the sentence and what stands above it
    closeness: Closeness | None  # None for a script that the encoder cannot read
    score: float
    answer_share: float | None = None  # probability that the reader's answer stands here, in [0, 1]; None: there is no reader
    is_of_another: bool = False  # it names another place, product or person than the asked one, which other sentences name

    @property
    def meaning(self) -> float | None:
        return self.closeness.mean if self.closeness else None

    @property
    def sentence(self) -> EvidenceSentence:
        return self.passage.sentences[self.position]

    @property
    def evidence(self) -> Evidence:
        return self.passage.evidence


def rank_sentences(
    question: str, evidence: Sequence[Evidence], *, score_stretches: ScoreStretches, readings: Readings | None = None
) -> list[Candidate]:
    """Return the evidence's sentences, best first; one call of `score_stretches` for all of them.

    Args:
        evidence: best passage first.
        readings: of `chat.judge.evidence_reading.read_evidence`; empty or None where there is no reader.
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
    weights = term_weights(asked)
    shares = [weight_share(weights, text) if is_chinese(asked) else weighed_share(rarity, terms_of(text)) for text in texts]
    ranks = {passage.evidence.marker: 1.0 / (1 + place) for place, passage in enumerate(passages)}
    # As it was asked, not normalised: the search has embedded it so. What the encoder cannot read has no closeness.
    met = score_stretches(question, [_stretch(passage, position) for passage, position in places])
    candidates = [
        _candidate(place, words / top, share, closeness, ranks[place[0].evidence.marker])
        for place, words, share, closeness in zip(places, bm25, shares, met, strict=True)
    ]
    candidates.sort(key=lambda candidate: -candidate.score)
    judged = [_weighed(candidate, asked) for candidate in candidates[:_JUDGED]]
    ranked = sorted(judged, key=lambda candidate: -candidate.score) + candidates[_JUDGED:]
    if not readings:
        return _bound_to_names(ranked, asked)
    if is_chinese(asked):  # names are guessed there: what the reader finds outweighs them
        return _in_order_of_search(_bound_to_names(_read(ranked, readings), asked), passages)
    return _in_order_of_search(_read(_bound_to_names(ranked, asked), readings), passages)


def _bound_to_names(ranked: Sequence[Candidate], question: str) -> list[Candidate]:
    """Rank a sentence about another place, product or person than the asked one behind those about it, where there are such."""
    names = [name.casefold() for name in names_and_codes(question)]
    held = [sum(name in _about(candidate) for name in names) for candidate in ranked]
    most = max(held[:_JUDGED], default=0)
    if not most:
        return list(ranked)
    bound = [
        replace(candidate, score=candidate.score * _WRONG_NAME, is_of_another=True)
        if not count and _names_another(candidate, question)
        else candidate
        for candidate, count in zip(ranked, held, strict=True)
    ]
    return sorted(bound, key=lambda candidate: -candidate.score)


def _names_another(candidate: Candidate, question: str) -> bool:
    folded = question.casefold()
    return any(name.casefold() not in folded for name in names_and_codes(candidate.sentence.text))


def _about(candidate: Candidate) -> str:
    """Return what a sentence may name its subject in: itself, what it hangs on, its title and headings."""
    return "\n".join((candidate.passage.context, candidate.sentence.lead, candidate.sentence.text)).casefold()


def _read(ranked: Sequence[Candidate], readings: Readings) -> list[Candidate]:
    """Rank by what the reader finds in each sentence, beside what the words say."""
    best = ranked[0].score or 1.0
    read = [_with_reading(candidate, readings, best=best) for candidate in ranked]
    return sorted(read, key=lambda candidate: -candidate.score)


def _in_order_of_search(ranked: Sequence[Candidate], passages: Sequence[Passage]) -> list[Candidate]:
    """Rank the sentences of a later passage behind those of an earlier one that are about as good."""
    places = {passage.evidence.marker: place for place, passage in enumerate(passages)}
    lowered = [
        replace(candidate, score=max(0.0, candidate.score - _PER_PLACE * math.log1p(places[candidate.evidence.marker])))
        for candidate in ranked
    ]
    return sorted(lowered, key=lambda candidate: -candidate.score)


def _with_reading(candidate: Candidate, readings: Readings, *, best: float) -> Candidate:
    sentence = candidate.sentence
    reading = readings.get(candidate.evidence.marker)
    # The reader takes what is told of another for an answer as readily as what is told of the asked one.
    answer_share = reading.answers_in(sentence.start, sentence.end) if reading and not candidate.is_of_another else 0.0
    score = _WEIGHT_READ * answer_share + (1 - _WEIGHT_READ) * candidate.score / best
    return replace(candidate, answer_share=answer_share, score=score)


def rarities(question: str, texts: Sequence[str]) -> dict[str, float]:
    """Return the question's terms with their inverse document frequency among `texts`; terms that occur nowhere weigh most."""
    counts: Counter[str] = Counter(term for text in texts for term in set(terms_of(text)))
    return {
        term: (0.3 if len(term) == 1 and _HAN.match(term) else 1.0) * math.log(1 + (len(texts) + 1) / (counts[term] + 0.5))
        for term in dict.fromkeys(terms_of(question))  # a set would sum in another order in each process
    }


def weighed_share(rarity: dict[str, float], found: Sequence[str]) -> float:
    """Return the share of the weight of `rarity` that `found` holds, in [0, 1]."""
    whole = sum(rarity.values())
    held = set(found)
    return sum(weight for term, weight in rarity.items() if term in held) / whole if whole else 0.0


def _weighed(candidate: Candidate, question: str) -> Candidate:
    """Adjust a score: lower without content of the kind asked for, or with a range that excludes the question's number; higher
    with that number or a range around it."""
    text = candidate.sentence.text
    cells = read_cells(read_record(word_place(candidate.passage, candidate.position))) if candidate.sentence.header else ()
    is_of_kind = holds_answer(answer_type(question), text, question, by_unit=True, cells=cells)
    factor = 1.0 if is_of_kind else _WRONG_KIND
    fits = fits_a_range(question, text)
    if fits is None and _repeats_figures(question, text):
        fits = True
    if fits is not None:
        factor *= _RIGHT_RANGE if fits else _WRONG_RANGE
    return replace(candidate, score=candidate.score * factor)


def _repeats_figures(question: str, text: str) -> bool:
    """Tell whether a text holds every figure that the question names ("after five years")."""
    asked = [quantity for quantity in quantities_of(question) if quantity.is_required]
    held = [(quantity.value, quantity.unit) for quantity in quantities_of(text)] if asked else []
    return bool(asked) and all((quantity.value, quantity.unit) in held for quantity in asked)


def _with_heading(passage: Passage, position: int) -> str:
    """Return a sentence with its heading and lead-in."""
    sentence = passage.sentences[position]
    heading = passage.evidence.heading_path[-1] if passage.evidence.heading_path else passage.evidence.place.title
    return ". ".join(part for part in (heading, sentence.lead, sentence.text) if part)


def _stretch(passage: Passage, position: int) -> Stretch:
    """Return a sentence, with the passage's headings and its lead-in, as parts of the embedded text."""
    evidence, sentence = passage.evidence, passage.sentences[position]
    whole = evidence.in_context
    begin = len(whole) - len(evidence.text)
    ranges = [(0, begin), *((begin + start, begin + end) for start, end in (*sentence.lead_ranges, (sentence.start, sentence.end)))]
    return Stretch(chunk_id=evidence.chunk_id, contextual_text=whole, ranges=tuple(part for part in ranges if part[0] < part[1]))


def _candidate(place: tuple[Passage, int], words: float, share: float, closeness: Closeness | None, rank: float) -> Candidate:
    if closeness is None:
        score = 0.35 * words + 0.55 * share + _WEIGHT_RANK * rank
    else:
        score = _WEIGHT_MEANING * closeness.mean + _WEIGHT_WORDS * words + _WEIGHT_RANK * rank
    return Candidate(place[0], place[1], words, share, closeness, score)

"""Estimate whether the evidence holds the answer: a calibrated probability, by logistic models over features of search and wording.

Two models may each say no; the lower probability counts. "subject": is the evidence about what is asked? It is fitted to questions
whose own document was hidden. "mismatch": does the best matching sentence differ from the question in a name, a number or an
opposite? It is fitted to questions that were written to look answerable.

Where there is a trained reader (retrieval.judging), a third model, "reading", adds the log odds that it gives the best passage to
those of the other two; a calibration may weigh those of the best sentence too. That tells more than either (docs/quality.md).

The calibration (`chat/judge/calibration/`) has both for each script (`latin`, `han`, `cross`: the question in another than its
best passage's; no "mismatch" where no set teaches it), and is kept per encoder.
Source of the shape: Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chat.judge.calibration import Calibration, LogisticModel, shipped_calibration
from chat.judge.candidates import Candidate, rarities, weighed_share
from chat.judge.evidence_reading import Readings
from chat.judge.mismatch import read_mismatch
from chat.judge.rarity import term_weights, weight_share
from chat.types import Evidence
from language.answer_types import AnswerType, answer_type, holds_answer
from language.features import quantities_of, terms_of
from language.names import names_and_codes
from language.polarity import find_contradiction
from language.quantities import normalize
from language.ranges import fits_a_range, is_in_a_range
from language.scripts.script import is_chinese
from retrieval.types import SearchResult

SUBJECT = "subject"  # the model of whether the evidence is about what is asked
READING = "reading"  # the model that adds what the trained reader finds to what the others say
OTHERS = "others"  # its feature: the log odds of the lowest of the others
DEFAULT_THRESHOLD = 0.5  # cross-validated: 93 % of the unanswerable refused, 13 % of the answerable (handbook and policy-zh)
_TOP = 5  # best sentences that are looked at closely
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
_MIXED = 3  # such words of a Chinese question that say what it is about
_SPECIFIC = (
    AnswerType.PERSON,
    AnswerType.DATE,
    AnswerType.AMOUNT,
    AnswerType.PERCENT,
    AnswerType.NUMBER,
    AnswerType.DURATION,
    AnswerType.PLACE,
)


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """The probability that the evidence holds the answer, in [0, 1], and the features behind it."""

    probability: float
    parts: dict[str, float] = field(default_factory=dict)  # what each model says; the lowest is the probability
    features: dict[str, float] = field(default_factory=dict)


def assess(
    question: str,
    evidence: Sequence[Evidence],
    result: SearchResult,
    *,
    candidates: Sequence[Candidate],
    readings: Readings | None = None,
    calibration: Calibration | None = None,
) -> Sufficiency:
    """Return the probability that `evidence` holds the answer to a question that stands alone.

    Args:
        evidence: best passage first.
        result: the search that found it.
        candidates: what `rank_sentences` gave for the same question and evidence.
        readings: what `rank_sentences` was given.
        calibration: of the encoder that searched; None: of the bundled one.
    """
    if not evidence:
        return Sufficiency(0.0)
    features = read_features(question, evidence, result, candidates, readings)
    models = models_for(question, best_text(evidence, candidates), calibration or shipped_calibration())
    probability, parts = combine(models, features)
    return Sufficiency(probability, parts, features)


def combine(models: Mapping[str, LogisticModel], features: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Return the probability by all models of a script, and what each says; without a reading the reading's model is left out."""
    parts = {name: model.probability(features) for name, model in models.items() if name != READING}
    lowest = min(parts.values())
    if READING not in models or "read_best" not in features:
        return lowest, parts
    parts[READING] = models[READING].probability({**features, OTHERS: log_odds(lowest)})
    return parts[READING], parts


def models_for(question: str, passage: str, calibration: Calibration) -> Mapping[str, LogisticModel]:
    """Return the models for this question's script, or for a passage in the other one where the calibration has such."""
    script = script_of(question, passage)
    return calibration.models.get(script) or calibration.models["han" if is_chinese(question) else "latin"]


def best_text(evidence: Sequence[Evidence], candidates: Sequence[Candidate]) -> str:
    """Return the text of the passage whose sentence is first; of the first passage, where there is no sentence."""
    return candidates[0].evidence.text if candidates else evidence[0].text


def script_of(question: str, passage: str) -> str:
    """Return "latin" or "han", the question's; "cross" where the passage is in the other one: words say nothing there.

    A question in both ("cooling tower 多久检查一次") is of the passage's script, where most of its words are.
    """
    asked = is_chinese(question)
    if asked != is_chinese(passage):
        return "latin" if asked and len(_LATIN_WORD.findall(question)) >= _MIXED else "cross"
    return "han" if asked else "latin"


def read_features(
    question: str,
    evidence: Sequence[Evidence],
    result: SearchResult,
    ranked: Sequence[Candidate],
    readings: Readings | None = None,
) -> dict[str, float]:
    """Return the features by name; all are finite, most in [0, 1]."""
    asked = normalize(question)
    best = list(ranked[:_TOP])
    passages = [_full_text(piece) for piece in evidence]
    rarity = rarities(asked, [candidate.sentence.text for candidate in ranked])
    found = [terms_of(text) for text in passages]
    shares = [weighed_share(rarity, held) for held in found]
    windows = [_around(candidate) for candidate in best]
    window_shares = [weighed_share(rarity, terms_of(text)) for text in windows]
    found_anywhere = set().union(*found)
    heaviest = sorted(rarity, key=lambda term: (-rarity[term], term))[:4]
    weights = term_weights(asked)
    rare_windows = [weight_share(weights, text) for text in windows]
    rare_passages = [weight_share(weights, text) for text in passages]
    kind = answer_type(asked)
    meanings = sorted((candidate.meaning for candidate in ranked if candidate.meaning is not None), reverse=True)
    fitting = [candidate for candidate, text in zip(best, windows, strict=True) if holds_answer(kind, text, asked)]
    return {
        "meaning_best": meanings[0] if meanings else 0.0,
        "meaning_margin": meanings[0] - meanings[min(3, len(meanings) - 1)] if meanings else 0.0,
        "weakest_best": best[0].closeness.weakest if best and best[0].closeness else 0.0,
        "unmet_best": best[0].closeness.unmet if best and best[0].closeness else 0.0,
        "meaning_first": best[0].closeness.mean if best and best[0].closeness else 0.0,
        "words_share_sentence": max((candidate.coverage for candidate in best), default=0.0),
        "words_share_window": max(window_shares, default=0.0),
        "words_share_passage": max(shares, default=0.0),
        "words_share_first": shares[0],
        "words_missing": sum(rarity[term] for term in rarity if term not in found_anywhere) / (sum(rarity.values()) or 1.0),
        "rare_missing_window": sum(term not in terms_of(windows[0]) for term in heaviest) / max(1, len(heaviest))
        if windows
        else 1.0,
        "rare_share_window": max(rare_windows, default=0.0),
        "rare_share_first": rare_windows[0] if rare_windows else 0.0,
        "rare_share_passage": max(rare_passages),
        "fits_range": {None: 0.0, True: 1.0, False: -1.0}[fits_a_range(asked, best[0].sentence.text) if best else None],
        "names_missing_window": _missing_share(asked, windows[:2]),
        "names_missing": _missing_share(asked, passages),
        "numbers_missing": _missing_numbers(asked, "\n".join(passages)),
        "type_known": float(kind in _SPECIFIC),
        "type_fits_best": float(bool(windows) and holds_answer(kind, windows[0], asked)),
        "type_fits_meaning": max((candidate.meaning or 0.0 for candidate in fitting), default=0.0),
        "type_fits_share": max((candidate.coverage for candidate in fitting), default=0.0),
        "contradicts": float(bool(best) and bool(find_contradiction(asked, windows[0]))),
        "is_negated": float(bool(re.search(r"\bnot?\b|n't\b|\bnever\b|\bwithout\b|不|没|未", asked))),
        "length": math.log(1 + len(rarity)),
        **_search_features(result),
        **_reading_features(ranked, readings or {}),
        **read_mismatch(question, best),
    }


def _reading_features(ranked: Sequence[Candidate], readings: Readings) -> dict[str, float]:
    """Return what the reader finds; nothing without one, where each counts as its mean."""
    if not readings:
        return {}
    odds = sorted((log_odds(reading.answerable) for reading in readings.values()), reverse=True)
    return {
        "read_best": odds[0],
        "read_second": odds[1] if len(odds) > 1 else log_odds(0.0),
        "read_sentence": log_odds(max((candidate.answer_share or 0.0 for candidate in ranked), default=0.0)),
    }


def log_odds(probability: float) -> float:
    """Return the log odds, between -7 and 7."""
    held = min(max(probability, 0.001), 0.999)
    return math.log(held / (1 - held))


def _search_features(result: SearchResult) -> dict[str, float]:
    hits = result.hits[:10]
    if not hits:
        return {"rerank_best": 0.0, "dense_best": 0.0, "legs_agree": 0.0, "keyword_margin": 0.0}
    keyword = sorted((hit.keyword_score for hit in hits if hit.keyword_score is not None), reverse=True)
    both = sum(hit.keyword_rank is not None and hit.dense_rank is not None and hit.dense_rank <= 20 for hit in hits[:5])
    return {
        "rerank_best": max((hit.rerank_score for hit in hits if hit.rerank_score is not None), default=0.0),
        "dense_best": max((hit.dense_score for hit in hits if hit.dense_score is not None), default=0.0),
        "legs_agree": both / min(5, len(hits)),
        "keyword_margin": (keyword[0] - keyword[min(4, len(keyword) - 1)]) / keyword[0] if keyword and keyword[0] > 0 else 0.0,
    }


def _around(candidate: Candidate) -> str:
    """Return a sentence with its neighbours, title, headings and lead-in."""
    sentences = candidate.passage.sentences[max(0, candidate.position - 1) : candidate.position + 2]
    return "\n".join([candidate.passage.context, candidate.sentence.lead, *(sentence.text for sentence in sentences)])


def _full_text(piece: Evidence) -> str:
    return normalize("\n".join([piece.place.title, *piece.heading_path, piece.prefix, piece.text]))


def _missing_share(question: str, texts: Sequence[str]) -> float:
    """Return the share of the question's names and codes that none of the texts holds, in [0, 1]."""
    names = names_and_codes(question)
    whole = "\n".join(texts).casefold()
    return sum(name.casefold() not in whole for name in names) / len(names) if names else 0.0


def _missing_numbers(question: str, text: str) -> float:
    asked = [quantity for quantity in quantities_of(question) if quantity.is_required]
    if not asked:
        return 0.0
    found = quantities_of(text)
    years = {other.date[0] for other in found if other.date}
    missing = [
        quantity
        for quantity in asked
        if not any(quantity.value == other.value and quantity.date == other.date for other in found)
        and quantity.value not in years
        and not is_in_a_range(quantity, text, of=question)
    ]
    return len(missing) / len(asked)

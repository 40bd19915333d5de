"""Does the evidence hold the answer? A calibrated probability, by logistic models over what retrieval and the words show.

Two models may each say no, and the lower probability counts. "subject": does the evidence speak of what is asked? It is fitted to
questions whose own document was hidden. "mismatch": does the sentence that meets the question part from it in a name, a number, an
opposite? It is fitted to questions that were written to look answerable. The calibration (`chat/calibration/`) has both for each
script that the encoder can or cannot read (`latin`, `han`; no "mismatch" where no set teaches it), and is kept per encoder.
Source of the shape: Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.answer_types import AnswerType, answer_type, holds_answer
from chat.calibration import Calibration, shipped_calibration
from chat.candidates import Candidate, is_chinese, rarities, weighed_share
from chat.mismatch import read_mismatch
from chat.rarity import telling_share, telling_weights
from chat.reading import quantities_of, terms_of
from chat.types import Evidence
from chat.verify.names import names_and_codes
from chat.verify.polarity import find_contradiction
from chat.verify.quantities import normalize
from chat.verify.ranges import fits_a_range
from retrieval.types import SearchResult

DEFAULT_THRESHOLD = 0.5  # cross-validated: 93 % of the unanswerable refused, 13 % of the answerable (handbook and policy-zh)
_TOP = 5  # best sentences that are looked at closely
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
    """How likely the evidence holds the answer, in [0, 1], and what that rests on."""

    probability: float
    parts: dict[str, float] = field(default_factory=dict)  # what each model says; the lowest is the probability
    features: dict[str, float] = field(default_factory=dict)


def assess(
    question: str,
    evidence: Sequence[Evidence],
    result: SearchResult,
    *,
    candidates: Sequence[Candidate],
    calibration: Calibration | None = None,
) -> Sufficiency:
    """Return the probability that `evidence` holds the answer to a question that stands alone.

    Args:
        evidence: best passage first.
        result: the search that found it.
        candidates: what `rank_sentences` gave for the same question and evidence.
        calibration: of the encoder that searched; None: of the bundled one.
    """
    if not evidence:
        return Sufficiency(0.0)
    features = read_features(question, evidence, result, candidates)
    models = (calibration or shipped_calibration()).models["han" if is_chinese(question) else "latin"]
    parts = {name: model.probability(features) for name, model in models.items()}
    return Sufficiency(min(parts.values()), parts, features)


def read_features(
    question: str, evidence: Sequence[Evidence], result: SearchResult, ranked: Sequence[Candidate]
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
    weights = telling_weights(asked)
    rare_windows = [telling_share(weights, text) for text in windows]
    rare_passages = [telling_share(weights, text) for text in passages]
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
        **read_mismatch(question, best),
    }


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
    """Return a sentence with its neighbours and what stands above it."""
    sentences = candidate.passage.sentences[max(0, candidate.position - 1) : candidate.position + 2]
    return "\n".join([candidate.passage.context, candidate.sentence.lead, *(sentence.text for sentence in sentences)])


def _full_text(piece: Evidence) -> str:
    return normalize("\n".join([piece.title, *piece.heading_path, piece.prefix, piece.text]))


def _missing_share(question: str, texts: Sequence[str]) -> float:
    """Return the share of the question's names and codes that stand in none of the texts, in [0, 1]."""
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
        if not any(quantity.value == other.value and quantity.date == other.date for other in found) and quantity.value not in years
    ]
    return len(missing) / len(asked)

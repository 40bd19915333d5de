"""Features of a mismatch between a question and the sentence that matches it best: names, numbers, opposites, unmatched words.

They expose a question that only looks answerable: "Who ruled after Braddock fled?", where he died.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from chat.judge.candidates import Candidate, rarities, weighed_share
from language.answer_types import answer_type, holds_answer
from language.features import quantities_of, terms_of
from language.lexicon import word_set
from language.names import names_and_codes
from language.polarity import count_negations, find_contradiction
from language.quantities import normalize
from language.ranges import is_in_a_range
from retrieval.types import Closeness

_OPPOSING = ("un", "in", "im", "ir", "il", "dis", "non", "mis", "de", "anti", "under", "over")  # beginnings that turn a word round
_LEAST_STEM = 4  # letters of the word that is turned
_NEAR = 3  # words apart, at most, that still stand together
_COUNTED = 0.55  # late interaction below which a word meets nothing
# What a question asks with, not about.
_ASKING = word_set("what who whom whose when where which why how many much type kind name year term")
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w'-]+")


def read_mismatch(question: str, best: Sequence[Candidate]) -> dict[str, float]:
    """Return the features by name, for the one of the `best` sentences that holds most of the question; all 0 where there is none.

    Args:
        question: as it was asked.
        best: of `chat.judge.candidates.rank_sentences`.
    """
    asked = normalize(question)
    rarity = rarities(asked, [candidate.sentence.text for candidate in best])
    rows = [_features(question, asked, candidate, rarity) for candidate in best]
    return max(rows, key=lambda row: row["own_share"] + row["own_mean"], default=dict.fromkeys(_NAMES, 0.0))


def _features(question: str, asked: str, candidate: Candidate, rarity: dict[str, float]) -> dict[str, float]:
    text, lead = candidate.sentence.text, candidate.sentence.lead
    order = terms_of(asked)
    wanted = set(order)
    here = set(terms_of(f"{text} {lead}"))
    missing = [term for term in wanted if term not in here]
    folded = text.casefold()
    around = f"{text}\n{candidate.passage.context}\n{lead}".casefold()
    names = names_and_codes(asked)
    negations = count_negations(asked), count_negations(text)
    return {
        "own_share": weighed_share(rarity, list(here)),
        "own_missing": float(len(missing)),
        "own_rarest_missing": max((rarity[term] for term in missing), default=0.0) / max(rarity.values(), default=1.0),
        "own_names_missing": float(sum(name.casefold() not in folded for name in names)),
        "own_names_missing_around": float(sum(name.casefold() not in around for name in names)),
        "own_numbers_missing": float(_count_missing_numbers(asked, text)),
        "own_opposites": float(_count_opposites(wanted, here)),
        "own_contradicts": float(bool(find_contradiction(asked, text))),
        "own_negation_differs": float((negations[0] > 0) != (negations[1] > 0)),
        "own_negation_lost": float(negations[0] > 0 and negations[1] == 0),
        "own_type_fits": float(holds_answer(answer_type(asked), text, asked)),
        **_places(order, terms_of(text)),
        **_meanings(question, candidate.closeness, here),
    }


def _places(order: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Return how far words that are adjacent in the question are so in the sentence, and in the same order."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(found):
        places.setdefault(term, []).append(place)
    pairs = [(left, right) for left, right in pairwise(order) if left != right]
    near = sum(
        any(abs(first - second) <= _NEAR for first in places.get(left, ()) for second in places.get(right, ()))
        for left, right in pairs
    )
    met = [places[term][0] for term in order if term in places]
    steps = [later > earlier for earlier, later in pairwise(met)]
    return {"own_together": near / max(1, len(pairs)), "own_in_order": sum(steps) / max(1, len(steps))}


def _meanings(question: str, closeness: Closeness | None, here: set[str]) -> dict[str, float]:
    """Return how close late interaction gets to the question's words: to all, to those missing in the sentence, to names."""
    if closeness is None or not closeness.words:  # nothing is known word by word: nothing parts
        mean, weakest = (closeness.mean, closeness.weakest) if closeness else (0.0, 0.0)
        return dict.fromkeys(_BY_WORD, 1.0) | {"own_mean": mean, "own_weakest": weakest, "own_unmet": 0.0}
    words = closeness.words
    content = [(word.casefold(), score) for word, score in words if word.casefold() not in _ASKING and terms_of(word)]
    scores = [score for _, score in content]
    unmet = [score for word, score in content if not set(terms_of(word)) & here]
    capitalised = {match.group(0).casefold() for match in _CAPITALISED.finditer(question)}
    named = [score for word, score in content if word in capitalised]
    return {
        "own_mean": sum(scores) / len(scores) if scores else 0.0,
        "own_weakest": min(scores, default=0.0),
        "own_unmet": sum(score < _COUNTED for score in scores) / max(1, len(scores)),
        "own_unmatched_mean": sum(unmet) / len(unmet) if unmet else 1.0,
        "own_unmatched_weakest": min(unmet, default=1.0),
        "own_name_weakest": min(named, default=1.0),
    }


def _count_opposites(wanted: set[str], here: set[str]) -> int:
    """Count the question's words of which the sentence has only the opposite ("dependent" for "independent")."""
    return sum(any(_is_turned(term, other) or _is_turned(other, term) for other in here) for term in wanted if term not in here)


def _is_turned(longer: str, shorter: str) -> bool:
    return len(shorter) >= _LEAST_STEM and any(longer == beginning + shorter for beginning in _OPPOSING)


def _count_missing_numbers(asked: str, text: str) -> int:
    found = quantities_of(text)
    years = {other.date[0] for other in found if other.date}
    return sum(
        quantity.is_required
        and quantity.value not in years
        and all(quantity.value != other.value for other in found)
        and not is_in_a_range(quantity, text, of=asked)
        for quantity in quantities_of(asked)
    )


_BY_WORD = ("own_unmatched_mean", "own_unmatched_weakest", "own_name_weakest")
_NAMES = (
    *("own_share", "own_missing", "own_rarest_missing", "own_names_missing", "own_names_missing_around", "own_numbers_missing"),
    *("own_opposites", "own_contradicts", "own_negation_differs", "own_negation_lost", "own_type_fits", "own_together"),
    *("own_in_order", "own_mean", "own_weakest", "own_unmet", "own_unmatched_mean", "own_unmatched_weakest", "own_name_weakest"),
)

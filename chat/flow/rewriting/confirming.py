"""Whether what was found confirms a guess of what a follow-up is about."""

from collections.abc import Sequence

from chat.judge.candidates import Candidate
from chat.judge.rarity import term_weights, weight_share
from language.features import terms_of
from language.quantities import normalize

_BEST = 3  # sentences that may confirm it
_NEAR_BEST = 0.85  # share of the best score from which one may
_LEAST_SHARE = 0.5  # of the question as it was asked, that the same sentence has to hold


def is_confirmed(guess: str, plain: str, candidates: Sequence[Candidate]) -> bool:
    """Tell whether a sentence, with its title and headings, is about what the guess added and about what was asked."""
    asked = normalize(plain)
    added = set(terms_of(normalize(guess))) - set(terms_of(asked))
    if not added:  # the question of a long story: it was only shortened
        return True
    weights = term_weights(asked)
    for candidate in candidates[:_BEST]:
        if candidate.score < _NEAR_BEST * candidates[0].score:
            break
        held = "\n".join((candidate.passage.context, candidate.sentence.lead, candidate.sentence.text))
        if added <= set(terms_of(held)) and (not weights or weight_share(weights, held) >= _LEAST_SHARE):
            return True
    return False

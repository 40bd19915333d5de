"""Chooses what is quoted together for a question: a list, what stands below a heading, an overview; or that sentences do."""

from collections.abc import Sequence

from chat.flow.writing.asks import asks_for_overview, asks_for_steps
from chat.flow.writing.blocks import Spot, Text, characters_of
from chat.flow.writing.rows import asks_for_several
from chat.judge.candidates import Candidate

_NEAR_BEST = 0.9  # share of the best score from which a sentence speaks for its block
_LOOKED_AT = 8  # best sentences that may speak for a block
_LONGEST_OVERVIEW = 900  # characters


def choose_block(question: str, candidates: Sequence[Candidate], ranked: Sequence[Candidate]) -> list[Spot]:
    """Return the sentences to quote together, in the order of their document; empty where single sentences answer better.

    Args:
        candidates: all sentences of the evidence, best first.
        ranked: those that can be quoted alone.
    """
    if not candidates:
        return []
    text = Text(dict.fromkeys(candidate.passage for candidate in candidates))
    best = candidates[0].score
    leading = [one for one in candidates[:_LOOKED_AT] if one.score >= _NEAR_BEST * best]
    if asks_for_overview(question):
        return _overview(text, candidates)
    wants_list = asks_for_several(question) or asks_for_steps(question)
    for candidate in leading if wants_list else leading[:1]:
        place = text.place_of(candidate.evidence.marker, candidate.position)
        listed = text.list_around(place)
        if listed and (wants_list or text.introduces(place)):
            return listed
        if text.introduces(place) or candidate.sentence.text.endswith(("?", "？")):
            below = text.below(place)
            if below and candidate.score >= (ranked[0].score if ranked else 0.0):
                return [text.spots[place], *below] if text.introduces(place) else below
    return []


def _overview(text: Text, candidates: Sequence[Candidate]) -> list[Spot]:
    """Return the beginning of the passage whose three best sentences score highest together."""
    scores: dict[int, list[float]] = {}
    for candidate in candidates:
        scores.setdefault(candidate.evidence.marker, []).append(candidate.score)
    marker = max(scores, key=lambda one: (sum(scores[one][:3]), -one))
    chosen: list[Spot] = []
    for spot in text.spots:
        if spot.passage.evidence.marker != marker:
            continue
        # What is left out parts a quotation: one that went on over it would be withheld as a whole.
        if chosen and (spot.sentence.follows_gap or characters_of([*chosen, spot]) > _LONGEST_OVERVIEW):
            break
        chosen.append(spot)
    return chosen

"""The answer without a language model: the evidence's best sentences, taken word for word from their places."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from chat.flow.writing.asks import thing_asked_of
from chat.flow.writing.blocks import Spot, Text, characters_of, layout_of
from chat.flow.writing.choosing import choose_block
from chat.flow.writing.rows import answering_rows, asks_for_several, rows_alike, table_of
from chat.judge.candidates import Candidate
from chat.judge.rarity import term_weights, weight_share
from chat.verify.quotations import Quotation, take
from chat.verify.windows import Passage
from language.analyzer import terms
from language.quantities import normalize
from language.scripts.script import is_chinese

NAME = "extractive"  # what stands in the place of a model's name
MAX_SENTENCES = 3
# A further sentence is shown where it is nearly as good as the best, or less good but with what the question asks besides.
# On squad2-a and cmrc-a the first two of three sentences hold the answer hardly more often than these: .86 and .88 against .90.
_NEAR_BEST, _ADDS_FROM = 0.9, 0.75  # shares of the best score
_ADDS = 0.15  # share of the question's weight that the sentences before do not hold
_READ_ELSEWHERE = 0.2  # probability that the answer stands in a sentence, from which it is quoted beside those of the other models
_POINTS_BACK = re.compile(
    r"^(?:it|its|he|she|they|this|these|that|those|such|his|her|their|here|in this case|for this reason|the former|the latter)\b"
    r"|^(?:它|他|她|其|该|此|这|上述|前款|本条)",
    re.IGNORECASE,
)
_SHORT_PARAGRAPH = 320  # characters; Chinese ones count twice
_BESIDE = 1  # sentences that are quoted after such a paragraph
_SIBLING = 0.5  # share of the words that a sentence has in common with the best, from which it says the same of another thing
_LEAST_TERMS = 3  # a shorter sentence is a heading or a label
_PAIR = re.compile(r"(?!\w+://)[^\W\d][^:：]{0,60}[:：]\s*(?P<value>[^\s:：][^:：]*)")  # a label and its value


def extract(question: str, candidates: Sequence[Candidate]) -> list[Quotation]:
    """Return what answers best: the rows that are asked for, a whole list, an overview, or a few sentences, best first.

    Args:
        candidates: best first, as `chat.judge.candidates.rank_sentences` gives them.
    Returns: sentences as they stand in the evidence (line breaks within one become spaces); empty where there is nothing to quote.
    """
    ranked = told_of_first(question, [candidate for candidate in candidates if _is_quotable(candidate, question)])
    rows = answering_rows(question, ranked)
    if not rows and (block := choose_block(question, candidates, ranked)):
        return quote_block(block)
    quoted = _quote_sentences(question, ranked, rows or rows_alike(ranked))
    return quoted if len(quoted) > MAX_SENTENCES else [*quoted, *_read_elsewhere(question, ranked, quoted)]


def _read_elsewhere(question: str, ranked: Sequence[Candidate], quoted: Sequence[Quotation]) -> list[Quotation]:
    """Quote beside these the sentence in which the trained reader sees the answer, where it sees less of it in all of these.

    In one passage with them, a sentence without a word of the question that they hold tells of another thing.
    """
    places = {(one.marker, one.start) for one in quoted}
    held = [one for one in ranked if (one.evidence.marker, one.sentence.start) in places]
    best = max(ranked, key=lambda one: one.answer_share or 0.0, default=None)
    share = (best.answer_share or 0.0) if best else 0.0
    if best is None or share < _READ_ELSEWHERE or share <= max((one.answer_share or 0.0 for one in held), default=0.0):
        return []
    if best.evidence.marker in {one.evidence.marker for one in held}:
        asked = set(terms(normalize(question)))
        if asked & set().union(*(terms(_told_in(one)) for one in held)) - set(terms(_told_in(best))):
            return []
    return [take(best.passage, best.position, prefix="\n\n")]


def _told_in(candidate: Candidate) -> str:
    return "\n".join((candidate.passage.context, candidate.sentence.lead, candidate.sentence.text))


def told_of_first(question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Rank first what begins with the thing that is asked about ("What is the approver?"), before what names it among others."""
    thing = thing_asked_of(question)
    if not thing or not ranked:
        return list(ranked)
    begins = re.compile(rf"(?:(?:the|an?)\s+)?{re.escape(thing)}\b" if not is_chinese(thing) else re.escape(thing), re.IGNORECASE)
    best = ranked[0]
    told = next((one for one in ranked if begins.match(one.sentence.text) and one.score >= _ADDS_FROM * best.score), None)
    if told is None or begins.match(best.sentence.text):
        return list(ranked)
    return [replace(told, score=best.score), *(one for one in ranked if one is not told)]


def quote_block(spots: Sequence[Spot]) -> list[Quotation]:
    """Quote sentences that stand together; those of one passage are cited as one."""
    quotations: list[Quotation] = []
    for passage, group in itertools.groupby(spots, key=lambda spot: spot.passage):
        places = [spot.position for spot in group]
        block = (places[0], places[-1])
        for position in places:
            prefix = layout_of(Spot(passage, position))
            quotations.append(take(passage, position, prefix=prefix, is_led=passage.sentences[position].is_row, block=block))
    return quotations


def _quote_sentences(question: str, ranked: Sequence[Candidate], rows: Sequence[Candidate]) -> list[Quotation]:
    """Quote the rows, then the sentences that are nearly as good as the best, or add what the question asks besides."""
    weights = term_weights(normalize(question))
    chosen: list[tuple[Passage, int]] = [(row.passage, row.position) for row in rows]
    held = "\n".join(f"{row.passage.context}\n{row.sentence.lead}\n{row.sentence.text}" for row in rows)
    table = table_of(rows[0]) if rows else None
    wants_all = asks_for_several(question)
    for candidate in ranked:
        if table is not None and table_of(candidate) == table:
            continue
        if len(chosen) >= MAX_SENTENCES or candidate.score < _ADDS_FROM * ranked[0].score:
            break
        place = (candidate.passage, candidate.position)
        if place in chosen or _repeats(candidate, chosen):
            continue
        now_held = "\n".join([held, candidate.passage.context, candidate.sentence.lead, candidate.sentence.text])
        adds = weight_share(weights, now_held) - weight_share(weights, held)
        is_sibling = wants_all and _is_sibling(candidate, ranked[0])
        if candidate.score < _NEAR_BEST * ranked[0].score and adds < _ADDS and not is_sibling:
            continue
        held = now_held
        needed = _antecedent(candidate)
        if needed is not None and len(chosen) < MAX_SENTENCES - 1 and (candidate.passage, needed) not in chosen:
            chosen.append((candidate.passage, needed))
        chosen.append(place)
    if not chosen or rows:
        return [take(passage, position, prefix="\n") for passage, position in chosen]
    return _quote_on(Text(dict.fromkeys(candidate.passage for candidate in ranked)), chosen)


def _quote_on(text: Text, chosen: Sequence[tuple[Passage, int]]) -> list[Quotation]:
    """Quote the first sentence with what follows it in its paragraph, while that is short: it often completes it."""
    passage, position = chosen[0]
    place = text.place_of(passage.evidence.marker, position)
    together = [text.spots[place]]
    for spot in text.paragraph_around(place):
        if text.place_of(*spot.key) > place and characters_of([*together, spot]) <= _SHORT_PARAGRAPH:
            together.append(spot)
    if len(together) < 2:
        return [take(passage, position, prefix="\n") for passage, position in chosen]
    held = {spot.key for spot in together}
    others = [(other, place) for other, place in chosen[1:] if (other.evidence.marker, place) not in held]
    return [*quote_block(together), *(take(other, place, prefix="\n") for other, place in others[:_BESIDE])]


def _is_quotable(candidate: Candidate, question: str) -> bool:
    """Tell whether a sentence can be quoted alone: not a heading, a question, a lead-in or the header of a table."""
    sentence = candidate.sentence
    text = sentence.text
    if text.endswith((":", "：", "?", "？")) or text.startswith("#"):
        return False
    if sentence.is_row and sentence.header == text:
        return False
    size = len(text) / 3 if is_chinese(text) else len(terms(text))
    has_figure = bool(re.search(r"\d", text))
    raw = candidate.evidence.text
    is_whole_line = (sentence.start == 0 or raw[sentence.start - 1] == "\n") and raw[sentence.end : sentence.end + 1] in ("", "\n")
    pair = _PAIR.fullmatch(text) if is_whole_line else None
    told = set(terms(pair["value"])) if pair else set()
    if pair and (not told or not told <= set(terms(question))):
        return True  # "Owner: Ines Duarte" says something, however short it is, to who does not ask about Ines Duarte
    return (size >= _LEAST_TERMS or has_figure) and not (
        is_whole_line and size < 2 * _LEAST_TERMS and not re.search(r"[.!。！;；|\d]", text)
    )


def _is_sibling(candidate: Candidate, best: Candidate) -> bool:
    """Tell whether a sentence says of another thing what the best one says: "The stock module has two roles: …"."""
    here, there = candidate.sentence.wording.terms, best.sentence.wording.terms
    share = len(here & there) / max(1, min(len(here), len(there)))
    return candidate.coverage >= best.coverage and share >= _SIBLING


def _antecedent(candidate: Candidate) -> int | None:
    """Return the position of the sentence before, where this one refers back to it."""
    if candidate.position == 0 or not _POINTS_BACK.match(candidate.sentence.text):
        return None
    before = candidate.passage.sentences[candidate.position - 1]
    return candidate.position - 1 if len(terms(before.text)) >= _LEAST_TERMS and not before.text.endswith((":", "：")) else None


def _repeats(candidate: Candidate, chosen: Sequence[tuple[Passage, int]]) -> bool:
    words = candidate.sentence.wording.terms
    figures = set(re.findall(r"\d+", candidate.sentence.text))
    for passage, position in chosen:
        other = passage.sentences[position]
        is_same = len(words & other.wording.terms) >= 0.85 * min(len(words), len(other.wording.terms))
        if is_same and figures <= set(re.findall(r"\d+", other.text)):
            return True
    return False

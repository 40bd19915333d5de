# ruff: noqa: E501 - a pattern is read in one line
"""What a newer mail of a thread says of the same matter: it stands before what an earlier one says, which is named as such."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chat.flow.shapes.sides.value import Side, Sides, SidesKind
from chat.judge.candidates import Candidate
from language.answer_types import answer_type, holds_answer
from language.features import quantities_of, terms_of
from language.quantities import normalize

_EARLIER = re.compile(
    r"^Earlier message(?: from [^\n]+|, [^\n]*\d[^\n]*)?$", re.MULTILINE
)  # ingest.parsers.mail.thread.Message.heading
_CHANGES = re.compile(
    r"\b(?:mov|postpon|reschedul|chang|cancel|correct|updat|revis|shift|replac|delay)\w*\b|\b(?:instead|no longer|brought forward|put off|called off|rather than|not any ?more)\b"
    r"|改|推迟|延期|提前|取消|更正|调整|不再",
    re.IGNORECASE,
)
_MONTHS = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|[年月日]", re.IGNORECASE
)
_RELATED = 2  # words that two messages on one matter have in common at least; one where the newer speaks of a change
_NEAR_BEST = 0.85  # share of the first sentence's score from which an earlier message would be quoted as well


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence and the mail that it stands in. `heading`: of an earlier mail, "" in the mail itself; `order`: newest first."""

    candidate: Candidate
    heading: str
    order: tuple[int, int]


def find_thread(asked: str, candidates: Sequence[Candidate], first: Candidate) -> Sides | None:
    """Return the newest message's sentence and then the earlier one's, where they say different things of one matter.

    Args:
        asked: the question, normalised.
        first: the sentence that is to be quoted first.
    """
    uid = first.evidence.place.document_uid
    told = [_told(one) for one in candidates if one.evidence.place.document_uid == uid and not one.sentence.is_row]
    if not any(one.heading for one in told):
        return None
    own = _told(first)
    newer = [one for one in told if one.order < own.order and _says_otherwise(one, own, asked)]
    if newer:
        return _sides(min(newer, key=lambda one: (one.order, -one.candidate.score)), own)
    earlier = [one for one in told if one.order > own.order and one.candidate.score >= _NEAR_BEST * first.score]
    older = next((one for one in earlier if _says_otherwise(own, one, asked)), None)
    return _sides(own, older) if older else None


def _sides(new: _Told, old: _Told) -> Sides:
    return Sides(
        kind=SidesKind.THREAD,
        sides=(
            Side(passage=new.candidate.passage, position=new.candidate.position, name=new.heading),
            Side(passage=old.candidate.passage, position=old.candidate.position, name=old.heading),
        ),
    )


def _told(candidate: Candidate) -> _Told:
    evidence = candidate.evidence
    above = list(_EARLIER.finditer(evidence.text, 0, candidate.sentence.start))
    if above:
        return _Told(candidate, above[-1].group(), (evidence.place.page_number, evidence.place.start + above[-1].start()))
    heading = next((one for one in reversed(evidence.heading_path) if _EARLIER.fullmatch(one)), "")
    return _Told(candidate, heading, (evidence.place.page_number, evidence.place.start) if heading else (0, 0))


def _says_otherwise(new: _Told, old: _Told, asked: str) -> bool:
    """Tell whether a newer message answers the question as well, of the same matter, and with something else."""
    here, there = new.candidate.sentence.text, old.candidate.sentence.text
    is_change, answers = bool(_CHANGES.search(here)), holds_answer(answer_type(asked), here, asked)
    if new.heading == old.heading or not (is_change or answers):
        return False
    if len(_words(here) & (_words(there) | _words(asked))) < (1 if is_change and answers else _RELATED):
        return False
    return is_change or bool(_figures(here) and _figures(there) and _figures(here) - _figures(there))


def _words(text: str) -> set[str]:
    return {term for term in terms_of(_MONTHS.sub(" ", normalize(text))) if not re.search(r"\d", term)}


def _figures(text: str) -> set[tuple[float, str]]:
    return {(one.value, one.unit) for one in quantities_of(text)}

"""Searches and judges each part of a question by itself, and quotes what answers it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat.flow.dependencies import AnswerDependencies
from chat.flow.judging import try_question
from chat.flow.shapes.parts.splitting import Part, take_apart
from chat.flow.steps import Found, Judged, Rewritten
from chat.flow.trace import AnswerTrace
from chat.flow.writing.extractive import extract
from chat.judge.candidates import Candidate
from chat.types import Evidence
from chat.verify.quotations import Quotation
from gateway.threads import run_in_thread
from language.features import terms_of
from language.quantities import normalize

_SENTENCES = 4  # of a part, unless what answers it is a list
_LIST = 5  # sentences from which it is one
_LONGEST = 400  # characters of a question that is taken apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A part with what answers it; nothing where its search found no answer."""

    part: Part
    quotations: tuple[Quotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """The parts of a question, and all that their searches found, numbered as one."""

    answered: tuple[Answered, ...]
    found: Found
    judged: Judged

    @property
    def is_whole(self) -> bool:
        return all(one.quotations for one in self.answered)


async def answer_apart(
    rewritten: Rewritten, found: Found, judged: Judged, *, dependencies: AnswerDependencies, trace: AnswerTrace
) -> Apart | None:
    """Return what the parts of a question are answered by; None where it is one question, or its parts do no better than the whole.

    Args:
        found, judged: of the whole question, whose search stays the first.
    Raises: SearchFailed, AccessEnded.
    """
    parts = take_apart(rewritten.text) if len(rewritten.text) <= _LONGEST else ()
    if not parts:
        return None
    evidence = list(found.evidence)
    answered: list[Answered] = []
    best = judged
    for part in parts:
        apart_by = _words_of(part.name) - set().union(*(_words_of(other.name) for other in parts if other is not part))
        quotations, own = await _answer(part, evidence, apart_by=apart_by, dependencies=dependencies, trace=trace)
        answered.append(Answered(part=part, quotations=quotations))
        if own is not None and own.is_sufficient and (not best.is_sufficient):
            best = own
    merged = replace(found, evidence=tuple(evidence))
    trace.keep(merged)
    trace.keep(judged)
    trace.keep(rewritten)
    best = replace(best, question=judged.question)
    apart = Apart(answered=_without_repeats(answered), found=merged, judged=best)
    # One side of a comparison says little, and that the other was not found proves nothing.
    is_partly = not any(part.name for part in parts) and any(one.quotations for one in apart.answered)
    if apart.is_whole or (is_partly and not judged.is_sufficient):
        trace.keep(best)
        return apart
    trace.keep(found)
    return None


async def _answer(
    part: Part, evidence: list[Evidence], *, apart_by: set[str], dependencies: AnswerDependencies, trace: AnswerTrace
) -> tuple[tuple[Quotation, ...], Judged | None]:
    """Search and judge a part; its evidence is added to what there is, with markers of its own.

    Args:
        apart_by: words that only this side of a comparison has: what is quoted for it stands where they do.
    """
    rewritten = Rewritten(text=part.question, by="rule")
    tried = await try_question(rewritten, dependencies=dependencies, trace=trace, number=lambda found: _number(found, evidence))
    judged = tried.judged
    quotations: tuple[Quotation, ...] = ()
    if judged is not None and judged.is_sufficient:
        quoted = await run_in_thread(extract)(judged.question, judged.candidates)
        of_side = _of_side(quoted, judged.candidates, apart_by) if part.name else quoted
        quotations = tuple(of_side if len(of_side) >= _LIST else of_side[:_SENTENCES])
    tried.note(trace, purpose="side" if part.name else "part", kept=bool(quotations))
    return quotations, judged


def _of_side(quoted: Sequence[Quotation], candidates: Sequence[Candidate], apart_by: set[str]) -> list[Quotation]:
    """Return the quotations that are about one side of a comparison, by words, titles and headings; none without such words."""
    about = {
        (one.evidence.marker, one.sentence.start): _words_of(
            "\n".join((one.passage.context, one.evidence.place.document, one.sentence.lead, one.sentence.text))
        )
        for one in candidates
    }
    return [one for one in quoted if apart_by and apart_by <= about.get((one.marker, one.start), set())]


def _words_of(text: str) -> set[str]:
    return set(terms_of(normalize(text)))


def _number(found: Sequence[Evidence], known: list[Evidence]) -> tuple[Evidence, ...]:
    """Return a part's evidence with markers that go on after those known, which it is added to; a passage keeps its marker."""
    numbered: list[Evidence] = []
    for piece in found:
        same = next((one for one in known if one.chunk_id == piece.chunk_id), None)
        if same is None:
            same = replace(piece, marker=max((one.marker for one in known), default=0) + 1)
            known.append(same)
        numbered.append(same)
    return tuple(numbered)


def _without_repeats(answered: Sequence[Answered]) -> tuple[Answered, ...]:
    """Leave out what an earlier part quotes; a part that nothing is left of is answered by the earlier one's."""
    seen: set[tuple[int, int]] = set()
    kept: list[Answered] = []
    for one in answered:
        own = tuple(quotation for quotation in one.quotations if (quotation.marker, quotation.start) not in seen)
        seen |= {(quotation.marker, quotation.start) for quotation in own}
        if own or not one.quotations:
            kept.append(replace(one, quotations=own))
    return tuple(kept)

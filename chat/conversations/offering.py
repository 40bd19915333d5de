"""Questions that may come next: each is searched and judged before it is offered, with its reader's rights of now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chat.flow.admission import get_admission_queue
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.finding import find
from chat.flow.judging import try_question
from chat.flow.steps import Rewritten
from chat.flow.trace import AnswerTrace
from chat.types import Evidence
from language.features import terms_of
from language.quantities import normalize
from language.scripts.answer_language import code_of

MOST_OFFERED = 3
_TRIED = 5  # candidates that are searched and judged, at most


async def offer_next(asked: Asked, answer: Mapping[str, Any], *, dependencies: AnswerDependencies) -> tuple[str, ...]:
    """Return questions near to one that was answered, each of which would be answered now.

    Raises: SearchFailed, AccessEnded.
    """
    trace = AnswerTrace(asked=asked)
    offered: list[str] = []
    async with get_admission_queue().admit():
        found = await find(Rewritten(text=asked.question), asked=asked, dependencies=dependencies, trace=trace)
        with translation.override(code_of(asked.question)):
            suggested = [
                text for one in found.search.passages for text in one.chunk.version.document.collection.suggested_questions
            ]
            candidates = list(_candidates(asked, found.evidence, _cited_sections(found.evidence, answer), suggested))
        for text in candidates[:_TRIED]:
            tried = await try_question(Rewritten(text=text), dependencies=dependencies, trace=trace)
            offered += [text] if tried.is_answered else []
            if len(offered) == MOST_OFFERED:
                break
    return tuple(offered)


def _cited_sections(evidence: Sequence[Evidence], answer: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the sections that the answer quotes, each as document and heading."""
    cited = {citation["chunk_id"] for citation in answer.get("citations", ())}
    return {_section(one) for one in evidence if str(one.chunk_id) in cited}


def _section(piece: Evidence) -> tuple[str, str]:
    return piece.place.document_uid, piece.heading_path[-1] if piece.heading_path else ""


def _candidates(asked: Asked, evidence: Sequence[Evidence], cited: set[tuple[str, str]], suggested: Iterable[str]) -> Iterable[str]:
    """Yield questions that are no repetition: those that people wrote for these collections and that share words with the evidence,
    then the sections that were found and not quoted."""
    told = {term for piece in evidence[:3] for term in terms_of(normalize(piece.in_context))}
    before = {_folded(text) for text in (asked.question, *(question for question, _answer in asked.history))}
    for text in dict.fromkeys(suggested):
        terms = set(terms_of(normalize(text)))
        is_near = bool(terms) and len(terms & told) >= len(terms) / 2 and code_of(text) == code_of(asked.question)
        if is_near and _folded(text) not in before:
            before.add(_folded(text))
            yield text
    for piece in evidence:
        section = _section(piece)
        heading = section[1]
        if not heading or heading == piece.place.title or section in cited:
            continue
        cited.add(section)
        text = _("What does “%(title)s” say about “%(heading)s”?") % {"title": piece.place.title, "heading": heading}
        if _folded(text) not in before:
            before.add(_folded(text))
            yield text


def _folded(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())

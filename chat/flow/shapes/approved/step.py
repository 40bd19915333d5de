"""Gives the answer that somebody approved for a question that means the same, before anything is searched.

It is verified anew each time, like any sentence, against its passages as they stand now: what does not hold any more, or rests
on what its reader may not read, is not given, and the question goes its ordinary way.
"""

from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Emit
from chat.flow.evidence import evidence_of
from chat.flow.rights import reader_of
from chat.flow.shapes.approved.port import Approved
from chat.flow.steps import Found, Rewritten, Scoped
from chat.flow.trace import AnswerTrace
from chat.flow.writing.draft import Draft
from chat.types import Evidence, Sentence, Verdict, VerdictKind
from chat.verify import Verifier
from gateway.threads import run_in_thread
from kb.index.search import PassageSearch, scope_for
from kb.models import Chunk
from retrieval.types import Hit, SearchResult


async def answer_as_approved(
    rewritten: Rewritten, scoped: Scoped, *, dependencies: AnswerDependencies, trace: AnswerTrace, emit: Emit
) -> bool:
    """Returns: False where there is no such answer for this reader, or it does not hold any more. Raises: AccessEnded."""
    if rewritten.plain:  # a guess that what is found has to confirm
        return False
    with trace.timed("approved"):
        prepared = await run_in_thread(_prepare)(rewritten.text, scoped, dependencies, trace)
    if prepared is None:
        return False
    approved, found, sentences = prepared
    trace.keep(found)
    trace.keep(approved)
    draft = Draft(trace=trace, emit=emit)
    for raw, sentence, is_lead in sentences:
        draft.add(raw, sentence, is_label=is_lead)
    return True


Prepared = tuple[Approved, Found, list[tuple[str, Sentence, bool]]]


def _prepare(question: str, scoped: Scoped, dependencies: AnswerDependencies, trace: AnswerTrace) -> Prepared | None:
    reader = reader_of(trace.asked.credential)
    approved = dependencies.find_approved(question, user=reader, collections=scoped.collections)
    if approved is None:
        return None
    rows = Chunk.objects.visible_to(reader).select_related("version__document", "page").defer("page__boxes")
    chunks = rows.in_bulk(approved.chunk_ids)
    if len(chunks) < len(set(approved.chunk_ids)):
        return None
    if scoped.documents is not None and not {chunk.version.document_id for chunk in chunks.values()} <= scoped.documents:
        return None  # the asker narrows the question to other documents
    evidence = tuple(
        evidence_of(marker, chunks[pk], Hit(chunk_id=pk, score=1.0, rank=marker)) for marker, pk in enumerate(approved.chunk_ids, 1)
    )
    sentences = _verify(approved, evidence, dependencies)
    if sentences is None:
        return None
    scope = scope_for(reader, collection=trace.asked.collection, within=trace.asked.within)
    search = PassageSearch(passages=(), result=SearchResult(hits=(), index_generation=0), scope=scope)
    return approved, Found(search=search, config=dependencies.search_config, evidence=evidence), sentences


def _verify(
    approved: Approved, evidence: tuple[Evidence, ...], dependencies: AnswerDependencies
) -> list[tuple[str, Sentence, bool]] | None:
    """Return the sentences with their verdicts, all of them; None where one does not hold."""
    verifier = Verifier(evidence, score_texts=dependencies.score_texts, second_judge=dependencies.second_judge)
    lead = Verdict(kind=VerdictKind.SUPPORTED, score=1.0)
    found = []
    for one in approved.sentences:
        raw = f"{one.text}{''.join(f' [{marker}]' for marker in one.markers)}"
        sentence = verifier.verify(raw) if one.markers else Sentence(text=one.text, verdict=lead)
        if sentence.verdict.kind == VerdictKind.WITHHELD:
            return None
        found.append((raw, Sentence(text=sentence.text, verdict=sentence.verdict, prefix=one.prefix), not one.markers))
    return found

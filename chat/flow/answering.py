"""From a question to its answer: rewrite, find, judge, write. `chat.flow.question` calls this, and ends the question."""

import time
from collections.abc import Callable
from functools import cache

from chat.errors import IndexIncomplete, SearchFailed
from chat.flow.admission import get_admission_queue
from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Emit, Progress, Status
from chat.flow.finding import find
from chat.flow.judging import judge
from chat.flow.refusing.guarding import guard_answer, guard_question, hold, without_shut
from chat.flow.refusing.instead import Offer, offer_instead
from chat.flow.refusing.refusals import refuse
from chat.flow.rewriting.settling import settle
from chat.flow.rewriting.step import respell, rewrite
from chat.flow.rights import reader_of, scope_of
from chat.flow.shapes.approved.step import answer_as_approved
from chat.flow.shapes.clauses.step import answer_from_clauses
from chat.flow.shapes.documents.step import answer_from_documents
from chat.flow.shapes.parts.step import answer_apart
from chat.flow.steps import Judged, Written
from chat.flow.talk.step import answer_talk
from chat.flow.trace import AnswerTrace
from chat.flow.writing.step import write
from chat.flow.writing.task import WritingTask
from chat.library.step import answer_from_library
from chat.tables.step import compute, compute_by_model, read_found
from chat.types import Answer
from gateway.threads import run_in_thread
from retrieval.errors import RetrievalError

_OFFERED = ("insufficient_evidence", "model_declined")  # refusals that look for what would be answered instead


async def write_answer(trace: AnswerTrace, *, compose: Callable[[], AnswerDependencies], emit: Emit) -> Answer:
    """Return an answer or a refusal that nothing records yet; what was done for it is in the trace.

    Args:
        compose: returns the dependencies; called on a thread, since it may load the encoder.
        emit: called with each step and each sentence that passed.
    Raises: ChatError.
    """
    asked = trace.asked
    if (talk := await run_in_thread(answer_talk)(asked)) is not None:
        return talk
    compose = cache(compose)  # a guard may need the encoder, too
    if (refused := await guard_question(trace, compose=compose)) is not None:
        return refused
    answer = await _answer(trace, compose=compose, emit=hold(emit, trace))
    return await guard_answer(answer, trace=trace, compose=compose)


async def _answer(trace: AnswerTrace, *, compose: Callable[[], AnswerDependencies], emit: Emit) -> Answer:
    asked = trace.asked
    if (told := await answer_from_library(trace)) is not None:
        emit(Progress(answer=told))
        return told
    dependencies = await run_in_thread(compose)()
    with trace.timed("scope"):
        scoped = trace.keep(without_shut(await run_in_thread(scope_of)(asked), trace))
    emit(Status(step="searching", count=len(scoped.collections)))
    rewritten = await rewrite(asked, dependencies=dependencies, trace=trace)
    if await answer_as_approved(rewritten, scoped, dependencies=dependencies, trace=trace, emit=emit):
        return trace.answer()
    waiting_since = time.perf_counter()
    async with get_admission_queue().admit():
        trace.mark("queue", since=waiting_since)
        rewritten, tried = await settle(rewritten, dependencies=dependencies, trace=trace)
        found = tried.found if tried else await find(rewritten, asked=asked, dependencies=dependencies, trace=trace)
        respelled = await respell(rewritten, found, trace=trace)
        if respelled != rewritten:
            rewritten = trace.keep(respelled)
            found = await find(rewritten, asked=asked, dependencies=dependencies, trace=trace)
        if not found.evidence:
            return await _refuse(trace, "nothing_found", dependencies=dependencies)
        searched = found.search.result.searched or 0
        emit(Status(step="reading", count=len(found.evidence), passages=searched, collections=len(scoped.collections)))
        if await answer_from_clauses(rewritten, found, dependencies=dependencies, trace=trace, emit=emit):
            return trace.answer()
        if await answer_from_documents(rewritten, found, dependencies=dependencies, trace=trace, emit=emit):
            return trace.answer()
        tables = await read_found(found, trace=trace)
        if await compute(rewritten, found, tables, trace=trace, emit=emit):
            return trace.answer()
        if tried and tried.judged and found is tried.found:
            judged = trace.keep(tried.judged)
        else:
            judged = await judge(rewritten, found, dependencies=dependencies, trace=trace)
        apart = await answer_apart(rewritten, found, judged, dependencies=dependencies, trace=trace)
        if apart is not None:
            found, judged = apart.found, apart.judged
    if await compute_by_model(rewritten, found, tables, dependencies=dependencies, trace=trace, emit=emit):
        return trace.answer()
    if not judged.is_on_subject:
        return await _refuse(trace, "insufficient_evidence", dependencies=dependencies)
    task = WritingTask(
        asked=asked, scoped=scoped, rewritten=rewritten, found=found, judged=judged, dependencies=dependencies, apart=apart
    )
    written = await write(task, trace=trace, emit=emit)
    if written.shown:
        return trace.answer()
    return await _refuse(trace, _reason_of(judged, written), dependencies=dependencies)


def _reason_of(judged: Judged, written: Written) -> str:
    if written.is_declined:
        return "model_declined"
    return "nothing_supported" if judged.is_sufficient else "insufficient_evidence"


async def _refuse(trace: AnswerTrace, reason: str, *, dependencies: AnswerDependencies) -> Answer:
    """Refuse, unless passages are missing in the index: then it is unknown whether the documents hold the answer.

    Raises: IndexIncomplete.
    """
    try:
        shortage = await run_in_thread(lambda: dependencies.find_shortage(user=reader_of(trace.asked.credential)))()
    except RetrievalError as error:
        raise SearchFailed(str(error)) from error
    if shortage is not None:
        raise IndexIncomplete(shortage)
    offer = await offer_instead(trace, dependencies=dependencies) if reason in _OFFERED else Offer()
    return refuse(trace, reason, offer)

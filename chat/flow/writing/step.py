"""The last step of an answer: a served model writes, or the evidence is quoted; each sentence is verified before it is shown."""

from dataclasses import replace

from django.utils import timezone, translation

from chat.flow.events import Emit, Status
from chat.flow.sides.step import beside
from chat.flow.sides.telling import question_back
from chat.flow.steps import Written
from chat.flow.trace import AnswerTrace
from chat.flow.writing.draft import Draft
from chat.flow.writing.extractive import NAME as EXTRACTIVE
from chat.flow.writing.extractive import extract
from chat.flow.writing.generating import generate, reuse_written
from chat.flow.writing.task import WritingTask
from chat.types import VerdictKind
from chat.verify import Verifier
from gateway.errors import ModelError
from gateway.ports import Choice
from gateway.threads import run_in_thread
from language.answer_language import code_of


async def write(task: WritingTask, *, trace: AnswerTrace, emit: Emit) -> Written:
    """Let a served model write, the next one where it fails; where there is none, or all fail, quote the evidence."""
    draft = Draft(trace=trace, emit=emit)
    emit(Status(step="writing"))
    with trace.timed("route"):
        request = await run_in_thread(task.asked.model_request)(task.rewritten.text, passages=task.found.search.passages)
        routed = await task.dependencies.gateway.route(request)
    draft.change(route=dict(routed.route))
    for choice in routed.choices:
        if await _let_write(task, choice, draft=draft):
            return draft.written
    await _quote(task, draft=draft)
    return draft.written


async def _let_write(task: WritingTask, choice: Choice, *, draft: Draft) -> bool:
    """Let one model write. Returns: False where it failed. The receipt has the attempt either way."""
    try:
        if not await reuse_written(task, choice, draft=draft):
            await generate(task, choice, draft=draft)
        draft.change(fallback="")
        return True
    except ModelError as error:
        draft.start_over(fallback=error.code)
        draft.emit(Status(step="fallback"))
        return False
    finally:
        draft.change(attempts=(*draft.written.attempts, choice.report()))


async def _quote(task: WritingTask, *, draft: Draft) -> None:
    """Quote the evidence; where there is nothing to quote, a refusal follows. A quotation is verified by its place, never as a
    model's text is."""
    draft.change(model=EXTRACTIVE, base_url="", parameters={})
    verifier = await run_in_thread(Verifier)(task.found.evidence, score_texts=task.dependencies.score_texts)
    quoted = await run_in_thread(extract)(task.judged.question, task.judged.candidates)
    with translation.override(code_of(task.asked.question)):
        told, sides = await run_in_thread(beside)(quoted, judged=task.judged, today=timezone.localdate())
    for label, quotation in told:
        before = draft.written
        draft.change(raw_output=f"{before.raw_output}\n{quotation.marked}" if before.raw_output else quotation.marked)
        with draft.trace.timed("verify"):
            sentence = await run_in_thread(verifier.verify_quotation)(quotation)
        if label and sentence.verdict.kind != VerdictKind.WITHHELD:
            draft.add("", replace(sentence, text=label, prefix="\n\n" if before.shown else ""), is_label=True)
            sentence = replace(sentence, prefix="\n")
        if not before.shown and not label:
            sentence = replace(sentence, prefix=sentence.prefix.lstrip("\n"))
        draft.add(quotation.marked, sentence, is_quoted=True)
    if sides is not None:
        draft.trace.keep(sides)
        with translation.override(code_of(task.asked.question)):
            draft.trace.asked_back = question_back(sides, task.rewritten.text)

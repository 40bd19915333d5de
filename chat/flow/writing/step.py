"""The last step of an answer: a served model writes, or the evidence is quoted; each sentence is verified before it is shown."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat.flow.events import Emit, Status
from chat.flow.shapes.parts.step import Apart
from chat.flow.shapes.sides.step import beside
from chat.flow.shapes.sides.telling import question_back
from chat.flow.steps import Written
from chat.flow.trace import AnswerTrace
from chat.flow.writing.draft import Draft
from chat.flow.writing.extractive import NAME as EXTRACTIVE
from chat.flow.writing.extractive import extract
from chat.flow.writing.generating import generate, reuse_written
from chat.flow.writing.headings import with_headings
from chat.flow.writing.labelled import Labelled, add_labelled, add_remark
from chat.flow.writing.task import WritingTask
from chat.verify import Verifier
from gateway.errors import ModelError
from gateway.ports import Choice
from gateway.threads import run_in_thread
from language.scripts.answer_language import code_of


async def write(task: WritingTask, *, trace: AnswerTrace, emit: Emit) -> Written:
    """Let a served model write, the next one where it fails; where there is none, all fail, or nothing stands of what one wrote,
    quote the evidence. Evidence that only tells of the subject is not quoted: what a model finds in it is shown, or nothing."""
    draft = Draft(trace=trace, emit=emit)
    with trace.timed("route"):
        request = await run_in_thread(task.asked.model_request)(task.rewritten.text, passages=task.found.search.passages)
        routed = await task.dependencies.gateway.route(request)
    draft.change(route=dict(routed.route))
    if routed.choices or task.judged.is_sufficient:
        emit(Status(step="writing"))
    for choice in routed.choices:
        if await _let_write(task, choice, draft=draft):
            if draft.written.shown or draft.written.is_declined or not task.judged.is_sufficient:
                return draft.written
            draft.replace_by_quotations()
            emit(Status(step="fallback"))
            break
    if task.judged.is_sufficient:
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
    if task.apart is not None:
        await _quote_parts(task.apart, draft=draft, verifier=verifier)
        return
    quoted = await run_in_thread(extract)(task.judged.question, task.judged.candidates)
    with translation.override(code_of(task.asked.question)):
        told, sides = await run_in_thread(beside)(quoted, judged=task.judged, today=timezone.localdate())
        told = with_headings(told, question=task.rewritten.text, candidates=task.judged.candidates)
    await add_labelled(told, draft=draft, verifier=verifier)
    if sides is not None:
        draft.trace.keep(sides)
        with translation.override(code_of(task.asked.question)):
            draft.trace.ask_back(*question_back(sides, task.rewritten.text))


async def _quote_parts(apart: Apart, *, draft: Draft, verifier: Verifier) -> None:
    """Quote what answers each part, and say of which nothing was found."""
    language = code_of(draft.trace.asked.question)
    for one in apart.answered:
        name = one.part.name or one.part.question
        with translation.override(language):
            label = _("“%(name)s”:") % {"name": name} if one.part.name and len(apart.answered) > 1 else ""
            missing = _("The documents found do not answer “%(question)s”.") % {"question": name}
        if one.quotations:
            told = [(label if at == 0 else "", quotation) for at, quotation in enumerate(one.quotations)]
            await add_labelled(_parted(told) if draft.written.shown and not label else told, draft=draft, verifier=verifier)
        else:
            add_remark(missing, draft=draft)


def _parted(told: Sequence[Labelled]) -> list[Labelled]:
    """Return quotations whose first begins a paragraph."""
    (label, first), *others = told
    return [(label, replace(first, prefix=first.prefix if first.prefix.strip() else "\n\n")), *others]

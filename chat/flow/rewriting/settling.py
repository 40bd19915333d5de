"""Decides on a guess of what a follow-up is about: it is searched, and kept where what is found confirms it."""

from dataclasses import replace

from chat.flow.dependencies import AnswerDependencies
from chat.flow.judging import Tried, try_question
from chat.flow.rewriting.confirming import is_confirmed
from chat.flow.steps import Rewritten
from chat.flow.trace import AnswerTrace


async def settle(rewritten: Rewritten, *, dependencies: AnswerDependencies, trace: AnswerTrace) -> tuple[Rewritten, Tried | None]:
    """Return the question to search: as it was guessed, with what was found for it, or as it was asked. One that is no guess costs
    nothing.

    Raises: SearchFailed, AccessEnded.
    """
    if not rewritten.plain:
        return rewritten, None
    tried = await try_question(rewritten, dependencies=dependencies, trace=trace)
    candidates = tried.judged.candidates if tried.judged else ()
    kept = tried.is_answered and is_confirmed(rewritten.text, rewritten.plain, candidates)
    tried.note(trace, purpose="follow_up", kept=kept)
    trace.drop_judgement()
    if kept:
        return trace.keep(replace(rewritten, plain="")), tried
    is_as_asked = rewritten.plain.strip() == trace.asked.question.strip()
    return trace.keep(replace(rewritten, text=rewritten.plain, by="" if is_as_asked else rewritten.by, plain="")), None

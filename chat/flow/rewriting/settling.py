"""Decides on a guess of what a follow-up is about: it is searched, and kept where what is found confirms it."""

from dataclasses import replace

from chat.flow.dependencies import AnswerDependencies
from chat.flow.finding import find
from chat.flow.judging import judge
from chat.flow.rewriting.confirming import is_confirmed
from chat.flow.steps import Rewritten, Searched
from chat.flow.trace import AnswerTrace


async def settle(rewritten: Rewritten, *, dependencies: AnswerDependencies, trace: AnswerTrace) -> Rewritten:
    """Return the question to search: as it was guessed, or as it was asked. One that is no guess costs nothing.

    Raises: SearchFailed, AccessEnded.
    """
    if not rewritten.plain:
        return rewritten
    found = await find(rewritten, asked=trace.asked, dependencies=dependencies, trace=trace)
    judged = await judge(rewritten, found, dependencies=dependencies, trace=trace) if found.evidence else None
    kept = judged is not None and judged.is_sufficient and is_confirmed(rewritten.text, rewritten.plain, judged.candidates)
    trace.note(
        Searched(
            question=rewritten.text,
            purpose="follow_up",
            probability=judged.probability if judged else None,
            kept=kept,
            passages=tuple(one.chunk_id for one in found.evidence),
        )
    )
    trace.judged = None
    if kept:
        return trace.keep(replace(rewritten, plain=""))
    is_as_asked = rewritten.plain.strip() == trace.asked.question.strip()
    return trace.keep(replace(rewritten, text=rewritten.plain, by="" if is_as_asked else rewritten.by, plain=""))

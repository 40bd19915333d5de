"""The first step of an answer: rewrite a follow-up as a standalone question; and mistyped words, once passages are found."""

from dataclasses import replace

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.rewriting.by_model import rewrite_by_model, with_report
from chat.flow.rewriting.by_rule import read_follow_up
from chat.flow.rewriting.spelling import correct_spelling
from chat.flow.steps import Found, Rewritten
from chat.flow.talk.step import is_talk
from chat.flow.trace import AnswerTrace
from gateway.threads import run_in_thread


async def rewrite(asked: Asked, *, dependencies: AnswerDependencies, trace: AnswerTrace) -> Rewritten:
    """Return the question as it is searched. A rule recognises a follow-up; a model, where there is one, rewrites it."""
    with trace.timed("rewrite"):
        history = tuple(past for past in asked.history if not is_talk(past[0]))  # "thanks" is nothing to follow up
        read = await run_in_thread(read_follow_up)(asked.question, history)
        by_rule = read.text
        if by_rule == asked.question.strip():
            return trace.keep(Rewritten(text=by_rule))
        rewritten = trace.keep(Rewritten(text=by_rule, by="rule", plain=read.plain))
        if not history:  # courtesies were taken off
            return rewritten
        routed = await dependencies.gateway.route(await run_in_thread(asked.model_request)(by_rule))
        for choice in routed.choices[:1]:
            by_model = await rewrite_by_model(asked.question, history, by_rule=by_rule, choice=choice)
            rewritten = trace.keep(with_report(by_model, choice.report()))
        return rewritten


async def respell(rewritten: Rewritten, found: Found, *, trace: AnswerTrace) -> Rewritten:
    """Return the question with its typing mistakes corrected by the passages that were found; itself where it has none."""
    with trace.timed("rewrite"):
        passages = [piece.in_context for piece in found.evidence]
        text = await run_in_thread(correct_spelling)(rewritten.text, passages)
        return rewritten if text == rewritten.text else replace(rewritten, text=text, by=rewritten.by or "spelling")

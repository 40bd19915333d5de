"""The four steps of an answer, each called by itself: what it returns is frozen, and the trace has nothing else."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from chat.flow.ending.receipt import receipt_of
from chat.flow.finding import find
from chat.flow.judging import judge
from chat.flow.rewriting.step import rewrite
from chat.flow.rights import scope_of
from chat.flow.steps import Found, Judged, Rewritten, Written
from chat.flow.trace import AnswerTrace
from chat.flow.writing.step import write
from chat.flow.writing.task import WritingTask
from gateway.errors import ModelTimeout
from kb.models import Collection
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with


def test_each_step_returns_a_frozen_value_and_the_trace_keeps_it_for_the_receipt(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE)
    asked = asked_by(employee, history=(("Who approves leave?", "Your supervisor."),))
    dependencies, trace = dependencies_with(ScriptedModel(f"{SIX_HOURS} [1]")), AnswerTrace(asked=asked)

    async def go_through() -> tuple[Rewritten, Found, Judged, Written]:
        rewritten = await rewrite(asked, dependencies=dependencies, trace=trace)
        found = await find(rewritten, asked=asked, dependencies=dependencies, trace=trace)
        judged = await judge(rewritten, found, dependencies=dependencies, trace=trace)
        task = WritingTask(asked=asked, scoped=scoped, rewritten=rewritten, found=found, judged=judged, dependencies=dependencies)
        return rewritten, found, judged, await write(task, trace=trace, emit=lambda _event: None)

    scoped = trace.keep(scope_of(asked))
    rewritten, found, judged, written = values = async_to_sync(go_through)()
    assert rewritten == Rewritten(text=QUESTION)
    assert [one.place.document for one in found.evidence] == ["leave.md"]
    assert (judged.question, judged.is_sufficient) == (QUESTION, True)
    assert [sentence.text for sentence in written.shown] == [SIX_HOURS]
    assert (written.model, [citation.marker for citation in written.citations]) == ("scripted", [1])
    assert (trace.rewritten, trace.found, trace.judged, trace.written) == values
    for value in values:
        with pytest.raises(FrozenInstanceError):
            setattr(value, next(iter(value.__slots__)), None)
    receipt = receipt_of(trace, outcome="answered", answer=trace.answer())
    assert receipt["rewritten"] == QUESTION
    assert receipt["sufficiency"]["probability"] == judged.probability
    assert receipt["sentences"][0]["raw"] == f"{SIX_HOURS} [1]"


def test_a_step_that_fails_in_its_middle_leaves_what_it_knew(employee: User, collection: Collection) -> None:
    """The receipt of a failed question has the question in the evidence's words, and no probability that nobody computed."""
    add_document(collection, "leave.md", LEAVE)

    def fail(*_given: Any) -> list[Any]:
        raise RuntimeError("the encoder is broken")

    asked = asked_by(employee)
    dependencies, trace = dependencies_with(score_stretches=fail), AnswerTrace(asked=asked)
    rewritten = Rewritten(text=QUESTION)
    found = async_to_sync(find)(rewritten, asked=asked, dependencies=dependencies, trace=trace)
    with pytest.raises(RuntimeError):
        async_to_sync(judge)(rewritten, found, dependencies=dependencies, trace=trace)
    assert trace.judged == Judged(question=QUESTION)
    receipt = receipt_of(trace, outcome="failed", answer=trace.answer())
    assert (receipt["normalized_question"], receipt["sufficiency"]) == (QUESTION, {})
    assert [one["document"] for one in receipt["evidence"]] == ["leave.md"]


def test_what_a_failed_model_wrote_is_kept_beside_what_stands(employee: User, collection: Collection) -> None:
    """The quotation that stands in for it numbers its sources anew."""
    add_document(collection, "leave.md", LEAVE)

    def stop_at(position: int) -> None:
        if position == len(f"{SIX_HOURS} [1] Half".split()):
            raise ModelTimeout("too slow")

    asked = asked_by(employee)
    dependencies = dependencies_with(ScriptedModel(f"{SIX_HOURS} [1] Half a sentence", before=stop_at))
    trace, rewritten = AnswerTrace(asked=asked), Rewritten(text=QUESTION)

    async def go_through() -> Written:
        found = await find(rewritten, asked=asked, dependencies=dependencies, trace=trace)
        judged = await judge(rewritten, found, dependencies=dependencies, trace=trace)
        task = WritingTask(asked=asked, scoped=scope, rewritten=rewritten, found=found, judged=judged, dependencies=dependencies)
        return await write(task, trace=trace, emit=lambda _event: None)

    scope = scope_of(asked)
    written = async_to_sync(go_through)()
    assert (written.model, written.fallback) == ("extractive", ModelTimeout.code)
    assert written.failed_output == f"{SIX_HOURS} [1] Half"
    assert SIX_HOURS in [sentence.text for sentence in written.shown]
    assert [citation.marker for citation in written.citations] == list(range(1, len(written.citations) + 1))

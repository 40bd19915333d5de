"""The end of a question: its receipt and its turn are written in one transaction, before anything final is shown.

A question that began has one concluding event, `question.answered`, `.refused`, `.stopped` or `.failed`, whatever its caller does;
a golden one `golden.answered` and so on, so that nobody counts it among what people asked.
One function writes it in one thread, which is never cancelled. The event's number is the question's own, so the database refuses a
second one.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.chain.appending import Entry
from audit.errors import AuditError
from audit.models import Event
from audit.services import lock_chain, record_all
from chat.errors import AnswerInterrupted, AuditUnavailable, ChatError
from chat.flow.ending.receipt import receipt_of
from chat.flow.evidence import are_readable
from chat.flow.rights import check_evidence, reader_of
from chat.flow.trace import AnswerTrace
from chat.flow.writing.cache import store_written
from chat.measuring import measure
from chat.models import Turn
from chat.types import Answer
from metrics.tallies import add

logger = logging.getLogger(__name__)

_STATES = {"answered": Turn.State.ANSWERED, "refused": Turn.State.REFUSED, "stopped": Turn.State.STOPPED}
_STATES["chat"] = Turn.State.ANSWERED
_SUMMARY_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the work on a question ended."""

    kind: Literal["whole", "stopped", "failed"]  # stopped: by its owner, or because the reader left
    answer: Answer | None = None  # of "whole"
    error: BaseException | None = None  # of "failed"


def end_question(trace: AnswerTrace, ending: Ending) -> Answer:
    """Write the one concluding event and finish the turn, and return the answer with its receipt's number.

    Raises: ChatError or what the work raised: there is no answer, which is on record.
    """
    try:
        if ending.error is not None:
            raise ending.error
        answer = conclude(trace, ending.answer or trace.answer(), is_stopped=ending.kind == "stopped")
    except Exception as error:
        conclude_failed(trace, error.code if isinstance(error, ChatError) else ChatError.code)
        raise
    if ending.kind == "whole":
        _store(trace, answer)
    return answer


def _store(trace: AnswerTrace, answer: Answer) -> None:
    """Store the answer in the cache. Its receipt is written by now: the reader gets it even if the cache fails."""
    try:
        with transaction.atomic():
            store_written(trace.written, receipt=answer.receipt)
    except Exception:  # an edge: nothing of an answer depends on what comes after its receipt
        logger.exception("an answer could not be remembered")


def conclude(trace: AnswerTrace, answer: Answer, *, is_stopped: bool = False) -> Answer:
    """Record the receipt, finish the turn, and return the answer with its receipt's number.

    Raises: AccessEnded: the reader would not be let in any more. EvidenceWithdrawn: a source may no longer be read.
    AuditUnavailable: the receipt could not be written. AnswerInterrupted: the turn was given up meanwhile.
    """
    outcome = "stopped" if is_stopped else str(answer.outcome)
    if is_stopped and trace.guarded.is_held:
        answer = replace(answer, sentences=(), citations=())
    try:
        answer = _write(trace, answer, outcome=outcome)
    except (AuditError, DatabaseError, OSError) as error:
        logger.exception("the receipt could not be written")
        recorded = _find_recorded(trace)
        if recorded is None:
            raise AuditUnavailable from error
        answer = recorded
    logger.info(
        "question %s: %d passages, %d sentences, %d withheld, %.0f ms, receipt %s",
        outcome,
        len(trace.evidence),
        len(answer.sentences),
        answer.withheld,
        trace.timings_ms["total"],
        answer.receipt,
    )
    return answer


def _write(trace: AnswerTrace, answer: Answer, *, outcome: str) -> Answer:
    with transaction.atomic():
        turn = _lock_turn(trace)
        lock_chain()  # rights that end before this question's event are seen here; those that end after it come after it
        reader = reader_of(trace.asked.credential)
        if answer.sentences:
            check_evidence(trace, reader=reader)
        nearest = tuple(one for one in answer.nearest if are_readable((one.chunk_id,), user=reader))
        trace.mark("total")
        if len(nearest) < len(answer.nearest):  # what is offered instead rests on them
            answer = replace(answer, instead="", owners=(), question_back="", choices=())
        answer = replace(answer, nearest=nearest, timings_ms=dict(trace.timings_ms))
        _record(trace, f"{trace.asked.kind}.{outcome}", receipt_of(trace, outcome=outcome, answer=answer))
        answer = trace.conclude(replace(answer, receipt=str(trace.uid)))
        if turn is not None:
            # Pressed at the last moment, "stop" finds the whole answer.
            turn.state = Turn.State.STOPPED if turn.state == Turn.State.STOPPED else _STATES[outcome]
            turn.answer, turn.rewritten, turn.receipt = answer.as_dict(), trace.rewritten.text, answer.receipt
            turn.finished_at, turn.progress = timezone.now(), {}
            turn.save(update_fields=["state", "answer", "rewritten", "receipt", "finished_at", "progress"])
    return answer


def _find_recorded(trace: AnswerTrace) -> Answer | None:
    """Return the answer whose receipt was committed though its transaction ended with an error, as where the connection was lost at
    the commit."""
    try:
        return trace.concluded if _is_concluded(trace) else None
    except DatabaseError:
        logger.exception("it is not known whether the receipt was written")
        return None


def conclude_failed(trace: AnswerTrace, code: str) -> None:
    """Record that the question got no answer, and say so in its turn. What was released before is not kept."""
    answer = replace(trace.answer(), sentences=(), citations=())
    turn, receipt = trace.asked.turn, str(trace.uid)
    try:
        with transaction.atomic():
            _lock_turn(trace)
            lock_chain()
            if _is_concluded(trace):
                return
            _record(trace, f"{trace.asked.kind}.failed", receipt_of(trace, outcome="failed", answer=answer) | {"reason": code})
            if turn is not None:
                fail_turn(turn, code, receipt=receipt)
    except AnswerInterrupted:
        return
    except (AuditError, DatabaseError, OSError):
        logger.exception("a failure could not be recorded")
        if turn is not None:
            fail_turn(turn, code)


def _is_concluded(trace: AnswerTrace) -> bool:
    return Event.objects.filter(uid=trace.uid).exists()


def fail_turn(turn: Turn, code: str, *, receipt: str = "") -> None:
    """Finish a turn without an answer; one that is finished stays as it is."""
    Turn.objects.filter(pk=turn.pk, finished_at=None).update(
        state=Turn.State.FAILED, error_code=code, answer={}, progress={}, receipt=receipt, finished_at=timezone.now()
    )


def _lock_turn(trace: AnswerTrace) -> Turn | None:
    """Return the turn, locked; None where there is none, or its conversation was deleted meanwhile."""
    if trace.asked.turn is None:
        return None
    turn = Turn.objects.select_for_update().filter(pk=trace.asked.turn.pk).first()
    if turn is not None and turn.finished_at is not None:
        raise AnswerInterrupted
    return turn


def _record(trace: AnswerTrace, action: str, payload: dict[str, Any]) -> Event:
    """Write the receipt, and count the question in the same transaction."""
    credential, turn = trace.asked.credential, trace.asked.turn
    receipt = Entry(
        action=action,
        by=credential.actor,
        subject=f"turn:{turn.uid}" if turn else "",
        summary=trace.asked.question[:_SUMMARY_CHARACTERS],
        payload=payload,
        uid=trace.uid,
    )
    event = record_all([receipt, *_hits(trace)])[0]
    add(measure(trace, outcome=payload["outcome"], reason=payload["reason"]))
    return event


def _hits(trace: AnswerTrace) -> list[Entry]:
    """Return an event for each hit of a guard; of a question that tests the answers the receipt has them, and nobody is to look."""
    if trace.asked.kind != "question":
        return []
    return [
        Entry(
            action="guard.hit",
            by=trace.asked.credential.actor,
            subject=f"event:{trace.uid}",
            summary=hit.name,
            payload=hit.as_dict() | {"receipt": trace.uid},
        )
        for hit in trace.guarded.hits
    ]

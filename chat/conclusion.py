"""The end of a question: its receipt and its turn are written in one transaction, before anything final is shown."""

import logging
from dataclasses import replace

from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.errors import AuditError
from audit.services import record
from chat.errors import AnswerInterrupted, AuditUnavailable, EvidenceWithdrawn
from chat.evidence import are_readable
from chat.models import Turn
from chat.trail import Trail
from chat.types import Answer

logger = logging.getLogger(__name__)

_STATES = {"answered": Turn.State.ANSWERED, "refused": Turn.State.REFUSED, "stopped": Turn.State.STOPPED}
_SUMMARY_CHARACTERS = 300


def conclude(trail: Trail, answer: Answer, *, is_stopped: bool = False) -> Answer:
    """Record the receipt, finish the turn, and return the answer with its receipt's number.

    Raises: EvidenceWithdrawn: a cited source may no longer be read. AuditUnavailable: the receipt could not be written.
    AnswerInterrupted: the turn was given up meanwhile.
    """
    if not are_readable(trail.cited_chunks() if answer.sentences else (), user=trail.asked.user):
        raise EvidenceWithdrawn
    nearest = tuple(one for one in answer.nearest if are_readable((one.chunk_id,), user=trail.asked.user))
    trail.mark("total")
    answer = replace(answer, nearest=nearest, timings_ms=dict(trail.timings_ms))
    outcome = "stopped" if is_stopped else str(answer.outcome)
    try:
        answer = _write(trail, answer, outcome=outcome)
    except (AuditError, DatabaseError, OSError) as error:
        logger.exception("the receipt could not be written")
        raise AuditUnavailable from error
    logger.info(
        "question %s: %d passages, %d sentences, %d withheld, %.0f ms, receipt %s",
        outcome,
        len(trail.evidence),
        len(answer.sentences),
        answer.withheld,
        trail.timings_ms["total"],
        answer.receipt,
    )
    return answer


def _write(trail: Trail, answer: Answer, *, outcome: str) -> Answer:
    with transaction.atomic():
        turn = _lock_turn(trail)
        event = _record(trail, f"question.{outcome}", trail.receipt(outcome=outcome, answer=answer))
        answer = replace(answer, receipt=str(event.uid))
        if turn is not None:
            # Pressed at the last moment, "stop" finds the whole answer.
            turn.state = Turn.State.STOPPED if turn.state == Turn.State.STOPPED else _STATES[outcome]
            turn.answer, turn.rewritten, turn.receipt = answer.as_dict(), trail.rewritten, answer.receipt
            turn.finished_at = timezone.now()
            turn.save(update_fields=["state", "answer", "rewritten", "receipt", "finished_at"])
    return answer


def conclude_failed(trail: Trail, code: str) -> None:
    """Record that the question got no answer, and say so in its turn. What was released before is not kept."""
    answer = replace(trail.answer(), sentences=(), citations=())
    receipt = ""
    try:
        with transaction.atomic():
            _lock_turn(trail)
            receipt = str(_record(trail, "question.failed", trail.receipt(outcome="failed", answer=answer) | {"reason": code}).uid)
    except AnswerInterrupted:
        return
    except (AuditError, DatabaseError, OSError):
        logger.exception("a failure could not be recorded")
    if trail.asked.turn is not None:
        fail_turn(trail.asked.turn, code, receipt=receipt)


def fail_turn(turn: Turn, code: str, *, receipt: str = "") -> None:
    """Finish a turn without an answer; one that is finished stays as it is."""
    Turn.objects.filter(pk=turn.pk, finished_at=None).update(
        state=Turn.State.FAILED, error_code=code, answer={}, receipt=receipt, finished_at=timezone.now()
    )


def _lock_turn(trail: Trail) -> Turn | None:
    """Return the turn, locked; None where there is none, or its conversation was deleted meanwhile."""
    if trail.asked.turn is None:
        return None
    turn = Turn.objects.select_for_update().filter(pk=trail.asked.turn.pk).first()
    if turn is not None and turn.finished_at is not None:
        raise AnswerInterrupted
    return turn


def _record(trail: Trail, action: str, payload: dict):
    user, turn = trail.asked.user, trail.asked.turn
    return record(
        action,
        actor_id=user.pk or "",
        actor_name=user.get_username(),
        subject=f"turn:{turn.uid}" if turn else "",
        summary=trail.asked.question[:_SUMMARY_CHARACTERS],
        payload=payload,
    )

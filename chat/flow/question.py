"""One question, from its claim to its one concluding event: answered, refused, stopped or failed.

Pages, programs, the command and the evaluation all ask through `chat.flow.running`, which calls `answer_question`.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from chat.errors import AnswerInterrupted, TurnTaken
from chat.flow.answering import write_answer
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.ending.conclusion import Ending, end_question
from chat.flow.events import Emit
from chat.flow.rights import check_evidence, reader_of
from chat.flow.trace import AnswerTrace
from chat.models import Turn
from chat.types import Answer
from gateway.threads import run_in_thread, shield_to_completion

logger = logging.getLogger(__name__)

WATCH_INTERVAL_S = 1.0
HEARTBEAT_EVERY = 5  # watches
RESTART = "the server restarts"  # with which a task is cancelled whose reader is still there


async def answer_question(asked: Asked, *, compose: Callable[[], AnswerDependencies], emit: Emit = lambda _event: None) -> Answer:
    """Answer, or refuse, and return it with its receipt. Cancelled, it records what was released as stopped; cancelled with
    RESTART, that it was interrupted.

    Args:
        compose: returns the dependencies; called on a thread, since it may load the encoder.
    Raises: ChatError: there is no answer; the failure is in the audit and in the turn. TurnTaken: another connection answers it.
    """
    trace, is_left, is_restart = AnswerTrace(asked=asked), False, False
    if asked.turn is not None:
        # A claim that is made for a caller who leaves meanwhile is concluded below like any other.
        is_mine, is_left = await shield_to_completion(run_in_thread(claim_turn)(asked.turn))
        if not is_mine:
            raise asyncio.CancelledError if is_left else TurnTaken
    work = asyncio.create_task(write_answer(trace, compose=compose, emit=emit))
    watch = asyncio.create_task(_watch(trace))
    try:
        if not is_left:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError as cancelled:
        is_left, is_restart = True, RESTART in cancelled.args
    try:
        ending = _end(trace, work=work, watch=watch, is_left=is_left, is_restart=is_restart)
        answer, is_left_meanwhile = await shield_to_completion(ending)
    except Exception as error:
        if is_left:  # the reader has left
            logger.warning("question %s failed after its reader left", trace.uid, exc_info=error)
            raise asyncio.CancelledError from error
        raise
    if is_left or is_left_meanwhile:
        raise asyncio.CancelledError
    return answer


def claim_turn(turn: Turn) -> bool:
    """Take a waiting turn. Of two connections only one answers."""
    now = timezone.now()
    mine = Turn.objects.filter(pk=turn.pk, state=Turn.State.PENDING).update(state=Turn.State.STREAMING, heartbeat_at=now)
    return bool(mine)


async def _end(
    trace: AnswerTrace, *, work: "asyncio.Task[Answer]", watch: "asyncio.Task[None]", is_left: bool, is_restart: bool
) -> Answer:
    """Let both tasks end, and conclude the question by the one that ended first. Raises: what `end_question` raises."""
    ending = Ending(kind="failed", error=AnswerInterrupted()) if is_restart else Ending(kind="stopped")
    if work.done() and not is_left:
        ending = _ending_of(work)
    elif watch.done() and not watch.cancelled() and (error := watch.exception()) is not None:
        ending = Ending(kind="failed", error=error)
    await _cancel(work)
    await _cancel(watch)
    return await run_in_thread(end_question)(trace, ending)


def _ending_of(work: "asyncio.Task[Answer]") -> Ending:
    if work.cancelled():
        return Ending(kind="stopped")
    if (error := work.exception()) is not None:
        return Ending(kind="failed", error=error)
    return Ending(kind="whole", answer=work.result())


async def _cancel(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.wait({task})


async def _watch(trace: AnswerTrace) -> None:
    """Check every second whether the answer may continue. Returns when its owner stopped it.

    Raises: AccessEnded, EvidenceWithdrawn.
    """
    look = run_in_thread(_may_go_on)
    for count in range(1, 1_000_000):
        await asyncio.sleep(WATCH_INTERVAL_S)
        if not await look(trace, is_heartbeat=count % HEARTBEAT_EVERY == 0):
            return


def _may_go_on(trace: AnswerTrace, *, is_heartbeat: bool) -> bool:
    """Return whether the turn is still to be answered. Raises: AccessEnded, EvidenceWithdrawn."""
    if trace.asked.turn is not None:
        streaming = Turn.objects.filter(pk=trace.asked.turn.pk, state=Turn.State.STREAMING)
        if not (streaming.update(heartbeat_at=timezone.now()) if is_heartbeat else streaming.exists()):
            return False
    check_evidence(trace, reader=reader_of(trace.asked.credential))
    return True

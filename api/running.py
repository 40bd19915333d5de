"""Runs one question for a program: the same flow as the pages, its events as values."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

from chat.answering import Asked, Event, answer_question, fail_turn
from chat.errors import AnswerInterrupted, ChatError
from chat.means import configured_means
from chat.models import Turn
from chat.offload import beside_loop
from chat.stream import claim_turn
from chat.types import Answer

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0  # so that proxies keep a silent stream, and a gone reader is noticed


async def run_question(asked: Asked) -> AsyncGenerator[Event | Answer | None, None]:
    """Yield what happens; None after each silence of HEARTBEAT_S; the finished answer last.

    Closed or cancelled before the end it stops the answering, and what was released is recorded.
    Raises: ChatError: there is no answer.
    """
    if asked.turn is not None and not await beside_loop(claim_turn, keeps_connection=True)(asked.turn):
        raise AnswerInterrupted  # another connection has it: nobody else can know of a turn just made but its owner's pages
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    work = asyncio.create_task(_work(asked, events))
    work.add_done_callback(lambda _task: events.put_nowait(None))
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    event = await events.get()
            except TimeoutError:
                yield None
                continue
            if event is None:
                break
            yield event
        yield work.result()
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})


async def finish_question(asked: Asked) -> Answer:
    """Run a question to its end. Raises: ChatError."""
    answer = None
    async for event in run_question(asked):
        answer = event
    return answer


def tell_answer(answer: Answer, turn: Turn | None) -> dict[str, Any]:
    """Return the contract's JSON, with where the conversation goes on."""
    named = {"conversation": str(turn.conversation.uid), "turn": str(turn.uid)} if turn else {"conversation": None, "turn": None}
    return answer.as_dict() | named


async def _work(asked: Asked, events: "asyncio.Queue[Event | None]") -> Answer:
    try:
        means = await beside_loop(configured_means, keeps_connection=True)()
        return await answer_question(asked, means=means, emit=events.put_nowait)
    except ChatError as error:
        logger.warning("a question by the API failed: %s", error.code)
        raise
    except Exception as error:  # the edge: the program is told, the log keeps the trace
        logger.exception("a question by the API failed")
        if asked.turn is not None:
            await beside_loop(fail_turn)(asked.turn, ChatError.code)
        raise ChatError from error

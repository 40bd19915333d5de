"""Run one question for a page, a program or a command: yield its events, then the answer."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from asgiref.sync import async_to_sync

from accounts.credentials import command_credential
from accounts.models import User
from chat.errors import ChatError
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies, configured_dependencies
from chat.flow.ending.conclusion import fail_turn
from chat.flow.events import Emit, Event
from chat.flow.question import answer_question
from chat.types import Answer
from gateway.threads import run_in_thread
from kb.models import Collection

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0  # so that proxies keep a silent stream, and a gone reader is noticed
Compose = Callable[[], AnswerDependencies]


async def run_question(asked: Asked, *, compose: Compose | None = None) -> AsyncGenerator[Event | Answer | None, None]:
    """Yield what happens; None after each silence of HEARTBEAT_S; the finished answer last.

    Closed or cancelled before the end it stops the answering, and what was released is recorded. What was released and not yet
    yielded when the answering failed is not yielded: the reader may have lost the right to it.

    Args:
        compose: returns the dependencies; those that the settings name where it is None.
    Raises: ChatError: there is no answer. TurnTaken: another connection answers this turn.
    """
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    work = asyncio.create_task(work_on(asked, emit=events.put_nowait, compose=compose))
    work.add_done_callback(lambda _task: events.put_nowait(None))
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    event = await events.get()
            except TimeoutError:
                yield None
                continue
            if event is None or (work.done() and (work.cancelled() or work.exception())):
                break
            yield event
        yield work.result()
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})


async def finish_question(asked: Asked, *, compose: Compose | None = None) -> Answer:
    """Run a question to its end. Raises: ChatError."""
    answer: object = None
    async with aclosing(run_question(asked, compose=compose)) as events:
        async for event in events:
            answer = event
    return cast(Answer, answer)  # the last event is one


def ask(
    question: str, *, user: User, collection: Collection | None = None, dependencies: AnswerDependencies | None = None
) -> Answer:
    """Answer one question from a script or a command, into the same audit. Raises: ChatError: there is no answer."""
    asked = Asked(question=question, credential=command_credential(user), collection=collection, via="command")
    return async_to_sync(finish_question)(asked, compose=(lambda: dependencies) if dependencies else None)


async def work_on(asked: Asked, *, emit: Emit, compose: Compose | None = None) -> Answer:
    """Run a question to its end, whoever listens. Cancelled with `chat.flow.question.RESTART`, it is concluded as interrupted.

    Args:
        emit: called with what may be shown on the way.
        compose: as in `run_question`.
    Raises: ChatError: there is no answer; what was not expected is in the log.
    """
    try:
        return await answer_question(asked, compose=compose or configured_dependencies, emit=emit)
    except ChatError as error:
        logger.warning("a question failed: %s", error.code)
        raise
    except Exception as error:  # the edge: the caller gets an error event, the log the traceback
        logger.exception("a question failed")
        if asked.turn is not None:
            await run_in_thread(fail_turn)(asked.turn, ChatError.code)
        raise ChatError from error

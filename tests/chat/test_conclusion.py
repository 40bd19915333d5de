"""One question, one concluding event: whenever its caller leaves, and whatever fails after the receipt."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.models import User
from audit.models import Event
from chat import services
from chat.flow.asked import Asked
from chat.flow.question import answer_question
from chat.flow.running import run_question
from chat.models import Turn, WrittenAnswer
from chat.types import Answer, Outcome
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with

TRUE = f"{SIX_HOURS} [1]"
Execute = Callable[..., Any]


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def ask_of(user: User, has_turn: bool) -> Asked:
    return asked_by(user, turn=services.start_turn(user=user, question=QUESTION) if has_turn else None)


def assert_one_conclusion(asked: Asked) -> str:
    """Return the one concluding event's action; the turn is finished and names it."""
    (event,) = Event.objects.filter(action__startswith="question.")
    if asked.turn:
        turn = Turn.objects.get(pk=asked.turn.pk)
        assert (turn.receipt, turn.finished_at is not None) == (str(event.uid), True)
        assert turn.state == event.action.removeprefix("question.")
    return event.action


class LeavesAt:
    """Cancels a task ahead of the n-th SQL statement, and lets the statement go on when the task is cancelled."""

    def __init__(self, position: int) -> None:
        self.position, self.count = position, 0
        self.task: asyncio.Task[Any] | None = None

    def __call__(self, execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        if self.count == self.position and self.task is not None:
            cancelled = threading.Event()
            self.task.get_loop().call_soon_threadsafe(lambda: (self.task.cancel(), cancelled.set()))
            assert cancelled.wait(30)
        return execute(sql, params, many, context)

    async def answer(self, asked: Asked) -> Answer:
        self.task = asyncio.create_task(answer_question(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE))))
        return await self.task


@pytest.mark.parametrize("has_turn", [True, False], ids=["in a conversation", "alone"])
def test_whoever_leaves_at_any_statement_leaves_one_concluding_event(employee: User, leave: Document, has_turn: bool) -> None:
    """From the claim of the turn to what the cache remembers. The first run leaves nowhere, and counts the statements."""
    for _ in range(2):  # a version's tables are read once: the second run has the statements of all that follow
        whole = LeavesAt(0)
        with transaction.atomic():
            asked = ask_of(employee, has_turn)
            with connection.execute_wrapper(whole):
                async_to_sync(whole.answer)(asked)
            assert assert_one_conclusion(asked) == "question.answered"
            assert WrittenAnswer.objects.count() == 1
            transaction.set_rollback(True)
    assert whole.count > 20
    actions = []
    for position in range(1, whole.count + 1):
        with transaction.atomic():
            asked, leaving = ask_of(employee, has_turn), LeavesAt(position)
            with connection.execute_wrapper(leaving), pytest.raises(asyncio.CancelledError):
                async_to_sync(leaving.answer)(asked)
            actions.append(assert_one_conclusion(asked))
            transaction.set_rollback(True)
    assert set(actions) == {"question.stopped", "question.answered"}
    # Once the answer is being concluded it is concluded, to the last statement of the cache.
    assert actions == sorted(actions, reverse=True)


class LeavesAtSuspension:
    """Steps a coroutine, and cancels its task at its n-th suspension, and at every one after it."""

    def __init__(self, coroutine: Any, position: int) -> None:
        self.coroutine, self.position, self.count = coroutine, position, 0

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        return self._suspended(self.coroutine.send(value))

    def throw(self, *error: Any) -> Any:
        return self._suspended(self.coroutine.throw(*error))

    def close(self) -> None:
        self.coroutine.close()

    def _suspended(self, awaited: Any) -> Any:
        self.count += 1
        if self.count >= self.position:
            task = asyncio.current_task()
            assert task is not None
            task.get_loop().call_soon(task.cancel)
        return awaited


@pytest.mark.parametrize("has_turn", [True, False], ids=["in a conversation", "alone"])
def test_whoever_leaves_at_every_await_from_the_nth_on_leaves_one_concluding_event(
    employee: User, leave: Document, has_turn: bool
) -> None:
    async def answer(asked: Asked, position: int) -> None:
        coroutine = answer_question(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE)))

        async def run() -> Answer:
            return await LeavesAtSuspension(coroutine, position)

        await asyncio.create_task(run())

    for position in range(1, 4 if has_turn else 3):
        with transaction.atomic():
            asked = ask_of(employee, has_turn)
            with pytest.raises(asyncio.CancelledError):
                async_to_sync(answer)(asked, position)
            assert_one_conclusion(asked)
            transaction.set_rollback(True)


@pytest.mark.parametrize("after", range(1, 6))
def test_a_program_that_stops_reading_after_any_event_leaves_one_concluding_event(
    employee: User, leave: Document, after: int
) -> None:
    """Searching, reading, writing, the sentence, the answer."""
    asked = ask_of(employee, has_turn=True)

    async def read() -> Any:
        events = run_question(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE)))
        seen = [await anext(events) for _number in range(after)]
        await events.aclose()
        return seen[-1]

    last = async_to_sync(read)()
    action = assert_one_conclusion(asked)
    assert action == "question.answered" if isinstance(last, Answer) else action in ("question.stopped", "question.answered")


def failing_at(words: str) -> Any:
    """Return a wrapper under which every statement with these words fails, as on a full disk."""

    def execute_or_fail(execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:
        if words in sql:
            raise DatabaseError("disk full")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(execute_or_fail)


@pytest.mark.parametrize("words", ['INSERT INTO "chat_writtenanswer"', 'DELETE FROM "chat_writtenanswer"'])
def test_a_cache_that_fails_leaves_no_trace_in_the_answer(employee: User, leave: Document, words: str) -> None:
    asked = ask_of(employee, has_turn=True)
    if words.startswith("DELETE"):
        words = '"chat_writtenanswer"."created_at" <'  # what is too old is looked for before it is deleted
    with failing_at(words):
        answer = async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE)))
    assert (answer.outcome, answer.text) == (Outcome.ANSWERED, f"{SIX_HOURS}[1]")
    assert assert_one_conclusion(asked) == "question.answered"
    assert not WrittenAnswer.objects.exists()


@pytest.mark.parametrize("has_turn", [True, False], ids=["in a conversation", "alone"])
def test_a_connection_that_is_lost_at_the_commit_does_not_take_back_what_was_committed(
    transactional_db: None, employee: User, collection: Collection, has_turn: bool
) -> None:
    add_document(collection, "leave.md", LEAVE)
    asked = ask_of(employee, has_turn)

    def lose() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    def lose_after_commit(execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and '"audit_event"' in sql:
            transaction.on_commit(lose)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lose_after_commit):
        answer = async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE)))
    assert answer.text == f"{SIX_HOURS}[1]"
    assert assert_one_conclusion(asked) == "question.answered"
    assert answer.receipt == str(Event.objects.get(action="question.answered").uid)


def test_dependencies_that_cannot_be_composed_are_a_failure_on_record(employee: User, leave: Document) -> None:
    asked = ask_of(employee, has_turn=True)

    def explode() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async_to_sync(answer_question)(asked, compose=explode)
    assert assert_one_conclusion(asked) == "question.failed"

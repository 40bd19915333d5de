"""Few questions are prepared at once, in the order in which they came; and a reader waits for no more than a sentence needs."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from chat.flow.admission import AdmissionQueue
from chat.flow.events import Progress
from chat.flow.question import answer_question
from gateway.ports import Delta, GenerationOptions, Message
from kb.models import Collection
from tests.chat.library import LEAVE, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with


@pytest.mark.django_db
def test_a_line_lets_in_as_many_as_it_has_places_and_the_others_in_order() -> None:
    queue = AdmissionQueue(2)
    inside: set[int] = set()
    most, order = 0, []

    async def come(number: int) -> None:
        nonlocal most
        async with queue.admit():
            inside.add(number)
            order.append(number)
            most = max(most, len(inside))
            await asyncio.sleep(0.01)
            inside.remove(number)

    async def come_all() -> None:
        await asyncio.gather(*map(come, range(6)))

    async_to_sync(come_all)()
    assert (most, order) == (2, list(range(6)))
    async_to_sync(come_all)()  # in another event loop
    assert order == [*range(6), *range(6)]


@pytest.mark.django_db
def test_who_leaves_the_line_or_fails_gives_the_place_back() -> None:
    queue = AdmissionQueue(1)

    async def hold(entered: asyncio.Event) -> None:
        async with queue.admit():
            entered.set()
            await asyncio.sleep(60)

    async def run() -> bool:
        entered = asyncio.Event()
        holding = asyncio.create_task(hold(entered))
        await entered.wait()
        waiting = asyncio.create_task(hold(asyncio.Event()))
        await asyncio.sleep(0.01)
        for task in (waiting, holding):
            task.cancel()
        await asyncio.wait({waiting, holding})
        with pytest.raises(ValueError, match="broken"):
            async with queue.admit():
                raise ValueError("broken")
        async with asyncio.timeout(30), queue.admit():
            return True

    assert async_to_sync(run)()


class LingeringModel(ScriptedModel):
    """Says that it has finished, and keeps the connection open until it may go."""

    def __init__(self, text: str, may_go: asyncio.Event) -> None:
        super().__init__(text)
        self.may_go = may_go

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        async for delta in super().stream(messages, options=options):
            yield delta
        await self.may_go.wait()


def test_the_last_sentence_is_shown_when_the_model_says_that_it_has_finished(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE)
    shown: list[str] = []

    async def run() -> Any:
        may_go = asyncio.Event()

        def listen(event: Any) -> None:
            if isinstance(event, Progress):
                shown.append(event.answer.text)
                may_go.set()

        async with asyncio.timeout(60):
            dependencies = dependencies_with(LingeringModel(f"{SIX_HOURS} [1]", may_go))
            return await answer_question(asked_by(employee), compose=lambda: dependencies, emit=listen)

    assert async_to_sync(run)().text == f"{SIX_HOURS}[1]"
    assert shown == [f"{SIX_HOURS}[1]"]

"""Answers that this process writes. An answer is the server's, not a connection's: it is written to its end, whoever watches.

Where connections and processes meet is the turn's row. The process that writes keeps in it, once a second, what has been released
so far; connections to the same process are told at once. A process that ends has its answers concluded as interrupted.
"""

import asyncio
import contextvars
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cache
from weakref import WeakKeyDictionary

from asgiref.sync import AsyncToSync, ThreadSensitiveContext
from django.http import HttpRequest
from django.utils import translation

from accounts.credentials import Credential
from chat import services
from chat.errors import ChatError
from chat.flow.asked import Asked
from chat.flow.events import Event
from chat.flow.question import RESTART
from chat.flow.running import Compose, work_on
from chat.models import Turn
from chat.streaming.released import Released, for_row, of_events
from gateway.threads import run_in_thread

KEEP_INTERVAL_S = 1.0  # between two writings of what was released; a short answer ends before the first
SILENCE_S = 1.0  # after which whoever watches looks at the rights of its reader
END_WAIT_S = 1.5  # for the conclusions of what a process that ends was writing


class AnswerRun:
    """An answer that is being written here. `events`: what may be shown of it, oldest first; their numbers count from 1."""

    def __init__(self, *, credential: Credential) -> None:
        self.credential = credential
        self.events: list[Event] = []
        self.is_over = False
        self.task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def released(self, *, after: int) -> AsyncGenerator[Released | None, None]:
        """Yield what is released behind an event, until it is over; None after each silence of a second.

        First the last state of what was released before, then each event by itself.
        """
        if after < len(self.events):
            yield of_events(self.events, after=after)
            after = len(self.events)
        while not self.is_over or after < len(self.events):
            if after < len(self.events):
                after += 1
                yield of_events(self.events[:after], after=after - 1)
                continue
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self._news.wait()
            except TimeoutError:
                yield None

    async def write(self, turn_pk: int, *, language: str, via: str, compose: Compose | None) -> None:
        """Answer the turn. What goes wrong is in the turn, in the audit and in the log."""
        async with _own_thread():
            keeping = asyncio.create_task(self._keep(turn_pk))
            try:
                with translation.override(language):
                    asked = await run_in_thread(_asked_of)(turn_pk, self.credential, via)
                    if asked is not None:
                        await work_on(asked, emit=self._take, compose=compose)
            except ChatError:
                pass
            finally:
                keeping.cancel()
                await asyncio.wait({keeping})
                self.is_over = True
                self._tell()

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _keep(self, turn_pk: int) -> None:
        kept = 0
        while True:
            await asyncio.sleep(KEEP_INTERVAL_S)
            if len(self.events) > kept:
                kept = len(self.events)
                await run_in_thread(keep_progress)(turn_pk, tuple(self.events))


class AnswerRuns:
    """The answers that are being written, by turn. One set per event loop: a process has one, tests have many."""

    def __init__(self) -> None:
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, AnswerRun]] = WeakKeyDictionary()

    def find(self, turn_pk: int) -> AnswerRun | None:
        """Return the run of this turn in this process; None where there is none (any more)."""
        return self._of_loop.get(asyncio.get_running_loop(), {}).get(turn_pk)

    def begin(
        self, turn_pk: int, *, credential: Credential, language: str, via: str = "pages", compose: Compose | None = None
    ) -> AnswerRun:
        """Answer a turn, once: whoever comes second gets the same run; where another process has it, the run is over at once."""
        runs = self._of_loop.setdefault(asyncio.get_running_loop(), {})
        if (found := runs.get(turn_pk)) is not None:
            return found
        run = runs[turn_pk] = AnswerRun(credential=credential)
        # In a context of its own: the request that begins it, with its thread, ends long before.
        writing = run.write(turn_pk, language=language, via=via, compose=compose)
        run.task = asyncio.create_task(writing, context=contextvars.Context())
        run.task.add_done_callback(lambda _task: runs.pop(turn_pk, None))
        return run

    async def end(self) -> None:
        """Have what is being written here concluded as interrupted, before the process ends."""
        tasks = [run.task for run in self._of_loop.get(asyncio.get_running_loop(), {}).values() if run.task is not None]
        for task in tasks:
            task.cancel(RESTART)
        if tasks:
            await asyncio.wait(tasks, timeout=END_WAIT_S)


@cache
def get_runs() -> AnswerRuns:
    """Return the process's runs."""
    return AnswerRuns()


def begin_answer(turn: Turn, *, request: HttpRequest, credential: Credential, via: str = "pages") -> None:
    """Have a turn answered from now on, on the server's event loop; where there is none, as in a test, the first stream does it."""
    loop = getattr(request, "scope", {}).get("state", {}).get("loop")
    if loop is not None:
        language = request.LANGUAGE_CODE
        loop.call_soon_threadsafe(lambda: get_runs().begin(turn.pk, credential=credential, language=language, via=via))


def _own_thread() -> AbstractAsyncContextManager[object]:
    """Return a context with a thread for what blocks; on the loop of a synchronous caller, as in a test, there is the caller's."""
    is_lent = asyncio.get_running_loop() in AsyncToSync.loop_thread_executors
    return nullcontext() if is_lent else ThreadSensitiveContext()


def keep_progress(turn_pk: int, events: tuple[Event, ...]) -> None:
    """Keep in the turn's row what has been released, for other processes; not once it is finished."""
    Turn.objects.filter(pk=turn_pk, finished_at=None).update(reached=len(events), progress=for_row(events))


def _asked_of(turn_pk: int, credential: Credential, via: str) -> Asked | None:
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").filter(pk=turn_pk).first()
    return services.asked_of(turn, credential=credential, via=via) if turn is not None else None

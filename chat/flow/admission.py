"""Admission control: how many questions are searched and judged at once.

Searching and judging evidence is CPU work. If two hundred people ask in the same second and all run at once, each waits for the
last, and answers that are already streaming stall. So as many questions run as there are cores; the others wait, first come, first
served.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from weakref import WeakKeyDictionary

AT_ONCE = max(2, os.cpu_count() or 1)


class AdmissionQueue:
    """Limits how many questions are prepared at once. One per event loop: a process has one, tests have many."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    @asynccontextmanager
    async def admit(self) -> AsyncGenerator[None, None]:
        """Wait for a place; release it when the block ends."""
        free = self._of_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._places))
        async with free:
            yield


@cache
def get_admission_queue() -> AdmissionQueue:
    """Return the process's admission queue."""
    return AdmissionQueue(AT_ONCE)

"""How many questions are prepared at once.

Searching and judging the evidence is computing. When two hundred people ask in the same second, doing it for all at once makes each
of them wait for the last, and the answers that are being written already wait with them. So as many go on as there are cores, the
others stand in line, first come, first served.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from weakref import WeakKeyDictionary

from chat.offload import let_go

AT_ONCE = max(2, os.cpu_count() or 1)


class Line:
    """Where questions wait until they are prepared: one a process, or rather one an event loop, of which tests have many."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        """Wait for a place, without a database connection, and give it back with the block's end."""
        free = self._of_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._places))
        if free.locked():
            await let_go()
        async with free:
            yield


@cache
def get_line() -> Line:
    """Return the process's line."""
    return Line(AT_ONCE)

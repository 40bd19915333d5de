"""Run blocking work on a thread, away from the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")


def run_in_thread(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Make a blocking function awaitable. Its database connection is given back when it is done: an answer streams for minutes, and
    two hundred of them must not hold two hundred connections. Inside a caller's transaction the connection stays with the caller.

    Where connections come from is decided in `config.database_pool`.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()

    return sync_to_async(run, thread_sensitive=True)


async def shield_to_completion(work: Awaitable[R]) -> tuple[R, bool]:
    """Run `work` to its end even if the caller is cancelled. Return its result, and whether the caller was cancelled.

    A cancelled caller undoes the work and raises asyncio.CancelledError.

    A thread does not stop when its waiter is cancelled; without this, what the thread took from the database would have no owner.

    Raises: what `work` raises; asyncio.CancelledError: the same while the caller was cancelled.
    """
    task = asyncio.ensure_future(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled and task.exception() is not None:
        raise asyncio.CancelledError from task.exception()
    return task.result(), is_cancelled

"""Run blocking work beside the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")


def beside_loop(function: Callable[P, R], *, keeps_connection: bool = False) -> Callable[P, Awaitable[R]]:
    """Make a blocking function awaitable, and let go of its database connection when it is done: a stream lasts for
    minutes, and two hundred of them must not hold two hundred connections. Where it runs inside a caller's transaction,
    the connection is the caller's.

    Args:
        keeps_connection: the next piece of work follows at once, on the same thread, and goes on with the connection: opening one
            takes 0.7 ms with SQLite and several with PostgreSQL. Where the function raises, it is let go of all the same.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        is_kept = False
        try:
            result = function(*args, **kwargs)
            is_kept = keeps_connection
            return result
        finally:
            if not (is_kept or connection.in_atomic_block):
                close_old_connections()

    return sync_to_async(run, thread_sensitive=True)


async def let_go() -> None:
    """Let go of a connection that was kept: something is waited for after all."""
    await beside_loop(lambda: None)()


async def to_the_end(work: Awaitable[R]) -> tuple[R, bool]:
    """Return what `work` returns, and whether the caller was cancelled meanwhile, who undoes the work then, and raises it.

    A thread does not stop when its waiter is cancelled: what it takes from the database would be nobody's.

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

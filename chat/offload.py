"""Run blocking work beside the event loop."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")


def beside_loop(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Make a blocking function awaitable, and let go of its database connection when it is done: a stream lasts for
    minutes, and two hundred of them must not hold two hundred connections. Where it runs inside a caller's transaction,
    the connection is the caller's."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()

    return sync_to_async(run, thread_sensitive=True)

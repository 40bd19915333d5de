"""How often something may be done: a sliding window of one minute, counted in the cache that all web processes share."""

import time
from collections.abc import Callable

from django.core.cache import cache

from accounts.errors import TooManyRequests

WINDOW_S = 60


def spend(what: str, who: object, *, per_minute: int, clock: Callable[[], float] = time.time) -> None:
    """Count one use; the uses refused count too, so that callers that keep retrying stay blocked.

    The window slides by weighing the minute before with the share of it that is still inside: two numbers, whatever the rate.
    Counting in files is not atomic, so that a burst over several processes may get a few more through; in Redis it is.

    Args:
        what: name of the limit; `who`: whom it counts.
        per_minute: uses allowed in any minute; 0: no limit.
    Raises: TooManyRequests.
    """
    if not per_minute:
        return
    now = clock()
    minute, into = divmod(now, WINDOW_S)
    current = f"rate:{what}:{who}:{int(minute)}"
    before = cache.get(f"rate:{what}:{who}:{int(minute) - 1}", 0)
    if cache.add(current, 1, timeout=2 * WINDOW_S):
        count = 1
    else:
        try:
            count = cache.incr(current)
        except ValueError:  # it was dropped between the two lines
            cache.set(current, 1, timeout=2 * WINDOW_S)
            count = 1
    if count + before * (1 - into / WINDOW_S) > per_minute:
        raise TooManyRequests(retry_after_s=_wait_s(before, count, into=into, per_minute=per_minute))


def _wait_s(before: int, count: int, *, into: float, per_minute: int) -> int:
    """Return the whole seconds after which one more use fits, if none is made until then."""
    for seconds in range(1, 2 * WINDOW_S):
        at = into + seconds
        weight = count * (2 - at / WINDOW_S) if at >= WINDOW_S else count + before * (1 - at / WINDOW_S)
        if weight + 1 <= per_minute:
            return seconds
    return 2 * WINDOW_S

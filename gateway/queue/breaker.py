"""A circuit breaker without state of its own: the outcomes of a model's last calls decide whether to call it again.

closed     asked as usual
open       failed several times in a row: not asked for a while, which doubles with each further failure
half-open  that while is over: one call may try, and decides
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 300.0
MEMORY = 10  # calls that are looked at


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    state: BreakerState
    failures: int  # in a row, up to `MEMORY`
    opens_again_at: datetime | None = None


def judge_calls(calls: Sequence[tuple[bool, datetime]], *, now: datetime) -> Breaker:
    """Return the breaker of a model.

    Args:
        calls: whether each of the last calls failed and when it ended, newest first, `MEMORY` of them at most. Calls that say
            nothing about the server (stopped by the reader, refused for their length) are not among them.
    """
    failures = next((count for count, (is_failure, _at) in enumerate(calls) if not is_failure), len(calls))
    if failures < FAILURES_TO_OPEN:
        return Breaker(state=BreakerState.CLOSED, failures=failures)
    pause_s = min(FIRST_PAUSE_S * 2 ** (failures - FAILURES_TO_OPEN), LONGEST_PAUSE_S)
    until = calls[0][1] + timedelta(seconds=pause_s)
    return Breaker(state=BreakerState.OPEN if now < until else BreakerState.HALF_OPEN, failures=failures, opens_again_at=until)

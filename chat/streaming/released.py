"""What has been released of an answer that is being written: the values that a stream sends, from memory or from the turn's row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chat.flow.events import Event, Progress, Status
from chat.models import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The last step and the answer so far, where either is new to whoever gets this. `number`: of the last event in it, from 1."""

    number: int
    status: Status | None = None
    answer: dict[str, Any] | None = None  # the contract's JSON


def of_events(events: Sequence[Event], *, after: int) -> Released:
    """Return the last state of the events behind one; there is at least one."""
    fresh = events[after:]
    status = next((event for event in reversed(fresh) if isinstance(event, Status)), None)
    shown = next((event for event in reversed(fresh) if isinstance(event, Progress)), None)
    return Released(number=len(events), status=status, answer=shown.answer.as_dict() if shown else None)


def of_row(turn: Turn, *, after: int) -> Released | None:
    """Return the state that another process keeps in the turn's row; None where it is not behind this event."""
    if turn.reached <= after:
        return None
    status = turn.progress.get("status")
    return Released(number=turn.reached, status=Status(**status) if status else None, answer=turn.progress.get("answer"))


def for_row(events: Sequence[Event]) -> dict[str, Any]:
    """Return what `of_row` reads."""
    last = of_events(events, after=0)
    return {"status": asdict(last.status) if last.status else None, "answer": last.answer}

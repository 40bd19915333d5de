"""How each place stands: what it had last, what waits, and whether that is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from audit.models import ChainHead, Event, OutputState
from audit.outgoing.values import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputStanding:
    output: Output
    sequence: int  # of the last event that the place was told of; 0: none
    sent_at: datetime | None
    error: str
    waiting: int  # events
    waiting_since: datetime | None
    is_late: bool

    @property
    def waiting_s(self) -> float:
        return (timezone.now() - self.waiting_since).total_seconds() if self.waiting_since else 0.0


def read_standings() -> tuple[OutputStanding, ...]:
    """Return one for each place of the settings, in their order."""
    outputs: tuple[Output, ...] = settings.AUDIT_OUTPUTS
    if not outputs:
        return ()
    states = {state.name: state for state in OutputState.objects.filter(name__in=[output.name for output in outputs])}
    head = ChainHead.objects.first()
    last = head.sequence if head else 0
    following = {state.sequence + 1 for state in states.values()} | {1}
    times = dict(Event.objects.filter(sequence__in=following).values_list("sequence", "at"))
    return tuple(_standing(output, states.get(output.name), last=last, times=times) for output in outputs)


def _standing(output: Output, state: OutputState | None, *, last: int, times: dict[int, datetime]) -> OutputStanding:
    sequence = state.sequence if state else 0
    since = times.get(sequence + 1)
    return OutputStanding(
        output=output,
        sequence=sequence,
        sent_at=state.sent_at if state else None,
        error=state.error if state else "",
        waiting=max(0, last - sequence),
        waiting_since=since,
        is_late=since is not None and timezone.now() - since > timedelta(seconds=output.late_after_s),
    )

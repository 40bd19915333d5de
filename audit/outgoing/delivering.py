"""Sending: what is due goes out, in order, and a cursor in the database moves only when a place has taken it.

At least once: after a crash between the two a place gets something again, and can tell by its `uid` or `sequence`. A place that
does not answer is tried again, ever more seldom; nothing is dropped meanwhile, since what waits are rows of the audit itself.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from audit.chain.checkpoints import Checkpoint, last_checkpoint
from audit.models import Event, OutputState, Payload
from audit.outgoing.errors import OutputUnavailable
from audit.outgoing.events import line_of
from audit.outgoing.kinds.files import send_to_file
from audit.outgoing.kinds.http import send_by_http
from audit.outgoing.kinds.s3 import put_object
from audit.outgoing.kinds.syslog import send_to_syslog
from audit.outgoing.values import FilePlace, HttpPlace, Output, S3Place, SyslogPlace
from audit.services import write_checkpoint

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)  # a worker that was killed while it sent
BATCH = 500  # events in one sending
LONGEST_PAUSE = timedelta(minutes=5)


def deliver_due(*, now: datetime | None = None) -> int:
    """Send to every place what it is due. Returns: how many took something."""
    return sum(_deliver(output, now=now or timezone.now()) for output in settings.AUDIT_OUTPUTS)


def _deliver(output: Output, *, now: datetime) -> bool:
    state = _lease(output, now=now)
    if state is None:
        return False
    took = False
    try:
        for last in _send_checkpoint(output, state, now=now) if output.sends == "checkpoints" else _send_events(output, state):
            took = True
            _note(state, sequence=last, sent_at=timezone.now(), error="", failures=0, leased_until=timezone.now() + LEASE)
    except OutputUnavailable as error:
        logger.warning("audit output %s: %s", output.name, error)
        failures = state.failures + 1
        pause = min(LONGEST_PAUSE, timedelta(seconds=5 * 2 ** min(failures, 10)))
        _note(state, error=str(error)[:300], failures=failures, leased_until=timezone.now() + pause)
        return took
    _note(state, leased_until=None)
    return took


def _lease(output: Output, *, now: datetime) -> OutputState | None:
    """Return the state of a place that nobody else sends to now, and that is not to be left alone for a while."""
    OutputState.objects.get_or_create(name=output.name)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    if not OutputState.objects.filter(free, name=output.name).update(leased_until=now + LEASE):
        return None
    return OutputState.objects.get(name=output.name)


def _note(state: OutputState, **changes: object) -> None:
    for name, value in changes.items():
        setattr(state, name, value)
    OutputState.objects.filter(pk=state.pk).update(**changes)


def _send_checkpoint(output: Output, state: OutputState, *, now: datetime) -> Iterator[int]:
    """Send the newest checkpoint, where it is time for one. Yields: the event that it signs."""
    newest = Event.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    is_time = state.sent_at is None or now - state.sent_at >= timedelta(seconds=output.every_s)
    if newest <= state.sequence or not (is_time or newest - state.sequence >= output.every_events):
        return
    checkpoint = write_checkpoint() or last_checkpoint(Path(settings.AUDIT_ROOT))
    if checkpoint is not None and checkpoint.sequence > state.sequence:
        _send(output, [checkpoint.as_line().rstrip(b"\n")], checkpoint=checkpoint)
        yield checkpoint.sequence


def _send_events(output: Output, state: OutputState) -> Iterator[int]:
    """Send all events that the place has not had, a batch at a time. Yields: the last one of each batch."""
    last = state.sequence
    while events := list(Event.objects.filter(sequence__gt=last).order_by("sequence")[:BATCH]):
        bodies: dict[int, str] = {}
        if output.with_payload:
            bodies = dict(Payload.objects.filter(event__in=events, erased_at=None).values_list("event_id", "body"))
        _send(output, [line_of(event, body=bodies.get(event.pk, "")) for event in events])
        last = events[-1].sequence
        yield last


def _send(output: Output, lines: list[bytes], *, checkpoint: Checkpoint | None = None) -> None:
    place = output.place
    if isinstance(place, FilePlace):
        send_to_file(place, lines)
    elif isinstance(place, SyslogPlace):
        send_to_syslog(place, lines, kind=output.sends)
    elif isinstance(place, HttpPlace):
        send_by_http(place, lines, kind=output.sends)
    elif isinstance(place, S3Place) and checkpoint is not None:
        put_object(place, f"{checkpoint.sequence:012d}-{checkpoint.hash[:16]}.json", lines[0] + b"\n")

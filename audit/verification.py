"""Recomputing the chain: what was altered, taken out, cut off or forged since it was recorded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from audit.canonical import GENESIS, sha256_hex
from audit.checkpoints import FILE_NAME, KEY_NAME, Checkpoint, read_checkpoints, verifying_key
from audit.models import ChainHead, Event, Payload

BROKEN_LINK = "does not follow from the event before it"
BATCH = 500  # a receipt is about 40 kB: 20 MB at a time
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`code`: event_altered, payload_altered, payload_missing, payload_emptied, link_broken, gap, tail_cut, tail_added,
    checkpoint_mismatch, checkpoint_forged."""

    code: str
    sequence: int  # of the event, or of the first missing one; 0 where it concerns a file
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    events: int
    erased: int
    head_hash: str
    checkpoints: int  # signed and matching
    checkpoint: Checkpoint | None  # the newest of these
    problems: tuple[Problem, ...]  # at most MAX_PROBLEMS, in the order of the chain

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def uncovered(self) -> int:
        """How many events no checkpoint covers yet: these could be cut off unseen."""
        return self.events - (self.checkpoint.sequence if self.checkpoint else 0)


def verify_chain(*, checkpoint: Path | None = None, public_key: Path | None = None) -> Verification:
    """Recompute every hash from the rows as they are now, in batches, while others may go on recording.

    Args:
        checkpoint: a file of checkpoints; by default the installation's own, where there is one.
        public_key: by default the one beside the installation's own checkpoints.
    Raises: CheckpointInvalid: a file that was named, or the key to it, cannot be read.
    """
    # Before the first row is read: a checkpoint then never speaks of an event that this run has not yet seen.
    signed, problems = _trusted_checkpoints(checkpoint, public_key)
    awaited = {entry.sequence: entry for entry in signed}
    matching: list[Checkpoint] = []
    erased_uids: dict[str, int] = {}
    expected, previous_hash, events = 1, GENESIS, 0
    for event, payload in _rows():
        events += 1
        if event.sequence != expected:
            problems.append(_gap(expected, event.sequence))
        elif event.previous_hash != previous_hash:
            problems.append(Problem(code="link_broken", sequence=event.sequence, message=BROKEN_LINK))
        problems.extend(_check_event(event, payload))
        if payload is not None and payload.erased_at is not None:
            erased_uids[f"event:{event.uid}"] = event.sequence
        entry = awaited.pop(event.sequence, None)
        if entry is not None and entry.hash != event.hash:
            problems.append(
                Problem(
                    code="checkpoint_mismatch", sequence=event.sequence, message=f"is not the one that was signed at {entry.at}"
                )
            )
        elif entry is not None:
            matching.append(entry)
        expected, previous_hash = event.sequence + 1, event.hash
        if len(problems) >= MAX_PROBLEMS:
            break
    else:
        problems.extend(_check_end(expected - 1, previous_hash, awaited))
    problems.extend(_check_erasures(erased_uids))
    return Verification(
        events=events,
        erased=len(erased_uids),
        head_hash=previous_hash,
        checkpoints=len(matching),
        checkpoint=matching[-1] if matching else None,
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


def check_event(event: Event) -> tuple[Problem, ...]:
    """Recompute one event: its own hash, its payload's, and the links to its neighbours."""
    problems = _check_event(event, Payload.objects.filter(event=event).first())
    before = Event.objects.filter(sequence=event.sequence - 1).first()
    after = Event.objects.filter(sequence=event.sequence + 1).first()
    previous_hash = before.hash if before else GENESIS
    if (before is None and event.sequence != 1) or event.previous_hash != previous_hash:
        problems.append(Problem(code="link_broken", sequence=event.sequence, message=BROKEN_LINK))
    if after is not None and after.previous_hash != event.hash:
        problems.append(Problem(code="link_broken", sequence=after.sequence, message=BROKEN_LINK))
    payload = Payload.objects.filter(event=event).first()
    if payload is not None and payload.erased_at is not None:
        problems.extend(_check_erasures({f"event:{event.uid}": event.sequence}))
    return tuple(problems)


def _rows() -> Iterator[tuple[Event, Payload | None]]:
    """Yield every event with its payload in the order of the chain, `BATCH` in memory at a time."""
    last = -1
    while batch := list(Event.objects.filter(sequence__gt=last).order_by("sequence")[:BATCH]):
        payloads = {payload.event_id: payload for payload in Payload.objects.filter(event__in=batch)}
        for event in batch:
            yield event, payloads.get(event.pk)
        last = batch[-1].sequence


def _check_event(event: Event, payload: Payload | None) -> list[Problem]:
    problems = []
    if event.expected_hash() != event.hash:
        problems.append(Problem(code="event_altered", sequence=event.sequence, message="was altered: its hash does not match"))
    if payload is None:
        problems.append(Problem(code="payload_missing", sequence=event.sequence, message="has lost its payload"))
    elif payload.erased_at is not None:
        if payload.body or event.summary or event.actor_name:
            problems.append(Problem(code="payload_altered", sequence=event.sequence, message="was erased, and yet has content"))
    elif sha256_hex(payload.body) != event.payload_hash:
        problems.append(Problem(code="payload_altered", sequence=event.sequence, message="has an altered payload"))
    else:
        content = json.loads(payload.body)
        if (content["actor_name"], content["summary"]) != (event.actor_name, event.summary):
            problems.append(
                Problem(code="event_altered", sequence=event.sequence, message="was altered: its name or summary is another")
            )
    return problems


def _check_erasures(erased: dict[str, int]) -> list[Problem]:
    """An emptied payload without its "audit.erased" event is no erasure."""
    recorded = set(Event.objects.filter(action="audit.erased").values_list("subject", flat=True)) if erased else set()
    return [
        Problem(code="payload_emptied", sequence=sequence, message="was emptied without an erasure on record")
        for subject, sequence in erased.items()
        if subject not in recorded
    ]


def _check_end(last: int, last_hash: str, awaited: dict[int, Checkpoint]) -> list[Problem]:
    problems = []
    if awaited:
        newest = awaited[max(awaited)]
        if newest.sequence > last:
            problems.append(
                Problem(
                    code="tail_cut",
                    sequence=last + 1,
                    message=f"and what follows was cut off: event {newest.sequence} was signed at {newest.at}",
                )
            )
    head = ChainHead.objects.first()
    sequence, head_hash = (head.sequence, head.hash) if head else (0, GENESIS)
    if sequence < last or (sequence == last and head_hash != last_hash):
        problems.append(Problem(code="tail_added", sequence=sequence + 1, message="was not written through the audit"))
    elif sequence > last and not Event.objects.filter(sequence=last + 1).exists() and not problems:
        problems.append(Problem(code="tail_cut", sequence=last + 1, message=f"and what follows to event {sequence} was cut off"))
    return problems


def _gap(expected: int, found: int) -> Problem:
    if found == expected + 1:
        return Problem(code="gap", sequence=expected, message="is missing")
    return Problem(code="gap", sequence=expected, message=f"to {found - 1} are missing")


def _trusted_checkpoints(path: Path | None, public_key: Path | None) -> tuple[list[Checkpoint], list[Problem]]:
    root = Path(settings.AUDIT_ROOT)
    source = path or root / FILE_NAME
    if path is None and not source.exists():
        return [], []
    entries, damaged = read_checkpoints(source)
    key = verifying_key(public_key or root / f"{KEY_NAME}.pub") if entries else None
    signed = [entry for entry in entries if key is not None and entry.is_signed_by(key)]
    forged = [entry for entry in entries if entry not in signed]
    problems = [
        Problem(code="checkpoint_forged", sequence=0, message=f"line {number} of {source.name} is none") for number in damaged
    ] + [
        Problem(code="checkpoint_forged", sequence=0, message=f"that of event {entry.sequence} bears a false signature")
        for entry in forged
    ]
    return signed, problems

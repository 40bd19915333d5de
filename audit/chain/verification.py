"""Recomputing the chain: what was altered, taken out, cut off or forged since it was recorded."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from audit.chain.canonical import GENESIS, sha256_hex
from audit.chain.checkpoints import FILE_NAME, KEY_NAME, Checkpoint, read_checkpoints, verifying_key
from audit.chain.rows import Row, read_row, read_rows
from audit.chain.seams import RESTORED, Seam, parse_seam
from audit.models import ChainHead, Event, Payload

BROKEN_LINK = "does not follow from the event before it"
FORGED_SEAM = "tells of a restore that no key of this installation has signed"
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`code`: event_altered, event_malformed, payload_altered, payload_malformed, payload_missing, payload_emptied, link_broken,
    gap, tail_cut, tail_added, second_head, head_malformed, checkpoint_mismatch, checkpoint_forged, seam_forged."""

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
    seams: tuple[Seam, ...] = ()  # where it was restored from a backup, each signed: the gaps that are known

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
    awaited = _by_sequence(signed)
    seams, forged_seams = _find_seams(public_key)
    problems.extend(forged_seams)
    matching: list[Checkpoint] = []
    erased_uids: dict[str, int] = {}
    expected, previous_hash, events = 1, GENESIS, 0
    for row in read_rows():
        events += 1
        sequence = expected if row.sequence is None else row.sequence
        if sequence > expected:
            problems.append(_gap(expected, sequence))
        elif sequence < expected or (row.event is not None and row.event.previous_hash != previous_hash):
            problems.append(Problem(code="link_broken", sequence=sequence, message=BROKEN_LINK))
        problems.extend(_check_row(row, sequence))
        if row.event is not None and row.payload is not None and row.payload.erased_at is not None:
            erased_uids[f"event:{row.event.uid}"] = sequence
        for entry in awaited.pop(sequence, ()):
            if entry.hash == row.hash:
                matching.append(entry)
            elif not any(seam.explains(entry) for seam in seams):
                problems.append(_mismatch(entry))
        expected, previous_hash = max(sequence + 1, expected), row.hash or ""
        if len(problems) >= MAX_PROBLEMS:
            break
    else:
        unexplained = [entry for entries in awaited.values() for entry in entries if not any(one.explains(entry) for one in seams)]
        problems.extend(_check_end(expected - 1, previous_hash, unexplained))
    problems.extend(_check_erasures(erased_uids))
    return Verification(
        events=events,
        erased=len(erased_uids),
        head_hash=previous_hash,
        checkpoints=len(matching),
        checkpoint=matching[-1] if matching else None,
        problems=tuple(problems[:MAX_PROBLEMS]),
        seams=seams,
    )


def check_event(event: Event) -> tuple[Problem, ...]:
    """Recompute one event: its own hash, its payload's, and the links to its neighbours."""
    row = read_row(event.pk)
    problems = _check_row(row, event.sequence)
    hashes = dict(Event.objects.filter(sequence__in=[event.sequence - 1, event.sequence]).values_list("sequence", "hash"))
    before = hashes.get(event.sequence - 1)
    if (before is None and event.sequence != 1) or event.previous_hash != (before or GENESIS):
        problems.append(Problem(code="link_broken", sequence=event.sequence, message=BROKEN_LINK))
    after = Event.objects.filter(sequence=event.sequence + 1).values_list("previous_hash", flat=True).first()
    if after is not None and after != event.hash:
        problems.append(Problem(code="link_broken", sequence=event.sequence + 1, message=BROKEN_LINK))
    if row.payload is not None and row.payload.erased_at is not None:
        problems.extend(_check_erasures({f"event:{event.uid}": event.sequence}))
    return tuple(problems)


def _check_row(row: Row, sequence: int) -> list[Problem]:
    if row.event is None or row.fault:
        return [Problem(code="event_malformed", sequence=sequence, message=f"is malformed: {row.fault}")]
    problems = []
    if row.event.expected_hash() != row.hash:
        problems.append(Problem(code="event_altered", sequence=sequence, message="was altered: its hash does not match"))
    if row.payload_fault:
        message = f"has a malformed payload: {row.payload_fault}"
        return [*problems, Problem(code="payload_malformed", sequence=sequence, message=message)]
    return [*problems, *_check_payload(row.event, row.payload)]


def _check_payload(event: Event, payload: Payload | None) -> list[Problem]:
    if payload is None:
        return [Problem(code="payload_missing", sequence=event.sequence, message="has lost its payload")]
    if payload.erased_at is not None:
        if payload.body or event.summary or event.actor_name:
            return [Problem(code="payload_altered", sequence=event.sequence, message="was erased, and yet has content")]
        return []
    if sha256_hex(payload.body) != event.payload_hash:
        return [Problem(code="payload_altered", sequence=event.sequence, message="has an altered payload")]
    try:
        content = json.loads(payload.body)
        recorded = (content["actor_name"], content["summary"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return [Problem(code="payload_malformed", sequence=event.sequence, message="has a malformed payload: it is no envelope")]
    if recorded != (event.actor_name, event.summary):
        message = "was altered: its name or summary is another"
        return [Problem(code="event_altered", sequence=event.sequence, message=message)]
    return []


def _check_erasures(erased: dict[str, int]) -> list[Problem]:
    """An emptied payload without its "audit.erased" event is no erasure."""
    recorded = set(Event.objects.filter(action="audit.erased").values_list("subject", flat=True)) if erased else set()
    return [
        Problem(code="payload_emptied", sequence=sequence, message="was emptied without an erasure on record")
        for subject, sequence in erased.items()
        if subject not in recorded
    ]


def _check_end(last: int, last_hash: str, unexplained: list[Checkpoint]) -> list[Problem]:
    problems = []
    if unexplained:
        newest = max(unexplained, key=lambda entry: entry.sequence)
        if newest.sequence > last:
            problems.append(
                Problem(
                    code="tail_cut",
                    sequence=last + 1,
                    message=f"and what follows was cut off: event {newest.sequence} was signed at {newest.at}",
                )
            )
    heads = list(ChainHead.objects.order_by("pk").values_list("sequence", "hash"))
    sequence, head_hash = heads[0] if heads else (0, GENESIS)
    if len(heads) > 1:
        problems.append(Problem(code="second_head", sequence=last, message=f"is followed by {len(heads)} heads; a chain has one"))
    if type(sequence) is not int:
        return [*problems, Problem(code="head_malformed", sequence=last, message="is followed by a head that is no number")]
    if sequence < last or (sequence == last and head_hash != last_hash):
        problems.append(Problem(code="tail_added", sequence=min(sequence + 1, last), message="was not written through the audit"))
    elif sequence > last and not Event.objects.filter(sequence=last + 1).exists() and not problems:
        problems.append(Problem(code="tail_cut", sequence=last + 1, message=f"and what follows to event {sequence} was cut off"))
    return problems


def _by_sequence(entries: Iterable[Checkpoint]) -> dict[int, list[Checkpoint]]:
    """A file may hold two of one event: of what was lost by a restore, and of what was recorded in its place."""
    found: dict[int, list[Checkpoint]] = {}
    for entry in entries:
        found.setdefault(entry.sequence, []).append(entry)
    return found


def _find_seams(public_key: Path | None) -> tuple[tuple[Seam, ...], list[Problem]]:
    """Return the restores in the chain that a key has signed, and a problem for each that none has signed."""
    events = list(Event.objects.filter(action=RESTORED).order_by("sequence").values_list("pk", "sequence", "payload__body"))
    if not events:
        return (), []
    keys = [verifying_key(path) for path in (public_key, Path(settings.AUDIT_ROOT) / f"{KEY_NAME}.pub") if path and path.exists()]
    seams, problems = [], []
    for _pk, sequence, body in events:
        seam = parse_seam(_payload_of(body))
        place = _place_before(sequence) if type(sequence) is int else None
        if seam is not None and (seam.sequence, seam.hash) == place and seam.is_signed_by(keys):
            seams.append(seam)
        else:
            problems.append(Problem(code="seam_forged", sequence=sequence if place else 0, message=FORGED_SEAM))
    return tuple(seams), problems


def _place_before(sequence: int) -> tuple[int, str]:
    before = Event.objects.filter(sequence=sequence - 1).values_list("hash", flat=True).first()
    return sequence - 1, before or GENESIS


def _payload_of(body: str | None) -> object:
    try:
        return json.loads(body or "")["payload"]
    except (ValueError, TypeError, KeyError):
        return None


def _mismatch(entry: Checkpoint) -> Problem:
    message = f"is not the one that was signed at {entry.at}"
    return Problem(code="checkpoint_mismatch", sequence=entry.sequence, message=message)


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

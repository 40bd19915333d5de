"""Recomputing the chain: what was altered, taken out, put in, cut off or forged since it was recorded."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings

from audit.chain.canonical import GENESIS
from audit.chain.checkpoints import FILE_NAME, KEY_NAME, Checkpoint, read_checkpoints, verifying_key
from audit.chain.marks.guards import missing_guards
from audit.chain.marks.keys import read_keys
from audit.chain.marks.sealing import SEALED, check_seals
from audit.chain.rows import Row, read_row, read_rows
from audit.chain.seams import RESTORED, Seam, parse_seam
from audit.chain.verifying.event_checks import check_row
from audit.chain.verifying.problems import BROKEN_LINK, MAX_PROBLEMS, Problem, Verification
from audit.chain.verifying.table_checks import check_end, check_erasures, check_orphans
from audit.chain.verifying.walking import Standing, Walk, is_without_marks
from audit.chain.witness import read_witness
from audit.models import Event

FORGED_SEAL = "seals another place than it stands at, or no key of this installation has signed it"
FORGED_SEAM = "tells of a restore that no key of this installation has signed"


def verify_chain(*, checkpoint: Path | None = None, public_key: Path | None = None) -> Verification:
    """Recompute every hash and mark from the rows as they are now, in batches, while others may go on recording.

    Args:
        checkpoint: a file of checkpoints; by default the installation's own, where there is one.
        public_key: by default the one beside the installation's own checkpoints.
    Raises: CheckpointInvalid: a file that was named, or the key to it, cannot be read. KeyUnusable: so can't the keys of events.
    """
    verification, _standing = verify_part(Standing(), checkpoint=checkpoint, public_key=public_key, at_most=None)
    return verification


def verify_part(
    standing: Standing, *, checkpoint: Path | None = None, public_key: Path | None = None, at_most: int | None
) -> tuple[Verification, Standing | None]:
    """Verify from where a walk stands, `at_most` so many events.

    Returns: what was found in this part, and where the next one begins; None: the end of the chain was reached, and checked.
    """
    # Before the first row is read: neither then speaks of an event that this run has not yet seen.
    signed, problems = _trusted_checkpoints(checkpoint, public_key)
    witness = read_witness(Path(settings.AUDIT_ROOT))
    seams, forged_seams = _find_seams(public_key)
    keys = read_keys()
    walk = Walk(standing=standing, checkpoints=signed, seams=seams, keys=None if is_without_marks(keys) else keys, witness=witness)
    if standing.events == 0:
        walk.problems += [*problems, *forged_seams, *_find_forged_seals(public_key)]
    rows = read_rows(after=standing.expected - 1)
    is_ended = _take(walk, rows, at_most=at_most)
    if is_ended:
        last = standing.expected - 1
        walk.problems += check_end(last, standing.previous_hash, walk.unexplained(), key_id=standing.key_id, witness=witness)
        if not any(problem.code in ("gap", "tail_cut") for problem in walk.problems):
            walk.problems += check_orphans()
    walk.problems += check_erasures(walk.erased)
    verification = Verification(
        events=standing.events,
        erased=standing.erased,
        head_hash=standing.previous_hash,
        checkpoints=len(walk.matching),
        checkpoint=walk.matching[-1] if walk.matching else None,
        problems=tuple(walk.problems[:MAX_PROBLEMS]),
        authenticated=standing.authenticated,
        seams=seams,
        guards_missing=missing_guards(),
    )
    return verification, None if is_ended or walk.problems else standing


def _take(walk: Walk, rows: Iterator[Row], *, at_most: int | None) -> bool:
    """Walk until there are too many problems, or no more events. Returns: whether the end was reached."""
    for row in islice(rows, at_most):
        walk.take(row)
        if len(walk.problems) >= MAX_PROBLEMS:
            return False
    return at_most is None or next(rows, None) is None


def check_event(event: Event) -> tuple[Problem, ...]:
    """Recompute one event: its own hash, its payload's, its mark, and the links to its neighbours."""
    row, keys = read_row(event.pk), read_keys()
    problems = check_row(row, event.sequence, keys=keys if keys or event.mark else None)
    hashes = dict(Event.objects.filter(sequence__in=[event.sequence - 1, event.sequence]).values_list("sequence", "hash"))
    before = hashes.get(event.sequence - 1)
    if (before is None and event.sequence != 1) or event.previous_hash != (before or GENESIS):
        problems.append(Problem(code="link_broken", sequence=event.sequence, message=BROKEN_LINK))
    after = Event.objects.filter(sequence=event.sequence + 1).values_list("previous_hash", flat=True).first()
    if after is not None and after != event.hash:
        problems.append(Problem(code="link_broken", sequence=event.sequence + 1, message=BROKEN_LINK))
    if row.payload is not None and row.payload.erased_at is not None:
        problems.extend(check_erasures({f"event:{event.uid}": (event.sequence, row.payload.erased_at)}))
    return tuple(problems)


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


def _find_forged_seals(public_key: Path | None) -> list[Problem]:
    root = Path(settings.AUDIT_ROOT)
    # A restore without the signing key makes a new one, and keeps what checks the signatures of before ("before-*.pub").
    paths = [*filter(None, [public_key]), root / f"{KEY_NAME}.pub", *sorted(root.glob("before-*.pub"))]
    keys = [verifying_key(path) for path in paths if path.exists()]
    return [
        Problem(code="seal_forged", sequence=sequence if type(sequence) is int else 0, message=FORGED_SEAL)
        for sequence in check_seals(keys)
    ]


def _place_before(sequence: int) -> tuple[int, str]:
    """Return sequence and hash of the event before a restore's; a seal, which a restore makes first, does not count."""
    before = Event.objects.filter(sequence__lt=sequence).exclude(sequence=sequence - 1, action=SEALED).order_by("-sequence")
    last, its_hash = before.values_list("sequence", "hash").first() or (0, GENESIS)
    return last, its_hash


def _payload_of(body: str | None) -> object:
    try:
        return json.loads(body or "")["payload"]
    except (ValueError, TypeError, KeyError):
        return None


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

"""What is checked of the tables as a whole: erasures on record, the head, rows that belong to no event."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef

from audit.chain.canonical import GENESIS
from audit.chain.checkpoints import Checkpoint
from audit.chain.verifying.problems import Problem
from audit.chain.witness import Witness
from audit.models import ChainHead, Event, Fact, Payload

ERASED = "audit.erased"
HEAD_ID = 1
Erased = Mapping[str, tuple[int, datetime]]  # "event:UID" → sequence and time of an emptied payload


def check_erasures(erased: Erased) -> list[Problem]:
    """An emptied payload without its "audit.erased" event, of the same time, is no erasure."""
    if not erased:
        return []
    recorded: dict[str, set[datetime]] = {}
    for subject, at in Event.objects.filter(action=ERASED).values_list("subject", "at"):
        recorded.setdefault(subject, set()).add(at)
    return [
        Problem(code="payload_emptied", sequence=sequence, message="was emptied without an erasure on record")
        for subject, (sequence, at) in erased.items()
        if at not in recorded.get(subject, ())
    ]


def check_orphans() -> list[Problem]:
    """Rows that belong to no event were put there by hand, or their event was taken away."""
    problems = []
    for model, code, words in ((Payload, "payload_orphaned", "a payload"), (Fact, "facts_orphaned", "a search fact")):
        orphan = model._base_manager.filter(~Exists(Event.objects.filter(pk=OuterRef("event_id")))).order_by("pk").first()
        if orphan is not None:
            message = f"There is {words} of an event that is not there (row {orphan.pk}, event id {orphan.event_id})"
            problems.append(Problem(code=code, sequence=0, message=message))
    return problems


def check_end(
    last: int, last_hash: str, unexplained: list[Checkpoint], *, key_id: str | None, witness: Witness | None
) -> list[Problem]:
    """Compare where the events end with checkpoints, the note beside the database, and the head."""
    problems = []
    if unexplained:
        newest = max(unexplained, key=lambda entry: entry.sequence)
        if newest.sequence > last:
            message = f"and what follows was cut off: event {newest.sequence} was signed at {newest.at}"
            problems.append(Problem(code="tail_cut", sequence=last + 1, message=message))
    if witness is not None and witness.sequence > last and not problems:
        message = f"and what follows was cut off: event {witness.sequence} was committed"
        problems.append(Problem(code="tail_cut", sequence=last + 1, message=message))
    heads = list(ChainHead.objects.order_by("pk").values_list("sequence", "hash", "key_id", "pk"))
    sequence, head_hash, head_key, number = heads[0] if heads else (0, GENESIS, "", HEAD_ID)
    if not heads and last:
        return [*problems, Problem(code="head_malformed", sequence=last, message="is followed by no head")]
    if len(heads) > 1:
        problems.append(Problem(code="second_head", sequence=last, message=f"is followed by {len(heads)} heads; a chain has one"))
    if type(sequence) is not int:
        return [*problems, Problem(code="head_malformed", sequence=last, message="is followed by a head that is no number")]
    if heads and (number != HEAD_ID or (sequence == last and key_id is not None and head_key != key_id)):
        message = "is followed by a head that names another key, or is not the one that writers use"
        problems.append(Problem(code="head_malformed", sequence=last, message=message))
    if sequence < last or (sequence == last and head_hash != last_hash):
        problems.append(Problem(code="tail_added", sequence=min(sequence + 1, last), message="was not written through the audit"))
    elif sequence > last and not Event.objects.filter(sequence=last + 1).exists() and not problems:
        problems.append(Problem(code="tail_cut", sequence=last + 1, message=f"and what follows to event {sequence} was cut off"))
    return problems

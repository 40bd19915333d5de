"""Writing to the audit: one function to record, one to erase (`audit.life.erasure`), one to sign where the chain stands."""

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from audit.actor import COMMAND_LINE, SYSTEM, Actor
from audit.chain import checkpoints
from audit.chain.appending import BATCH, Entry, link_drafts, make_draft, write_contents
from audit.chain.durability import wait_after_commit, wait_for_disk
from audit.chain.growing import Tree
from audit.chain.marks.guards import lifted_guards
from audit.chain.marks.keys import read_keys
from audit.chain.marks.sealing import SEALED, key_of_head, needs_seal, seal_events
from audit.chain.statements import insert_events, lock_head, write_contents_ahead
from audit.chain.witness import note_head
from audit.models import ChainHead, Event

logger = logging.getLogger(__name__)

HEAD_ID = 1


def record(
    action: str,
    *,
    by: Actor = SYSTEM,
    subject: str = "",
    summary: str = "",
    payload: Mapping[str, Any] | None = None,
    uid: uuid.UUID | None = None,
) -> Event:
    """Append an event to the chain, in the caller's transaction where there is one: both happen or neither.

    Writers stand in line from here to the end of their transaction, so call it last in a transaction and keep that short.

    Args:
        action: "kind.verb" of the contract, at most 60 characters.
        by: who acted; the name and the summary are for people: cut to their columns, erased with the payload.
        subject: what it was done to, as "kind:id".
        payload: what JSON can hold (also UUIDs, dates and lazy translations); no NaN.
        uid: of the event, where what it records may be recorded once only: the database refuses a second one.
    Raises: AuditInvalid: no action, a field too long, or a payload that is not JSON.
    """
    entry = Entry(action=action, by=by, subject=subject, summary=summary, payload=payload, uid=uid)
    return record_all([entry])[0]


def record_all(entries: Sequence[Entry]) -> list[Event]:
    """Append events one after another, as `record` does, in as many statements as for one."""
    drafts = [make_draft(entry) for entry in entries]
    if not drafts:
        return []
    with transaction.atomic():
        if connection.vendor == "postgresql":  # what is long is written before the head is locked
            keys = write_contents_ahead([(draft.body, draft.facts) for draft in drafts])
            for draft, pk in zip(drafts, keys, strict=True):
                draft.event.pk = pk
        head = lock_chain()
        if needs_seal(head):
            _seal(head, reason="upgrade")
        events = link_drafts(drafts, head=head, key=key_of_head(head))
        if connection.vendor == "postgresql":
            insert_events(events, head=head)
        else:
            Event.objects.bulk_create(events, batch_size=BATCH)
            write_contents(drafts)
            head.save(update_fields=["sequence", "hash", "key_id"])
        # Robust: the events are committed by then, and a full disk must not turn the caller's success into an error.
        last = events[-1]
        transaction.on_commit(lambda: _after_commit(last.sequence, last.hash), robust=True)
    return events


def seal_chain(*, reason: str = "upgrade") -> bool:
    """Mark what an earlier release recorded, or what a backup brought without its keys (reason "restore"), where that is needed.

    Returns: whether it was. Raises: KeyUnusable: the keys that are here are not those of this chain.
    """
    with transaction.atomic():
        head = lock_chain()
        if not head.sequence or (head.key_id and (reason != "restore" or head.key_id in read_keys())):
            return False
        _seal(head, reason=reason)
    return True


def _seal(head: ChainHead, *, reason: str) -> None:
    with lifted_guards() if reason == "restore" else nullcontext():
        payload = seal_events(head, reason=reason)
    record(SEALED, by=COMMAND_LINE, subject="audit:chain", summary=str(head.sequence), payload=payload)
    head.refresh_from_db()


def lock_chain() -> ChainHead:
    """Stand in line to record, until the caller's transaction ends.

    Every change of rights is recorded in its own transaction. So what is read after this is what holds when the caller's event
    is recorded: a change whose event stands before it in the chain has been committed, and is seen.
    """
    if connection.vendor == "postgresql" and (locked := lock_head(HEAD_ID)) is not None:
        wait_after_commit()
        return locked
    head, _created = ChainHead.objects.select_for_update().get_or_create(pk=HEAD_ID)
    return head


def write_checkpoint() -> checkpoints.Checkpoint | None:
    """Sign the head as it is committed now, with the root of the tree below it, and append it to the file.

    None while nothing was recorded, or where another process alone holds the signing key.
    """
    root = Path(settings.AUDIT_ROOT)
    head = ChainHead.objects.filter(pk=HEAD_ID, sequence__gt=0).first()
    if head is None or not checkpoints.may_sign(root):
        return None
    wait_for_disk()  # another's commit, which this process sees, may not be there yet
    newest = checkpoints.last_checkpoint(root)
    if newest is not None and newest.sequence >= head.sequence:
        return newest
    tree_root = Tree(root=root, size=head.sequence).root().hex()
    return checkpoints.append_checkpoint(root=root, sequence=head.sequence, head_hash=head.hash, tree_root=tree_root)


def _after_commit(sequence: int, head_hash: str) -> None:
    """Note the head beside the database, and sign it where the newest checkpoint is older than `AUDIT_CHECKPOINT_S`; the rest is
    covered by beat and the next event."""
    root = Path(settings.AUDIT_ROOT)
    note_head(root, sequence=sequence, head_hash=head_hash)
    path = root / checkpoints.FILE_NAME
    if path.exists() and time.time() - path.stat().st_mtime < settings.AUDIT_CHECKPOINT_S:
        return
    checkpoint = write_checkpoint()
    if checkpoint is not None:
        logger.info("audit checkpoint at event %d", checkpoint.sequence)

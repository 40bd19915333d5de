"""Switching passages off and on, correcting them, and having the index follow.

The rows are the truth: from its commit on a change counts for every answer. A REVISE job embeds what reads otherwise by then, and
takes what was switched off out of every edition's index.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.editable import holds_unstorable
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from ingest.editions.building import uncleared_engines
from ingest.models import OPEN_STATES, Job
from ingest.queue.crash_points import crash_point
from ingest.queue.leases import Lease
from ingest.queue.notices import notify_worker
from ingest.stages.passages import Passages
from ingest.stages.removal import open_removal
from kb.index.editions import serving_edition
from kb.index.engine import Engine
from kb.keeping.passages import change_stored, restore_stored
from kb.models import Chunk, Document, DocumentVersion, PassageChange

REASON_CHARACTERS = 500
TEXT_CHARACTERS = 8000
REVISE_PRIORITY = -1  # before uploads: it is short
Kind = PassageChange.Kind


@transaction.atomic
def change_passage(*, chunk: Chunk, kind: str, reason: str, user: User, text: str = "") -> PassageChange:
    """Switch a passage off, or correct it, at once for all answers; a change that it has is replaced.

    Args: text: of a correction, what is to be read in place of the passage.
    Raises: ValuesRefused: by field; at "" where the passage is not one that answers.
    """
    kept, corrected = _clean_reason(reason), _clean_text(text) if kind == Kind.CORRECTED else ""
    document, row = _lock(chunk)
    original = row.change.original_text if row.change is not None else row.text
    original_hash = row.change.original_hash if row.change is not None else row.text_hash
    if corrected and corrected == original:
        raise ValuesRefused({"text": [_("The text has not been changed. Correct it, or switch the passage off.")]})
    if row.change is not None:
        _lift(row.change, user=user)
    change = PassageChange.objects.create(
        document=document,
        kind=kind,
        original_text=original,
        original_hash=original_hash,
        corrected_text=corrected,
        reason=kept,
        version_number=row.version.number,
        page_number=row.page.number,
        made_by=user,
        made_by_name=user.get_full_name() or user.username,
    )
    _open_revisions(change_stored(change))
    _record("passage.switched_off" if kind == Kind.OFF else "passage.corrected", change, user=user)
    return change


@transaction.atomic
def lift_change(*, change: PassageChange, user: User) -> None:
    """Have a passage read again as its page says. Raises: ValuesRefused: the change does not hold any more."""
    document = Document.objects.live().select_for_update().filter(pk=change.document_id).first()
    locked = PassageChange.objects.filter(pk=change.pk, lifted_at=None).first()
    if document is None or locked is None:
        raise ValuesRefused({"": [_("This change has already been undone.")]})
    _lift(locked, user=user)
    _record("passage.restored", locked, user=user)


def revise(*, version: DocumentVersion, lease: Lease, engine: Engine) -> None:
    """Have every edition's index follow the changes of a version's passages."""
    while True:
        document = Document.objects.get(pk=version.document_id)
        if document.deleted_at is not None or document.current_version_id != version.pk:
            return  # its removal, or the newer version, takes care of the index
        seen = _state_of(document)
        for each in uncleared_engines(engine):
            passages = Passages(version=version, title=document.title, lease=lease, engine=each, between=lease.check)
            stale = list(passages.chunks.filter(embedding=None, is_off=False).values_list("pk", flat=True))
            passages.embed()
            # What reads otherwise has a new embedding; what was changed before is published again, which changes nothing.
            changed = set(passages.chunks.filter(change__isnull=False).values_list("pk", flat=True))
            passages.publish_changed({*stale, *changed, *_once_changed(passages.chunks, document)})
        crash_point("revised")
        with lease.fenced():
            locked = Document.objects.select_for_update().get(pk=document.pk)
            if locked.deleted_at is not None or locked.current_version_id != version.pk:
                open_removal(version.pk)
            if _state_of(locked) == seen and locked.collection_id == document.collection_id:
                return


def _once_changed(chunks: QuerySet[Chunk], document: Document) -> list[int]:
    """Return the passages whose changes were taken back: they are to be in the index again, as they were read."""
    hashes = PassageChange.objects.filter(document=document, lifted_at__isnull=False).values("original_hash")
    return list(chunks.filter(change=None, text_hash__in=hashes).values_list("pk", flat=True))


def _state_of(document: Document) -> list[tuple[int, bool]]:
    return [(pk, at is None) for pk, at in document.passage_changes.order_by("pk").values_list("pk", "lifted_at")]


def _lock(chunk: Chunk) -> tuple[Document, Chunk]:
    """Return the document, held to the end of the transaction, and the passage as it is then."""
    document = Document.objects.live().select_for_update().filter(versions=chunk.version_id).first()
    rows = Chunk.objects.filter(pk=chunk.pk, edition=serving_edition().number).select_related("change", "version", "page")
    row = rows.filter(version=document.current_version_id).first() if document is not None else None
    if document is None or row is None:
        raise ValuesRefused({"": [_("This passage is no longer in use. See the current version.")]})
    return document, row


def _lift(change: PassageChange, *, user: User) -> None:
    change.lifted_at, change.lifted_by = timezone.now(), user
    change.save(update_fields=["lifted_at", "lifted_by"])
    _open_revisions(restore_stored(change))


def _open_revisions(versions: list[int]) -> None:
    for version in versions:
        Job.objects.get_or_create(
            version_id=version,
            kind=Job.Kind.REVISE,
            state__in=OPEN_STATES,
            defaults={"state": Job.State.WAITING, "priority": REVISE_PRIORITY},
        )
    notify_worker()


def _clean_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise ValuesRefused({"reason": [_("Give a reason. Reviewers of answers will see it.")]})
    if len(reason) > REASON_CHARACTERS or holds_unstorable(reason):
        raise ValuesRefused({"reason": [_("Enter a reason of at most %(count)d characters.") % {"count": REASON_CHARACTERS}]})
    return reason


def _clean_text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValuesRefused({"text": [_("Enter the correct text, or switch the passage off.")]})
    if len(text) > TEXT_CHARACTERS or holds_unstorable(text):
        raise ValuesRefused({"text": [_("Enter a text of at most %(count)d characters.") % {"count": TEXT_CHARACTERS}]})
    return text


def _record(action: str, change: PassageChange, *, user: User) -> None:
    document = change.document
    record(
        action,
        by=actor_of(user),
        subject=f"document:{document.uid}",
        summary=f"{document.title} v{change.version_number}, page {change.page_number}",
        payload={
            "document": document.name,
            "document_uid": document.uid,
            "version": change.version_number,
            "page_number": change.page_number,
            "change": change.uid,
            "reason": change.reason,
            "original_sha256": change.original_hash,  # the words are the document's, and go with it
            **({"corrected": change.corrected_text} if change.corrected_text else {}),
        },
    )

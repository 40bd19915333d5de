"""Runs over many documents: begun with their members, done one by one under a lease, ended with what failed.

The audit has a run as one event with its members, in the transaction that makes it, and a second one when it has ended, which
names what failed. What changes where a document is, or whether, is in that document's own history besides.
"""

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from ingest.errors import UploadRefused
from ingest.many.acting import Doing, act, clean_action, documents_for
from ingest.many.models import BulkMember, BulkRun
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_bulk
from kb.models import Collection, Document

logger = logging.getLogger(__name__)
MOST_MEMBERS = 50_000
ROWS_AT_ONCE = 2000
State = BulkMember.State


@transaction.atomic
def start_run(
    *, action: str, documents: QuerySet[Document], collection: Collection, values: Mapping[str, Any], user: User
) -> BulkRun:
    """Fix the selection and put the run into the queue.

    Args:
        documents: of the collection; those to which the user may not do this are no part of it.
        values: as `ingest.many.acting.clean_action` takes them.
    Raises: ValuesRefused: no such action, bad values, nothing or too much is selected.
    """
    if action not in BulkRun.Action.values:
        raise ValuesRefused({"action": [_("Choose an action.")]})
    kept = clean_action(action, values, collection=collection, user=user)
    allowed = documents_for(action, user).filter(collection=collection, pk__in=documents.order_by().values("pk"))
    members = list(allowed.order_by("name", "pk").values_list("pk", "uid", "name")[: MOST_MEMBERS + 1])
    if not members:
        raise ValuesRefused({"": [_("Select at least one document.")]})
    if len(members) > MOST_MEMBERS:
        raise ValuesRefused({"": [_("Select at most %(count)d documents at a time.") % {"count": MOST_MEMBERS}]})
    run = BulkRun.objects.create(collection=collection, action=action, values=kept, asked_by=user)
    BulkMember.objects.bulk_create(
        (BulkMember(run=run, document_id=pk, name=name) for pk, _uid, name in members), batch_size=ROWS_AT_ONCE
    )
    record(
        "documents.bulk_started",
        by=actor_of(user),
        subject=f"collection:{collection.slug}",
        summary=f"{action}: {len(members)}",
        payload={
            "run": run.uid,
            "collection": collection.slug,
            "action": action,
            "values": kept,
            "members": [{"document": name, "document_uid": uid} for _pk, uid, name in members],
        },
    )
    notify_bulk()
    return run


def work_on_runs(*, for_s: float) -> int:
    """Do members of runs that are due, the oldest run first, until none is left or the time is over. Returns: how many."""
    end, count = time.monotonic() + for_s, 0
    while time.monotonic() < end and (run := _claim()) is not None:
        try:
            count += _work_on(run, end=end)
        finally:
            BulkRun.objects.filter(pk=run.pk, leased_by=run.leased_by).update(leased_by="", lease_expires_at=None)
    return count


def is_run_due() -> bool:
    """Whether a run waits for a worker, or lost the one that it had."""
    return _due().exists()


def count_members(run: BulkRun) -> dict[str, int]:
    """Return how many members are in each state, "total", and "over": of how many it is known."""
    counts = dict.fromkeys(State.values, 0) | dict(run.members.order_by().values_list("state").annotate(Count("pk")))
    return counts | {"total": sum(counts.values()), "over": counts[State.DONE] + counts[State.FAILED]}


def _due() -> QuerySet[BulkRun]:
    free = Q(leased_by="") | Q(lease_expires_at__lt=timezone.now())
    return BulkRun.objects.filter(free).exclude(state=BulkRun.State.DONE).order_by("asked_at", "pk")


def _claim() -> BulkRun | None:
    """Take the next run for this process; two workers never have the same one: the update decides."""
    for run in _due()[:5]:
        token = uuid.uuid4().hex
        until = timezone.now() + timedelta(seconds=settings.LEASE_S)
        if _due().filter(pk=run.pk).order_by().update(state=BulkRun.State.RUNNING, leased_by=token, lease_expires_at=until):
            return BulkRun.objects.select_related("collection", "asked_by").get(pk=run.pk)
    return None


def _work_on(run: BulkRun, *, end: float) -> int:
    """Do the members that are left, and end the run. Returns: how many were done."""
    count = 0
    for pk in run.members.filter(state=State.WAITING).values_list("pk", flat=True)[:ROWS_AT_ONCE]:
        if time.monotonic() > end:
            return count
        with transaction.atomic():
            if not _renew(run):
                return count  # another worker has it
            member = BulkMember.objects.select_for_update(of=("self",)).select_related("document").get(pk=pk)
            if member.state == State.WAITING:
                member.error_code = _do(run, member)
                member.state = State.FAILED if member.error_code else State.DONE
                member.save(update_fields=["state", "error_code"])
                count += 1
        crash_point("member_done")
    _end(run)
    return count


def _renew(run: BulkRun) -> bool:
    mine = BulkRun.objects.filter(pk=run.pk, leased_by=run.leased_by)
    return bool(mine.update(lease_expires_at=timezone.now() + timedelta(seconds=settings.LEASE_S)))


def _do(run: BulkRun, member: BulkMember) -> str:
    """Do it, with the rights that its asker has at this moment. Returns: "", or the code of why it was not done."""
    asker = User.objects.filter(pk=run.asked_by_id, is_active=True).first()
    if asker is None:
        return "no_right"
    if member.document.deleted_at is not None:
        return "gone"
    allowed = documents_for(run.action, asker).select_related("collection", "folder")
    document = allowed.filter(pk=member.document_id, collection=run.collection_id).first()
    if document is None:
        return "no_right"
    try:
        with transaction.atomic():
            act(run.action, document, Doing(collection=run.collection, values=run.values, user=asker))
    except UploadRefused as refused:
        logger.info("run %s: document %s: %s (%s)", run.pk, member.document_id, refused.code, refused.detail)
        return refused.code
    return ""


@transaction.atomic
def _end(run: BulkRun) -> None:
    """End a run of which nothing is left, with the event that says what failed."""
    if run.members.filter(state=State.WAITING).exists() or not _renew(run):
        return
    BulkRun.objects.filter(pk=run.pk).update(state=BulkRun.State.DONE, ended_at=timezone.now())
    counts = count_members(run)
    failed = run.members.filter(state=State.FAILED).select_related("document")
    record(
        "documents.bulk_ended",
        by=actor_of(run.asked_by),
        subject=f"collection:{run.collection.slug}",
        summary=f"{run.action}: {counts[State.DONE]} / {counts['total']}",
        payload={
            "run": run.uid,
            "action": run.action,
            "done": counts[State.DONE],
            "failed": [
                {"document": row.name, "document_uid": row.document.uid, "code": row.error_code}
                for row in failed.iterator(chunk_size=ROWS_AT_ONCE)
            ],
        },
    )

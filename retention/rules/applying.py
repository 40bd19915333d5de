"""Applying the rules: once a day by beat, or by `manage.py apply_retention`; a slice at a time, so that others record between."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.actor import SYSTEM, Actor
from audit.life.erasure import erase_payloads
from audit.life.holds import find_hold, read_holds
from audit.models import Event
from audit.services import lock_chain, record
from chat.conversations.arranging import as_deletable, lock_turns
from chat.models import Conversation, Feedback, Turn
from retention.models import Purge, RetentionRule, RetentionRun
from retention.purging.purging import purge_documents
from retention.rules.events import due_events, everything_held
from retention.rules.periods import read_periods
from retention.rules.preview import due_conversations, due_documents
from reviews.models import Case, Review

logger = logging.getLogger(__name__)
RUN_ID = 1
LEASE = timedelta(minutes=10)
EVENTS_AT_ONCE = 100  # a transaction holds the head of the chain meanwhile
CONVERSATIONS_AT_ONCE = 50
DOCUMENTS_AT_ONCE = 200
Kind = RetentionRule.Kind


@dataclass(slots=True, kw_only=True)
class Gone:
    """What a run let go, by kind; `is_whole`: nothing that is due is left."""

    counts: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True


def apply_when_due(*, now: datetime | None = None, slice_s: float = 20.0) -> bool:
    """Apply the rules where today's run is due, for about `slice_s` seconds. Returns: whether a run came to its end."""
    now = now or timezone.now()
    if not (RetentionRule.objects.filter(is_on=True).exists() or Purge.objects.filter(finished_at=None).exists()):
        return False
    with _leased(now) as run:
        if run is None or not _is_due(run.finished_at, now=now):
            return False
        gone = apply_rules(now=now, slice_s=slice_s)
        if gone.is_whole:
            RetentionRun.objects.filter(pk=RUN_ID).update(finished_at=now)
        return gone.is_whole


def apply_rules(*, now: datetime | None = None, slice_s: float = float("inf"), by: Actor = SYSTEM) -> Gone:
    """Let go of what is due by the rules that are on, as long as there is time. What a legal hold keeps stays."""
    now, deadline = now or timezone.now(), time.monotonic() + slice_s
    gone = Gone()
    for kind in (Kind.QUESTIONS, Kind.VIEWS):
        _add(gone, kind, _erase_events(kind, now=now, deadline=deadline, by=by))
    _add(gone, Kind.CONVERSATIONS, _delete_conversations(now=now, deadline=deadline, by=by))
    documents = due_documents(read_periods(Kind.DOCUMENTS), now=now)
    purged = purge_documents(documents[:DOCUMENTS_AT_ONCE], by=by) if documents and time.monotonic() < deadline else 0
    _add(gone, Kind.DOCUMENTS, (purged, len(documents) <= DOCUMENTS_AT_ONCE))
    if gone.counts:
        record("retention.applied", by=by, summary=", ".join(f"{kind} {n}" for kind, n in gone.counts.items()), payload=gone.counts)
        logger.info("retention: %s", gone.counts)
    return gone


def _add(gone: Gone, kind: str, found: tuple[int, bool]) -> None:
    count, is_whole = found
    if count:
        gone.counts[str(kind)] = count
    gone.is_whole = gone.is_whole and is_whole


def _erase_events(kind: str, *, now: datetime, deadline: float, by: Actor) -> tuple[int, bool]:
    periods, count = read_periods(kind), 0
    for batch in due_events(kind, periods, now=now, held=everything_held()):
        for start in range(0, len(batch), EVENTS_AT_ONCE):
            if time.monotonic() >= deadline:
                return count, False
            part = batch[start : start + EVENTS_AT_ONCE]
            with transaction.atomic():
                lock_cases(part)
                lock_chain()  # a hold that is recorded before this erasure is seen by it
                reason = f"Retention: {kind}, by the rules of {now:%Y-%m-%d}"
                count += len(erase_payloads(part, reason=reason, by=by, kept=everything_held()))
                _empty_reviews(part)
    return count, True


def lock_cases(events: list[Event]) -> None:
    """Lock what reviewers wrote of these answers: before the chain, as whoever reviews one does."""
    list(Case.objects.select_for_update().filter(event__in=events).order_by("pk").values_list("pk"))


def _empty_reviews(events: list[Event]) -> None:
    """What reviewers wrote of an answer goes with it; their verdicts stay."""
    gone = Event.objects.filter(pk__in=[event.pk for event in events], payload__erased_at__isnull=False)
    Review.objects.filter(case__event__in=gone).update(reason="", comment="", correction="")


def _delete_conversations(*, now: datetime, deadline: float, by: Actor) -> tuple[int, bool]:
    count, due = 0, due_conversations(read_periods(Kind.CONVERSATIONS), now=now)
    while batch := list(islice(due, CONVERSATIONS_AT_ONCE)):
        if time.monotonic() >= deadline:
            return count, False
        count += delete_conversations([one.pk for one in batch], before=now, by=by)
    return count, True


def delete_conversations(keys: list[int], *, before: datetime, by: Actor, action: str = "conversation.expired") -> int:
    """Delete conversations that nobody has gone on with since and no hold keeps, and what was said of their answers."""
    with transaction.atomic():
        lock_turns(keys)
        lock_chain()
        holds = read_holds()
        rows = list(Conversation.objects.select_for_update().filter(pk__in=keys, updated_at__lt=before))
        going = [row.pk for row in rows if find_hold(as_deletable(row), holds=holds) is None]
        if going:
            receipts = Turn.objects.filter(conversation__in=going).exclude(receipt="").values_list("receipt", flat=True)
            Feedback.objects.filter(receipt__in=list(receipts)).delete()
            Conversation.objects.filter(pk__in=going).delete()
            record(action, by=by, payload={"conversations": len(going)}, summary=str(len(going)))
    return len(going)


def _is_due(finished_at: datetime | None, *, now: datetime) -> bool:
    local = timezone.localtime(now)
    today = local.replace(hour=settings.RETENTION_HOUR, minute=0, second=0, microsecond=0)
    latest = today if local >= today else today - timedelta(days=1)
    return finished_at is None or finished_at < latest


@contextmanager
def _leased(now: datetime) -> Iterator[RetentionRun | None]:
    RetentionRun.objects.get_or_create(pk=RUN_ID)
    free = RetentionRun.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), pk=RUN_ID)
    if not free.update(leased_until=now + LEASE):
        yield None
        return
    try:
        yield RetentionRun.objects.get(pk=RUN_ID)
    finally:
        RetentionRun.objects.filter(pk=RUN_ID).update(leased_until=None)

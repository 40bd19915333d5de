"""Run SQL sources in batches: new and changed rows become versions, unchanged rows are skipped, documents of lost rows deleted.

A batch takes in a bounded number of rows, so that uploads do not wait behind a large table; the next batch reads the query
again and goes on by what is written down about each row. Killed at any moment, it is continued in the same way.
"""

import hashlib
import io
import logging
import os
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.actor import Actor
from audit.services import record
from ingest.documents.deletion import delete_document
from ingest.errors import UploadRefused
from ingest.parsers.formats.registry import SQL_ROW
from ingest.parsers.plain.sql_row import row_bytes
from ingest.queue.notices import notify_worker
from ingest.services import accept_upload
from sources.errors import PASSING, SourceFault, SourceTaken
from sources.models import MAX_HISTORY, SqlRow, SqlSource
from sources.services import Sample, locate_source, make_sample
from sources.sql_rows import read_rows
from sources.sync.caution import is_suspicious

logger = logging.getLogger(__name__)

MAX_CHANGES = 500  # of one batch
LEASE_S = 120.0
RENEW_S = 5.0
MAX_TEXT = 1_000_000  # characters of a row
MAX_KEY = 300
NAMED = 10  # of the rows that were left out, in the history
BACK_OFF_MINUTES = (1, 5, 15)


def run_due_sources(*, only: int | None = None) -> int:
    """Run a batch of every source that is due, or of `only` that one. Returns: the number of batches."""
    count = 0
    while source := _claim(only):
        count += 1
        _run_batch(source)
        if only is not None:
            break
    return count


def _due() -> Q:
    now = timezone.now()
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    by_schedule = Q(is_paused=False, next_run_at__lte=now)
    return free & (Q(removed_at__isnull=False) | Q(wanted_at__lte=now) | by_schedule)


def _claim(only: int | None) -> SqlSource | None:
    """Claim the source that has been due longest. The conditional update ensures that two workers never get the same."""
    due = SqlSource.objects.filter(_due())
    if only is not None:
        due = due.filter(pk=only)
    for source in due.order_by("wanted_at", "next_run_at")[:5]:
        token = f"{os.getpid()}:{uuid.uuid4().hex}"
        expires = timezone.now() + timedelta(seconds=LEASE_S)
        if SqlSource.objects.filter(_due(), pk=source.pk).update(leased_by=token, lease_expires_at=expires):
            return SqlSource.objects.select_related("collection").get(pk=source.pk, leased_by=token)
    return None


def _run_batch(source: SqlSource) -> None:
    """Run one batch, and record how it ended."""
    started = time.monotonic()
    try:
        if source.removed_at:
            _remove_some(source)
            return
        batch = _Batch(source)
        batch.read()
        _end(source, batch, seconds=time.monotonic() - started)
    except SourceTaken:
        logger.info("source %s was taken from this worker, paused or changed", source.pk)
    except SourceFault as error:
        logger.info("source %s: %s", source.pk, error.code)
        _fail(source, error, seconds=time.monotonic() - started)
    except Exception:
        logger.exception("source %s", source.pk)
        _fail(source, SourceFault("internal"), seconds=time.monotonic() - started)


class _Batch:
    """One pass through the query. `is_complete`: its end was reached, so rows that were not seen are gone."""

    def __init__(self, source: SqlSource) -> None:
        self.source = source
        self.known = dict(source.rows.values_list("key", "sha256"))
        self.seen: set[str] = set()
        self.counts = {"new": 0, "changed": 0, "unchanged": 0, "refused": 0, "deleted": 0, "held": 0}
        self.refused: list[str] = []
        self.is_complete = False
        self.renewed = time.monotonic()

    def read(self) -> None:
        """Store new and changed rows. Raises: SourceFault, SourceTaken."""
        maximum = settings.SOURCE_MAX_ROWS
        url, addresses = locate_source(self.source)
        timeout_s = settings.SOURCE_TIMEOUT_S
        rows = read_rows(url, self.source.query, limit=maximum + 1, timeout_s=timeout_s, addresses=addresses)
        for number, row in enumerate(rows, start=1):
            if number > maximum:
                raise SourceFault("too_many_rows", str(maximum))
            self._renew()
            self._take(make_sample(self.source, row))
            if self.counts["new"] + self.counts["changed"] >= MAX_CHANGES:
                return
        self._delete_vanished()
        self.is_complete = True

    def _take(self, sample: Sample) -> None:
        key = sample.key if len(sample.key) <= MAX_KEY else hashlib.sha256(sample.key.encode()).hexdigest()
        if key in self.seen:
            raise SourceFault("double_key", sample.key[:100])
        self.seen.add(key)
        if not sample.text.strip() or len(sample.text) > MAX_TEXT:
            self._refuse(sample.key)
            return
        data = row_bytes(source=str(self.source.uid), key=sample.key, title=sample.title, text=sample.text)
        sha256 = hashlib.sha256(data).hexdigest()
        if self.known.get(key) == sha256:
            self.counts["unchanged"] += 1
            return
        try:
            accepted = accept_upload(
                collection=self.source.collection,
                name=document_name(self.source.name, sample.key),
                stream=io.BytesIO(data),
                user=None,
                actor=actor_for(self.source),
                media_type=SQL_ROW.media_type,
                should_notify=False,
            )
        except UploadRefused as error:
            if error.code == "storage_full":
                raise SourceFault("no_place", error.detail) from error
            self._refuse(sample.key)
            return
        self.counts["changed" if key in self.known else "new"] += 1
        SqlRow.objects.update_or_create(
            source=self.source, key=key, defaults={"sha256": sha256, "document": accepted.version.document}
        )

    def _refuse(self, key: str) -> None:
        self.counts["refused"] += 1
        if len(self.refused) < NAMED:
            self.refused.append(key[:80])

    def _delete_vanished(self) -> None:
        gone = self.known.keys() - self.seen
        if is_suspicious(len(gone), known=len(self.known)) and not self.source.may_delete_many:
            self.counts["held"] = len(gone)
            return
        for key in sorted(gone):
            self._renew()
            row = SqlRow.objects.select_related("document__collection").filter(source=self.source, key=key).first()
            if row is not None and drop_row(row, actor=actor_for(self.source)):
                self.counts["deleted"] += 1

    def _renew(self) -> None:
        """Keep the source for this worker. Raises: SourceTaken."""
        if time.monotonic() - self.renewed > RENEW_S:
            self.renewed = time.monotonic()
            _keep(self.source, lease_expires_at=timezone.now() + timedelta(seconds=LEASE_S))


def actor_for(source: SqlSource) -> Actor:
    """Return the actor of a source's events in the audit."""
    return Actor(name=f"SQL source {source.name}")


def document_name(source: str, key: str) -> str:
    """Return the name of a row's document: its key where that makes a file name, else a hash of it."""
    plain = key if key.replace("-", "").replace("_", "").isalnum() and len(key) <= 80 else ""
    return f"{source.replace('/', '-')}/{plain or hashlib.sha256(key.encode()).hexdigest()[:16]}"


def drop_row(row: SqlRow, *, actor: Actor) -> bool:
    """Delete the document of a row that is gone, and forget the row. Returns: False: a legal hold keeps the document; the row is
    still known then, and the next run tries again."""
    try:
        with transaction.atomic():
            if row.document is not None:
                delete_document(row.document, user=None, actor=actor, should_notify=False)
            row.delete()
    except UploadRefused as refused:
        logger.info("row %s of source %s stays: %s", row.pk, row.source_id, refused.code)
        return False
    return True


def _remove_some(source: SqlSource) -> None:
    """Delete documents of a source that is being removed, and finally the source."""
    rows = source.rows.select_related("document__collection").order_by("pk")[:MAX_CHANGES]
    dropped = sum([drop_row(row, actor=actor_for(source)) for row in rows])
    if source.rows.exists():
        _keep(source, leased_by="", lease_expires_at=None)
    else:
        source.delete()
    if dropped:  # what a legal hold keeps waits for the next round
        notify_worker()


def _keep(source: SqlSource, **changes: object) -> None:
    """Write to the source while it is this worker's. Raises: SourceTaken."""
    if not SqlSource.objects.filter(pk=source.pk, leased_by=source.leased_by).update(**changes):
        raise SourceTaken(str(source.pk))


def _end(source: SqlSource, batch: _Batch, *, seconds: float) -> None:
    """Record how the batch went; a run that is not complete continues at once."""
    now = timezone.now()
    counts = {name: batch.counts[name] + source.progress.get(name, 0) for name in ("new", "changed", "deleted")}
    counts |= {name: batch.counts[name] for name in ("unchanged", "refused", "held")}
    total = round(seconds + source.progress.get("seconds", 0), 1)
    free = {"leased_by": "", "lease_expires_at": None}
    if counts["new"] or counts["changed"] or counts["deleted"]:
        notify_worker()
    if not batch.is_complete:
        _keep(source, **free, progress={**counts, "seconds": total}, wanted_at=now)
        return
    # What this run took in itself is not "unchanged" because a later batch met it again.
    counts["unchanged"] = max(0, counts["unchanged"] - source.progress.get("new", 0) - source.progress.get("changed", 0))
    entry = {"at": now.isoformat(), "seconds": total, "code": "", "refused_keys": batch.refused, **counts}
    with transaction.atomic():
        _keep(
            source,
            **free,
            progress={},
            history=[entry, *source.history][:MAX_HISTORY],
            last_run_at=now,
            failures=0,
            error_code="",
            error_detail="",
            wanted_at=None,
            may_delete_many=False,
            next_run_at=now + timedelta(minutes=source.interval_minutes) if source.interval_minutes else None,
        )
        if any(counts[name] for name in ("new", "changed", "deleted", "held", "refused")):
            _record_event("sql_source.ran", source, {**counts, "seconds": total})


def _fail(source: SqlSource, error: SourceFault, *, seconds: float) -> None:
    """Record why the batch failed, and when to retry: soon after a temporary fault, otherwise by the schedule."""
    now = timezone.now()
    is_passing = error.code in PASSING and source.failures < len(BACK_OFF_MINUTES)
    again = now + timedelta(minutes=BACK_OFF_MINUTES[source.failures]) if is_passing else None
    entry = {"at": now.isoformat(), "seconds": round(seconds, 1), "code": error.code, "detail": error.detail[:500]}
    try:
        with transaction.atomic():
            _keep(
                source,
                leased_by="",
                lease_expires_at=None,
                progress={},
                history=[entry, *source.history][:MAX_HISTORY],
                last_run_at=now,
                failures=source.failures + 1,
                error_code=error.code,
                error_detail=error.detail[:500],
                wanted_at=again,
                next_run_at=now + timedelta(minutes=source.interval_minutes) if source.interval_minutes else None,
            )
            _record_event("sql_source.failed", source, {"code": error.code, "attempt": source.failures + 1})
    except SourceTaken:
        logger.info("source %s was paused or changed while it failed", source.pk)


def _record_event(action: str, source: SqlSource, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_for(source),
        subject=f"sql_source:{source.uid}",
        summary=source.name,
        payload={"collection": source.collection.slug, **payload},
    )

"""Run sources in batches: list, sweep, take. A batch is bounded in time, so that others get their turn; the next one goes on.

What a batch has done is in the database before the next step begins: killed anywhere, the run goes on, and nothing is done twice.
"""

import logging
import random
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.services import record
from ingest.errors import UploadRefused
from ingest.queue.crash_points import crash_point
from sources.connectors.errors import ConnectorError, CursorExpired, SignInRefused, Throttled
from sources.connectors.port import Connector
from sources.errors import SourceTaken
from sources.sync.counting import COUNTS, state_counts
from sources.sync.holding import Hold, claim
from sources.sync.listing import actor_for, write_page
from sources.sync.models import Source, SourceItem, SourceRun
from sources.sync.opening import manifest_of, opened
from sources.sync.rights import rematch, rematch_due
from sources.sync.sweeping import remove_some, sweep
from sources.sync.taking import Pace, take_some

logger = logging.getLogger(__name__)
BATCH_S = 60.0
KEPT_RUNS = 50
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3600.0
TRIES = 8  # in a row, before the schedule alone decides
LONGEST_THROTTLE_S = 6 * 3600.0
PASSING = frozenset(("source_away", "internal", "no_place"))  # worth trying again soon
Step = Source.Step


def run_due(*, only: int | None = None) -> int:
    """Run a batch of every source that is due, or of `only` that one. Returns: the number of batches."""
    count = 0
    while hold := claim(only):
        count += 1
        run_batch(hold)
        if only is not None:
            break
    if only is None:
        rematch_due()
    return count


def run_batch(hold: Hold) -> None:
    """Run one batch, and write down how it ended."""
    source = hold.source
    try:
        if source.removed_at:
            if not remove_some(hold):
                hold.release()
            return
        _begin(hold)
        with opened(source) as connector:
            is_done = _work(hold, connector, until=time.monotonic() + BATCH_S)
        if is_done:
            _end(hold)
        else:
            hold.release(wanted_at=timezone.now())
    except SourceTaken:
        logger.info("source %s was taken from this worker, paused or changed", source.pk)
    except Throttled as error:
        _wait(hold, error.retry_after)
    except CursorExpired:
        _start_anew(hold)
    except ConnectorError as error:
        _fail(hold, error.code, error.message)
    except UploadRefused as error:
        _fail(hold, "no_place" if error.code == "storage_full" else error.code, error.detail)
    except Exception:
        logger.exception("source %s", source.pk)
        _fail(hold, "internal", "")


def _begin(hold: Hold) -> None:
    """Open a run, unless one is under way: then go on with it."""
    source = hold.source
    if source.run_id is not None:
        return
    with transaction.atomic():
        hold.fence()
        run = SourceRun.objects.create(source=source, started_at=timezone.now(), counts=dict.fromkeys(COUNTS, 0))
        changes: dict[str, object] = {"run": run}
        if source.step == Step.LIST:
            changes |= {"listed": 0}
            if not source.cursor:
                changes["listing"] = source.listing + 1
        hold.keep(**changes)
        source.items.filter(state=SourceItem.State.FAILED).update(state=SourceItem.State.WAITING)
    crash_point("source_run_begun")


def _work(hold: Hold, connector: Connector, *, until: float) -> bool:
    """Go on with the run up to a moment of the monotonic clock. Returns: whether it is done. Raises: as the steps."""
    source = hold.source
    if source.step == Step.LIST and not _list(hold, connector, until=until):
        return False
    if source.step == Step.SWEEP:
        sweep(hold)
        rematch(source)
        hold.keep(step=Step.TAKE)
        crash_point("source_swept")
    rate = source.max_kilobytes_per_s * 1024 if source.max_kilobytes_per_s else None
    return take_some(hold, connector, until=until, pace=Pace(rate))


def _list(hold: Hold, connector: Connector, *, until: float) -> bool:
    source = hold.source
    reuses_ids = manifest_of(source).reuses_ids
    for page in connector.list_changes(source.cursor):
        hold.renew()
        write_page(hold, page, reuses_ids=reuses_ids)
        if source.step != Step.LIST:
            return True
        if time.monotonic() > until:
            return False
    hold.keep(step=Step.SWEEP)  # an incremental listing that had nothing to say
    return True


def _end(hold: Hold) -> None:
    source, now = hold.source, timezone.now()
    with transaction.atomic():
        run = SourceRun.objects.select_for_update().get(pk=hold.fence().run_id or 0)
        run.ended_at, run.counts = now, {**run.counts, **state_counts(source)}
        run.save(update_fields=["ended_at", "counts"])
        if any(run.counts.get(name) for name in COUNTS if name != "listed"):
            _record("document_source.ran", source, dict(run.counts))
        _forget_old_runs(source)
        source.accesses.filter(items__isnull=True).delete()  # rights that nothing has any more
        hold.release(
            run=None,
            step=Step.LIST,
            last_run_at=now,
            failures=0,
            error_code="",
            error_detail="",
            wanted_at=None,
            is_asked_for=False,
            may_delete_many=False,
            next_run_at=source.next_by_schedule(),
        )
    crash_point("source_run_ended")


def _fail(hold: Hold, code: str, detail: str) -> None:
    """Write down why the run failed, and when it is tried again: soon after what passes, not by itself where it needs a person."""
    source, now = hold.source, timezone.now()
    again = None
    if code in PASSING and source.failures < TRIES:
        again = now + timedelta(seconds=back_off_s(source.failures))
    needs_person = code == SignInRefused.code
    try:
        with transaction.atomic():
            hold.fence()
            if source.run_id is not None:
                SourceRun.objects.filter(pk=source.run_id).update(ended_at=now, code=code, detail=detail[:1000])
            _record("document_source.failed", source, {"code": code, "attempt": source.failures + 1})
            _forget_old_runs(source)
            hold.release(
                run=None,
                last_run_at=now,
                failures=source.failures + 1,
                error_code=code[:40],
                error_detail=detail[:1000],
                wanted_at=again,
                next_run_at=None if needs_person else source.next_by_schedule(),
            )
    except SourceTaken:
        logger.info("source %s was paused or changed while it failed", source.pk)


def _wait(hold: Hold, seconds: float) -> None:
    """Go on with the same run when the source said so."""
    wanted_at = timezone.now() + timedelta(seconds=min(max(seconds, 1.0), LONGEST_THROTTLE_S))
    _release(hold, wanted_at=wanted_at)


def _start_anew(hold: Hold) -> None:
    """The source has forgotten where we were: list everything, in the same run."""
    changes = {"cursor": "", "step": Step.LIST, "listing": hold.source.listing + 1, "listed": 0}
    _release(hold, wanted_at=timezone.now(), **changes)


def _release(hold: Hold, **changes: object) -> None:
    try:
        hold.release(**changes)
    except SourceTaken:
        logger.info("source %s was paused or changed", hold.source.pk)


def back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures before this one, in seconds: doubled each time, with jitter of a half."""
    jitter: float = random.uniform(0.5, 1.5)  # noqa: S311 - so that not all come at once
    wait: float = min(FIRST_WAIT_S * 2.0**failures, LONGEST_WAIT_S)
    return wait * jitter


def _forget_old_runs(source: Source) -> None:
    old = source.runs.values_list("pk", flat=True)[KEPT_RUNS:]
    SourceRun.objects.filter(pk__in=list(old)).delete()


def _record(action: str, source: Source, payload: dict[str, object]) -> None:
    record(
        action,
        by=actor_for(source),
        subject=f"document_source:{source.uid}",
        summary=source.name,
        payload={"collection": source.collection.slug, "kind": source.kind, **payload},
    )

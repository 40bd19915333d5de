"""Build the next edition of the index while the present one serves, and swap it in when it is complete.

A REBUILD job for each document cuts and embeds it anew from its stored pages, and publishes it into the new index. Uploads
go on into the serving edition and get a job for the new one. When every document is there, one transaction makes the new
edition the one that answers. The old one's chunks stay for a while, for questions that began before, and are then removed.

Order of locks: jobs, then the edition that serves, then documents.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from ingest.editions.wanted import find_wanted
from ingest.errors import UploadRefused
from ingest.models import OPEN_STATES, Job
from ingest.queue.cancelling import cancel_jobs
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_worker
from ingest.stages.chunking import CUTTING
from kb.index.editions import building_edition
from kb.index.engine import Engine, remove_index
from kb.models import Chunk, Document, DocumentVersion, Edition

logger = logging.getLogger(__name__)
State = Edition.State
REBUILD_PRIORITY = 50  # behind every upload
KEPT_AFTER_S = 900  # a replaced edition's chunks: longer than any question takes
CLEARED_AT_ONCE = 2000  # chunks, in one transaction
JOBS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the edition that is built is, in documents and in passages."""

    documents: int
    done: int
    failed: int
    passages: int

    @property
    def percent(self) -> int:
        return 100 if not self.documents else 100 * self.done // self.documents


def is_paused() -> bool:
    """True while nobody may take a REBUILD job."""
    return Edition.objects.filter(state=State.BUILDING, is_paused=True).exists()


def lock_serving(engine: Engine) -> Edition:
    """Return the serving edition, locked to the end of the caller's transaction; the first one is made here.

    Whoever makes a version current and whoever starts, swaps or cancels an edition takes this lock, so that no document
    falls between two editions.
    """
    for _ in range(3):  # the row that was waited for may just have been replaced
        serving = Edition.objects.select_for_update().filter(state=State.SERVING).first()
        if serving is not None:
            return serving
        fingerprint = engine.embedder.fingerprint
        Edition.objects.get_or_create(
            number=1,
            defaults={
                "state": State.SERVING,
                "embedder": settings.EMBEDDER,
                "encoder": fingerprint,
                "cutting": CUTTING,
                "folder": fingerprint,
                "served_at": timezone.now(),
            },
        )
    raise RuntimeError("no edition serves")


def uncleared_engines(engine: Engine) -> Iterator[Engine]:
    """Yield the engine of every edition whose index has files: the serving edition first."""
    yield engine
    for edition in Edition.objects.filter(cleared_at=None).exclude(number=engine.edition):
        yield engine.of(edition)


# --- start, pause, resume, cancel -----------------------------------------------------------------------------------------


def start_edition(*, engine: Engine, user: User | None, should_notify: bool = True) -> Edition:
    """Begin to build the next edition as the settings say. Raises: UploadRefused: one is being built; EncoderError."""
    wanted = find_wanted()
    with transaction.atomic():
        serving = lock_serving(engine)
        if building_edition() is not None:
            raise UploadRefused("already_building")
        number = (Edition.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        edition = Edition.objects.create(
            number=number,
            state=State.BUILDING,
            embedder=wanted.embedder,
            encoder=wanted.encoder,
            cutting=wanted.cutting,
            folder=f"{wanted.encoder}-e{number}",
        )
        versions = DocumentVersion.objects.filter(pk__in=_answering().values("current_version"))
        Job.objects.bulk_create(
            (Job(version=version, kind=Job.Kind.REBUILD, edition=edition, priority=REBUILD_PRIORITY) for version in versions),
            batch_size=JOBS_AT_ONCE,
        )
        _record("started", edition, user=user, replaces=serving.number, documents=versions.count())
        if should_notify:
            notify_worker()
    logger.info("edition %s is being built: encoder %s, cutting %s", number, edition.encoder, edition.cutting)
    return edition


def pause_edition(*, user: User | None) -> Edition:
    """Let nobody take the building edition's jobs; the one that runs stops at its next batch. Raises: UploadRefused."""
    return _set_paused(True, user=user)


def resume_edition(*, user: User | None, should_notify: bool = True) -> Edition:
    """Go on building; documents that failed are tried again. Raises: UploadRefused: none is being built."""
    edition = _set_paused(False, user=user)
    for job in failed_jobs(edition).select_related("version"):
        with transaction.atomic():
            open_rebuild(job.version)
            job.delete()
    if should_notify:
        notify_worker()
    return edition


def _set_paused(is_paused: bool, *, user: User | None) -> Edition:
    with transaction.atomic():
        edition = Edition.objects.select_for_update().filter(state=State.BUILDING).first()
        if edition is None:
            raise UploadRefused("not_building")
        if edition.is_paused != is_paused:
            edition.is_paused = is_paused
            edition.save(update_fields=["is_paused"])
            _record("paused" if is_paused else "resumed", edition, user=user)
    return edition


def cancel_edition(*, user: User | None) -> Edition:
    """Give the building edition up; what it has is removed. Raises: UploadRefused: none is being built."""
    with transaction.atomic():
        cancel_jobs(_open_jobs())
        edition = Edition.objects.select_for_update().filter(state=State.BUILDING).first()
        if edition is None:
            raise UploadRefused("not_building")
        edition.state, edition.is_paused, edition.ended_at = State.CANCELLED, False, timezone.now()
        edition.save()
        _record("cancelled", edition, user=user)
    return edition


# --- how far, and the swap ------------------------------------------------------------------------------------------------


def open_rebuild(version: DocumentVersion) -> None:
    """Put a version that serves from now on into the queue of the edition that is built, if one is. In a transaction."""
    edition = building_edition()
    if edition is not None:
        Job.objects.get_or_create(
            version=version,
            kind=Job.Kind.REBUILD,
            state__in=OPEN_STATES,
            defaults={"state": Job.State.WAITING, "edition": edition, "priority": REBUILD_PRIORITY},
        )


def measure_progress(edition: Edition) -> Progress:
    """Return how far an edition is."""
    total = _answering().count()
    return Progress(
        documents=total,
        done=total - _missing(edition).count(),
        failed=failed_jobs(edition).count(),
        passages=Chunk.objects.filter(edition=edition.number).count(),
    )


def swap_if_whole(*, engine: Engine) -> Edition | None:
    """Make the edition being built the serving one, once it holds every document. Returns: it; None where it is not to be."""
    building = building_edition()
    if building is None or building.is_paused:
        return None
    # Asked without a lock first, and the cheap question before the one that looks at every document: mostly it ends here.
    if _open_jobs().exists() or _missing(building).exists():
        return None
    with transaction.atomic():
        serving = lock_serving(engine)
        building = Edition.objects.select_for_update().filter(state=State.BUILDING, is_paused=False).first()
        if building is None or _missing(building).exists():
            return None
        now = timezone.now()
        serving.state, serving.ended_at = State.REPLACED, now
        serving.save(update_fields=["state", "ended_at"])
        building.state, building.served_at = State.SERVING, now
        building.save(update_fields=["state", "served_at"])
        _count_passages(building)
        _record("swapped", building, user=None, replaces=serving.number, documents=_answering().count())
        crash_point("before_swap")
    crash_point("after_swap")
    logger.info("edition %s answers from now on, in place of %s", building.number, serving.number)
    return building


def clear_ended(*, now: datetime | None = None, kept_s: float = KEPT_AFTER_S) -> int:
    """Remove some of what replaced and cancelled editions left, when nobody reads it any more. Returns: chunks removed."""
    now = now or timezone.now()
    ended = Edition.objects.filter(state__in=[State.REPLACED, State.CANCELLED], cleared_at=None)
    replaced = Q(state=State.REPLACED, ended_at__lt=now - timedelta(seconds=kept_s))
    cancelled = Q(state=State.CANCELLED, ended_at__lt=now - timedelta(seconds=settings.LEASE_S))
    edition = ended.filter(replaced | cancelled).order_by("number").first()
    if edition is None:
        return 0
    ids = list(Chunk.objects.filter(edition=edition.number).order_by("pk").values_list("pk", flat=True)[:CLEARED_AT_ONCE])
    if ids:
        Chunk.objects.filter(pk__in=ids).delete()
        crash_point("clearing")
        return len(ids)
    remove_index(edition)
    crash_point("index_cleared")
    edition.jobs.all().delete()
    Edition.objects.filter(pk=edition.pk).update(cleared_at=now)
    logger.info("edition %s was cleared away", edition.number)
    return 0


def _answering() -> QuerySet[Document]:
    return Document.objects.live().filter(current_version__isnull=False)


def _open_jobs() -> QuerySet[Job]:
    return Job.objects.filter(kind=Job.Kind.REBUILD, state__in=OPEN_STATES)


def _missing(edition: Edition) -> QuerySet[Document]:
    """Documents that answer now and would not in this edition."""
    done = Job.objects.filter(kind=Job.Kind.REBUILD, edition=edition, state=Job.State.DONE)
    return _answering().exclude(current_version__in=done.values("version"))  # one pass: a look for each document is their square


def failed_jobs(edition: Edition) -> QuerySet[Job]:
    """Jobs of documents that could not be cut and embedded anew, and still answer: they hold the swap up."""
    failed = edition.jobs.filter(kind=Job.Kind.REBUILD, state=Job.State.FAILED)
    return failed.filter(version__document__deleted_at=None, version__document__current_version=F("version"))


def _count_passages(edition: Edition) -> None:
    """Write on each version how many passages it has in the edition."""
    passages = Chunk.objects.filter(version=OuterRef("pk"), edition=edition.number).order_by()
    counted = passages.values("version").annotate(count=Count("pk")).values("count")
    answering = DocumentVersion.objects.filter(pk__in=_answering().values("current_version"))
    answering.update(chunk_count=Coalesce(Subquery(counted), 0))


def _record(action: str, edition: Edition, *, user: User | None, **more: int) -> None:
    record(
        f"index.{action}",
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"edition:{edition.number}",
        summary=f"edition {edition.number}",
        payload={"encoder": edition.encoder, "cutting": edition.cutting, **more},
    )

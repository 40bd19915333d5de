"""Check that an index holds every passage that the database has for it: compare by counting, report, repair by a rebuild."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, Sum
from django.utils import timezone

from accounts.models import User
from kb.index.editions import serving_edition
from kb.index.engine import Engine
from kb.index.rebuilding import indexable_chunks, rebuild_index
from kb.models import Chunk, Document, DocumentVersion, IndexState
from retrieval.errors import IndexFault

logger = logging.getLogger(__name__)
COMPARE_EVERY_S = 20.0
SETTLED_S = 5.0  # between a publish and the transaction that makes its version the current one, counts may differ
REBUILD_AGAIN_S = 60.0  # where a rebuild did not help
CLAIM_S = 120.0  # of the process that rebuilds on a server, renewed with each batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Passages are missing in the serving index: of the `wanted` that a reader may read about `done` are there, or were read
    by the rebuild so far."""

    done: int
    wanted: int


def compare(*, engine: Engine, now: datetime | None = None) -> IndexState:
    """Count what the database has for this edition and what the index has, and keep both. Raises: IndexFault."""
    now = now or timezone.now()
    wanted = _passages_on_record(edition=engine.edition)
    present = engine.count()  # after the database: what is published in between is in the index alone, and nothing seems missing
    if not 0 < wanted <= present:
        wanted, present = indexable_chunks(engine).count(), engine.count()
    state, _is_new = IndexState.objects.get_or_create(pk=engine.edition)
    state.present, state.wanted, state.compared_at = present, wanted, now
    if present >= wanted:
        state.short_since = None
    elif state.short_since is None:
        state.short_since = now
        logger.warning("the index of edition %s has %s of %s passages", engine.edition, present, wanted)
    state.save(update_fields=["present", "wanted", "compared_at", "short_since"])
    return state


def _passages_on_record(*, edition: int) -> int:
    """Add up what ingestion has noted for each current document: at 100,000 passages far less than counting these. Where the
    index has as many, none is missing; where it has not, they are counted."""
    answering = DocumentVersion.objects.filter(pk__in=Document.objects.live().values("current_version"))
    off = Chunk.objects.filter(edition=edition, is_off=True, version__in=answering.values("pk"))
    return (answering.aggregate(total=Sum("chunk_count"))["total"] or 0) - off.count()


def compare_if_due(*, engine: Engine, now: datetime | None = None) -> IndexState:
    """Compare where that was not done for COMPARE_EVERY_S, by whatever process; at every call while passages are missing."""
    now = now or timezone.now()
    state = IndexState.objects.filter(pk=engine.edition).first()
    is_fresh = state is not None and state.compared_at is not None and state.compared_at > now - timedelta(seconds=COMPARE_EVERY_S)
    return state if state is not None and is_fresh and state.short_since is None else compare(engine=engine, now=now)


def is_rebuild_due(*, engine: Engine, now: datetime | None = None) -> bool:
    """Return whether passages are missing for longer than a publish takes, and no rebuild has just ended. Quick enough for every
    sweep."""
    now = now or timezone.now()
    if engine.edition != serving_edition().number:
        return False  # one that is being built lacks passages until it is whole
    try:
        state = compare_if_due(engine=engine, now=now)
    except IndexFault as fault:
        logger.debug(
            "not compared: %s", fault
        )  # damage is noted and repaired elsewhere; an unavailable server has nothing to repair
        return False
    if state.short_since is None or state.short_since > now - timedelta(seconds=SETTLED_S):
        return False
    is_recent = state.rebuilt_at is not None and state.rebuilt_at > now - timedelta(seconds=REBUILD_AGAIN_S)
    return not is_recent


def claim(*, engine: Engine, now: datetime | None = None) -> bool:
    """Take the rebuilding of an edition's index for CLAIM_S. Returns: False where another process has it."""
    now = now or timezone.now()
    IndexState.objects.get_or_create(pk=engine.edition)
    free = IndexState.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), pk=engine.edition)
    return bool(free.update(claimed_until=now + timedelta(seconds=CLAIM_S), rebuilt=0))


def rebuild_noted(*, engine: Engine) -> int:
    """Rebuild the index from the database, and keep how far that is. Returns: the generation. Raises: RetrievalError."""
    IndexState.objects.get_or_create(pk=engine.edition)
    row = IndexState.objects.filter(pk=engine.edition)
    row.update(rebuilt=0)

    def advance(count: int) -> None:
        row.update(rebuilt=F("rebuilt") + count, claimed_until=timezone.now() + timedelta(seconds=CLAIM_S))

    try:
        generation = rebuild_index(engine=engine, advance=advance)
    finally:
        row.update(claimed_until=None, rebuilt_at=timezone.now())
    compare(engine=engine)
    return generation


def find_shortage(*, engine: Engine, user: User | AnonymousUser) -> Shortage | None:
    """Return what is missing for this reader in the index as it is now, None where nothing is.

    Costs a sum over documents, and no count of passages, unless some are missing: that is noticed here, before any sweep.
    Raises: IndexFault.
    """
    present = engine.count()
    state = IndexState.objects.filter(pk=engine.edition).first()
    if state is not None and state.short_since is not None and present < state.wanted:
        return _for_reader(user, edition=engine.edition, share=_share(state, present))
    if present >= _passages_on_record(edition=engine.edition):
        return None
    state = compare(engine=engine)
    return _for_reader(user, edition=engine.edition, share=_share(state, state.present)) if state.short_since else None


def kept_shortage(*, user: User | AnonymousUser) -> Shortage | None:
    """Return what was missing for this reader when the serving index was last compared, from the database alone."""
    state = kept_state()
    if state is None:
        return None
    return _for_reader(user, edition=state.edition, share=_share(state, state.present))


def kept_state() -> IndexState | None:
    """Return the state of the serving index, if passages were missing when it was last compared."""
    return IndexState.objects.filter(pk=serving_edition().number, short_since__isnull=False).first()


def share_of(state: IndexState) -> float:
    """Return which share of the passages is in the index, or was read by the rebuild that is under way, in [0, 1]."""
    return _share(state, state.present)


def _share(state: IndexState, present: int) -> float:
    rebuilt = state.rebuilt if state.claimed_until is not None else 0
    return min(max(present, rebuilt) / state.wanted, 1.0) if state.wanted else 0.0


def _for_reader(user: User | AnonymousUser, *, edition: int, share: float) -> Shortage | None:
    """Count only what the reader may read: the amount of anything else must not be revealed."""
    wanted = Chunk.objects.visible_to(user).filter(edition=edition).count()
    return Shortage(done=int(wanted * share), wanted=wanted) if wanted else None

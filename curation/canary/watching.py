"""Watches what changes, and asks the golden questions after it: once things are quiet, and each night.

The audit tells who changed what: it is read once, in order, as the reviewers' desk reads it. What a new release or another
setting changes without an event is compared with what was there before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from audit.models import ChainHead, Event
from curation.canary.installed import read_installed
from curation.canary.models import CanaryState, CanaryWatch
from curation.errors import CurationRefused
from curation.golden.models import GoldenQuestion, GoldenRun
from curation.golden.running import start_run
from kb.models import Collection, Document

BATCH = 500
LONGEST_WAIT = timedelta(minutes=15)  # however long it never gets quiet
EVERYWHERE = "*"
OF_DOCUMENTS = {
    "document.indexed": "documents",
    "document.deleted": "documents",
    "document.moved": "documents",
    "document.changed": "documents",
    "passage.switched_off": "documents",
    "passage.corrected": "documents",
    "passage.restored": "documents",
    "document.narrowed": "rights",
    "document.filed": "rights",
}
OF_COLLECTION = {"folder.narrowed": "rights", "collection.steward_changed": "rights"}
OF_ALL = {
    "index.swapped": "encoder",
    "model.created": "model",
    "model.changed": "model",
    "route.created": "model",
    "route.changed": "model",
    "route.deleted": "model",
    "prompt.promoted": "prompt",
    "prompt.rolled_back": "prompt",
}
OF_VALUES = {"vocabulary": "words", "sufficiency_threshold": "threshold", "groups": "rights"}
ACTIONS = (*OF_DOCUMENTS, *OF_COLLECTION, *OF_ALL, "collection.changed")


def watch(*, now: datetime | None = None) -> list[GoldenRun]:
    """Note what changed since, and start the runs that are due. Returns: those."""
    now = now or timezone.now()
    while note_changes(now=now) == BATCH:
        pass
    return start_due(now=now)


def note_changes(*, now: datetime) -> int:
    """Read the next events, and what is installed. Returns: how many events. Where nothing changed, nothing is written."""
    installed = read_installed()
    before = CanaryWatch.objects.filter(pk=CanaryWatch.ONLY).first()
    if before is None:  # what was before golden questions could be asked is no change
        head = ChainHead.objects.values_list("sequence", flat=True).first() or 0
        CanaryWatch.objects.get_or_create(pk=CanaryWatch.ONLY, defaults={"sequence": head, "installed": installed})
        return 0
    later = Event.objects.filter(sequence__gt=before.sequence, action__in=ACTIONS)
    events = list(later.select_related("payload").order_by("sequence")[:BATCH])
    if not events and before.installed == installed:
        return 0
    changed = read_changes(events)
    for kind, value in installed.items():
        if before.installed.get(kind, value) != value:
            changed[EVERYWHERE].add(kind)
    with transaction.atomic():
        row = CanaryWatch.objects.select_for_update().get(pk=CanaryWatch.ONLY)
        if (row.sequence, row.installed) != (before.sequence, before.installed):
            return 0  # somebody else has read them meanwhile
        if changed:
            _note(changed, now=now)
        row.sequence = events[-1].sequence if events else row.sequence
        row.installed = installed
        row.save(update_fields=["sequence", "installed"])
    return len(events)


def read_changes(events: Iterable[Event]) -> dict[str, set[str]]:
    """Return by address of a collection, or EVERYWHERE, the kinds of what changed."""
    found: dict[str, set[str]] = defaultdict(set)
    documents: dict[str, str] = {}
    for event in events:
        data = _data_of(event)
        if kind := OF_ALL.get(event.action):
            found[EVERYWHERE].add(kind)
        elif event.action == "collection.changed":
            for name in data.get("changed", ()):
                if name in OF_VALUES:
                    found[event.subject.removeprefix("collection:")].add(OF_VALUES[name])
        elif kind := OF_COLLECTION.get(event.action):
            found[str(data.get("collection") or event.subject.removeprefix("collection:"))].add(kind)
        else:
            kind = OF_DOCUMENTS[event.action]
            named = [data[name] for name in ("collection", "from", "to") if isinstance(data.get(name), str)]
            for slug in named:
                found[slug].add(kind)
            if not named:
                documents[event.subject.removeprefix("document:")] = kind
    rows = Document.objects.filter(uid__in=[uid for uid in documents if len(uid) == 36]).values_list("uid", "collection__slug")
    for uid, slug in rows:
        found[slug].add(documents[str(uid)])
    return found


def _data_of(event: Event) -> Mapping[str, Any]:
    try:
        return event.payload.data
    except (ObjectDoesNotExist, ValueError, KeyError):
        return {}  # erased or damaged, which verification says


def _note(changed: Mapping[str, set[str]], *, now: datetime) -> None:
    everywhere = changed.get(EVERYWHERE, set())
    watched = Collection.objects.live().filter(pk__in=GoldenQuestion.objects.in_use().values("collection"))
    if not everywhere:
        watched = watched.filter(slug__in=changed)
    for collection in watched:
        kinds = everywhere | changed.get(collection.slug, set())
        state, _is_new = CanaryState.objects.select_for_update().get_or_create(collection=collection)
        state.changes = sorted({*state.changes, *kinds})
        state.changed_first, state.changed_last = state.changed_first or now, now
        state.save(update_fields=["changes", "changed_first", "changed_last"])


def start_due(*, now: datetime) -> list[GoldenRun]:
    """Start a run for each collection in which it is quiet since a change, and the night's."""
    runs = []
    quiet = now - timedelta(seconds=settings.CANARY_WAIT_S)
    for state in CanaryState.objects.filter(changed_last__isnull=False).select_related("collection"):
        first, last = state.changed_first or now, state.changed_last or now
        if last <= quiet or first <= now - LONGEST_WAIT:
            runs += _start(state, cause=GoldenRun.Cause.CHANGED)
    local = timezone.localtime(now)
    if 0 <= settings.CANARY_HOUR <= local.hour:
        questions = GoldenQuestion.objects.in_use().values("collection")
        seen = CanaryState.objects.filter(night=local.date()).values("collection")
        for collection in Collection.objects.live().filter(pk__in=questions).exclude(pk__in=seen):
            state, _is_new = CanaryState.objects.get_or_create(collection=collection)
            runs += _start(state, cause=GoldenRun.Cause.NIGHTLY, night=local.date())
    return runs


def _start(state: CanaryState, *, cause: str, **changed: Any) -> list[GoldenRun]:
    with transaction.atomic():
        state = CanaryState.objects.select_for_update().select_related("collection").get(pk=state.pk)
        try:
            runs = [start_run(collection=state.collection, cause=cause, changes=state.changes)]
        except CurationRefused:  # its last golden question is gone
            runs = []
        state.changes, state.changed_first, state.changed_last = [], None, None
        for name, value in changed.items():
            setattr(state, name, value)
        state.save()
    return runs

"""Counts what people asked, out of the audit, once and in order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.models import Event
from curation.insights.models import ALL, DayCount, DocumentUse, InsightReading
from curation.subject import UUID_LENGTH, collections_of, rows_of
from kb.models import Document

BATCH = 200
OUTCOMES = ("answered", "refused", "stopped", "failed")
RATINGS = {"answer.helpful": "helpful", "answer.unhelpful": "unhelpful"}
BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 120_000)
MARKS = frozenset({"first_token"})  # a point in time that says nothing of where time goes
Cell = tuple[date, int, str, str]


def count_questions(*, at_most: int = BATCH) -> int:
    """Count the next questions and ratings. Returns: how many events. Receipts are read before anything is locked."""
    at = InsightReading.objects.filter(pk=InsightReading.ONLY).values_list("sequence", flat=True).first() or 0
    actions = [*(f"question.{outcome}" for outcome in OUTCOMES), *RATINGS]
    later = Event.objects.filter(sequence__gt=at, action__in=actions).select_related("payload")
    events = list(later.order_by("sequence")[:at_most])
    if not events:
        return 0
    asked = {event.pk: event for event in events if event.action not in RATINGS}
    rated = [event for event in events if event.action in RATINGS]
    of_ratings = _rated_answers(rated)
    receipts = {event.pk: data_of(event) for event in (*asked.values(), *of_ratings.values())}
    subjects = collections_of(receipts)
    cells: Counter[Cell] = Counter()
    for event in asked.values():
        _add(cells, event.at, _pk(subjects[event.pk]), facts_of(event.action, receipts[event.pk]))
    for event in rated:
        answer = of_ratings.get(event.subject)
        _add(cells, event.at, _pk(subjects[answer.pk]) if answer else ALL, [("rating", RATINGS[event.action])])
    with transaction.atomic():
        reading, _is_new = InsightReading.objects.select_for_update().get_or_create(pk=InsightReading.ONLY)
        if reading.sequence != at:
            return 0  # somebody else has counted them meanwhile
        _store(cells)
        _note_documents([(event.at, receipts[event.pk]) for event in asked.values()])
        reading.sequence = events[-1].sequence
        reading.save(update_fields=["sequence"])
    return len(events)


def facts_of(action: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is counted of a receipt: (kind, key)."""
    found = [("outcome", action.removeprefix("question."))]
    if any(row.get("verdict") == "withheld" for row in rows_of(data.get("sentences"))):
        found.append(("outcome", "withheld"))
    answer, model = data.get("answer"), data.get("model")
    if isinstance(answer, Mapping) and answer.get("origin"):
        found.append(("origin", str(answer["origin"])))
    if isinstance(model, Mapping) and model.get("name"):
        found.append(("model", str(model["name"])[:80]))
    if data.get("language"):
        found.append(("language", str(data["language"])[:80]))
    sufficiency = data.get("sufficiency")
    probability = sufficiency.get("probability") if isinstance(sufficiency, Mapping) else None
    if isinstance(probability, int | float) and 0 <= probability <= 1:
        found.append(("certainty", str(min(9, int(probability * 10)))))
    timings = data.get("timings_ms")
    for stage, took in timings.items() if isinstance(timings, Mapping) else ():
        if isinstance(took, int | float) and stage not in MARKS:
            found.append(("stage", f"{str(stage)[:60]}|{bucket_of(took)}"))
    return found


def bucket_of(took_ms: float) -> int:
    """Return the upper bound of the bucket that a time falls into; the last one has all that is longer."""
    return next((bound for bound in BOUNDS_MS if took_ms <= bound), BOUNDS_MS[-1])


def data_of(event: Event) -> Mapping[str, Any]:
    try:
        data = event.payload.data
    except (ObjectDoesNotExist, ValueError, KeyError):
        return {}  # erased or damaged, which verification says
    return data if isinstance(data, Mapping) else {}


def _rated_answers(rated: Sequence[Event]) -> dict[str, Event]:
    """Return the events of the answers that were rated, by the subjects of the ratings."""
    uids = {}
    for event in rated:
        try:
            uids[UUID(event.subject.removeprefix("event:"))] = event.subject
        except ValueError:
            continue
    return {uids[row.uid]: row for row in Event.objects.filter(uid__in=uids).select_related("payload")}


def _pk(collection: Any) -> int:
    return collection.pk if collection is not None else ALL


def _add(cells: Counter[Cell], at: datetime, collection: int, facts: Iterable[tuple[str, str]]) -> None:
    day = timezone.localdate(at)
    for kind, key in facts:
        for where in {ALL, collection}:
            cells[day, where, kind, key] += 1


def _store(cells: Mapping[Cell, int]) -> None:
    for (day, collection, kind, key), count in sorted(cells.items(), key=lambda cell: tuple(map(str, cell[0]))):
        named = {"day": day, "collection": collection, "kind": kind, "key": key}
        if not DayCount.objects.filter(**named).update(count=F("count") + count):
            DayCount.objects.create(**named, count=count)


def _note_documents(receipts: Sequence[tuple[datetime, Mapping[str, Any]]]) -> None:
    used: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for at, data in receipts:
        for uid in {str(row.get("document_uid")) for row in rows_of(data.get("citations"))}:
            if len(uid) == UUID_LENGTH:
                used[uid] += 1
                last[uid] = at
    for document in Document.objects.filter(uid__in=used).only("pk", "uid"):
        uid = str(document.uid)
        if not DocumentUse.objects.filter(document=document).update(count=F("count") + used[uid], last_at=last[uid]):
            DocumentUse.objects.create(document=document, count=used[uid], last_at=last[uid])

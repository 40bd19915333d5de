"""Taking cases out of the audit: events are read once, in order, from where the last reading ended."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from audit.models import Event
from audit.receipts.shapes import mapping_of, sequence_of
from kb.models import Document
from reviews.desk.reach import documents_of
from reviews.desk.rules import lock_rules
from reviews.models import Case, CaseCollection, CaseDocument, DeskRules, SampleRate

CONCLUDED = {"question.answered": "answered", "question.refused": "refused", "question.stopped": "stopped"}
RATED = {"answer.helpful": "helpful", "answer.unhelpful": "unhelpful", "answer.rating_withdrawn": ""}
BATCH = 200  # a receipt is about 40 kB


def take_in(*, at_most: int = BATCH, chance: random.Random | None = None) -> int:
    """Make cases of the questions that were concluded since, and note what their askers thought. Returns: how many events.

    `chance`: draws the sample; by default by the operating system's.
    """
    chance = chance or random.SystemRandom()
    with transaction.atomic():
        rules = lock_rules()
        events = list(
            Event.objects.filter(sequence__gt=rules.taken_in, action__in=[*CONCLUDED, *RATED])
            .select_related("payload")
            .order_by("sequence")[:at_most]
        )
        if not events:
            return 0
        _open_cases([event for event in events if event.action in CONCLUDED], rules, chance=chance)
        for event in events:
            if event.action in RATED:
                _note_rating(event, rules)
        rules.taken_in = events[-1].sequence
        rules.save(update_fields=["taken_in"])
    return len(events)


def _open_cases(events: Sequence[Event], rules: DeskRules, *, chance: random.Random) -> None:
    slugs = _collections_of(events)
    rates = dict(SampleRate.objects.values_list("slug", "percent"))
    cases = []
    documents = {event.pk: documents_of(_data_of(event)) for event in events}
    for event in events:
        percent = max((rates.get(slug, rules.sample_percent) for slug in slugs[event.pk]), default=rules.sample_percent)
        cases.append(_case(event, is_sampled=chance.random() * 100 < percent, due=timedelta(days=rules.due_days)))
        cases[-1].has_documents = documents[event.pk] is not None
    made = Case.objects.bulk_create(cases)
    CaseCollection.objects.bulk_create(CaseCollection(case=case, slug=slug) for case in made for slug in slugs[case.event_id])
    CaseDocument.objects.bulk_create(
        CaseDocument(case=case, document=uid) for case in made for uid in documents[case.event_id] or frozenset()
    )


def _case(event: Event, *, is_sampled: bool, due: timedelta) -> Case:
    data = _data_of(event)
    model, sufficiency = mapping_of(data.get("model")), mapping_of(data.get("sufficiency"))
    probability = sufficiency.get("probability")
    verdicts = [mapping_of(entry).get("verdict") for entry in sequence_of(data.get("sentences"))]
    return Case(
        event=event,
        sequence=event.sequence,
        at=event.at,
        person_id=event.actor_id,
        outcome=CONCLUDED[event.action],
        model=str(model.get("name", ""))[:200],
        probability=float(probability) if isinstance(probability, int | float) else None,
        withheld=verdicts.count("withheld"),
        guard=_strictest(data),
        is_sampled=is_sampled,
        due_at=event.at + due if is_sampled else None,
    )


def _strictest(data: Mapping[str, Any]) -> str:
    modes = {str(mapping_of(hit).get("mode", "")) for hit in sequence_of(data.get("guards"))}
    return next((mode for mode in ("block", "monitor") if mode in modes), "")


def _collections_of(events: Sequence[Event]) -> dict[int, list[str]]:
    """Return the slugs of the collections whose documents were cited; of the collections that were searched where none was."""
    cited: dict[int, set[str]] = {}
    scopes: dict[int, list[str]] = {}
    for event in events:
        data = _data_of(event)
        entries = [mapping_of(entry) for entry in sequence_of(data.get("citations"))]
        cited[event.pk] = {str(entry["document_uid"]) for entry in entries if entry.get("document_uid")}
        found = (mapping_of(entry) for entry in sequence_of(mapping_of(data.get("scope")).get("collections")))
        scopes[event.pk] = [str(entry["slug"])[:100] for entry in found if entry.get("slug")]
    uids = {uid for found in cited.values() for uid in found}
    slug_of = {str(uid): slug for uid, slug in Document.objects.filter(uid__in=uids).values_list("uid", "collection__slug")}
    return {pk: sorted({slug_of[uid] for uid in uids if uid in slug_of}) or sorted(set(scopes[pk])) for pk, uids in cited.items()}


def _note_rating(event: Event, rules: DeskRules) -> None:
    try:
        uid = UUID(event.subject.removeprefix("event:"))
    except ValueError:
        return  # it was not written by the audit, which verification says
    for case in Case.objects.filter(event__uid=uid):
        case.rating = RATED[event.action]
        if case.rating == "unhelpful" and case.due_at is None:
            case.due_at = event.at + timedelta(days=rules.due_days)
        case.save(update_fields=["rating", "due_at"])


def _data_of(event: Event) -> Mapping[str, Any]:
    """Return what was recorded; nothing where it was erased, or where somebody has damaged it, which verification says."""
    try:
        return mapping_of(event.payload.data)
    except (ObjectDoesNotExist, ValueError, TypeError, KeyError, RecursionError):
        return {}

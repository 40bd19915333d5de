"""Events of the audit whose content goes by a rule: which of them are due, and which of these a legal hold keeps."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.query import QuerySet

from audit.life.holds import held_events, read_holds
from audit.models import Event, Fact
from chat.models import Turn
from kb.models import Collection, Document
from retention.models import RetentionRule
from retention.rules.periods import Periods
from reviews.models import CaseCollection

BATCH = 500
Kind = RetentionRule.Kind
ACTIONS = {
    Kind.QUESTIONS: (
        *("question.answered", "question.refused", "question.stopped", "question.failed", "question.chat"),
        *("answer.helpful", "answer.unhelpful", "answer.rating_withdrawn", "review.recorded", "guard.hit"),
        *("text.checked", "passages.searched", "search.explained"),
    ),
    Kind.VIEWS: ("source.viewed", "document.downloaded"),
}


def everything_held() -> Q:
    """Return the condition for events that a legal hold keeps, those of held conversations among them."""
    holds = read_holds()
    conversations = {uid for hold in holds for uid in hold.conversations}
    turns = Turn.objects.filter(conversation__uid__in=conversations).exclude(receipt="")
    return held_events(holds, receipts=turns.values_list("receipt", flat=True) if conversations else ())


def due_events(kind: str, periods: Periods, *, now: datetime, held: Q, is_held: bool = False) -> Iterator[list[Event]]:
    """Yield the events that are due, a batch at a time, oldest first. `is_held`: those alone that a legal hold keeps."""
    shortest = periods.shortest
    if shortest is None:
        return
    candidates = Event.objects.filter(
        action__in=ACTIONS[Kind(kind)], payload__erased_at=None, at__lt=now - timedelta(days=shortest)
    )
    candidates = candidates.filter(held) if is_held else candidates.exclude(held)
    last = 0
    while events := list(candidates.filter(sequence__gt=last).order_by("sequence")[:BATCH]):
        last = events[-1].sequence
        belonging = collections_of(kind, events) if periods.own else {}
        due = [event for event in events if periods.is_due(belonging.get(event.pk, frozenset()), at=event.at, now=now)]
        if due:
            yield due


def collections_of(kind: str, events: Sequence[Event]) -> dict[int, frozenset[int]]:
    """Return the primary keys of the collections that each event is about, by the event's own."""
    return _of_questions(events) if kind == Kind.QUESTIONS else _of_views(events)


def _of_questions(events: Sequence[Event]) -> dict[int, frozenset[int]]:
    """By the cases of the reviewers' desk; a rating or a review belongs where its answer does."""
    about = {event.pk: event.subject.removeprefix("event:") for event in events if event.subject.startswith("event:")}
    uids = {str(event.uid) for event in events} | set(about.values())
    rows = CaseCollection.objects.filter(case__event__uid__in=uids).values_list("case__event__uid", "slug")
    slugs: dict[str, set[str]] = {}
    for uid, slug in rows:
        slugs.setdefault(str(uid), set()).add(slug)
    keys = dict(Collection.objects.filter(slug__in={one for found in slugs.values() for one in found}).values_list("slug", "pk"))
    return {
        event.pk: frozenset(keys[slug] for slug in slugs.get(about.get(event.pk, str(event.uid)), ()) if slug in keys)
        for event in events
    }


def _of_views(events: Sequence[Event]) -> dict[int, frozenset[int]]:
    facts = Fact.objects.filter(event__in=events, kind="document_uid").values_list("event_id", "value")
    named = dict(facts)
    places = {str(uid): pk for uid, pk in Document.objects.filter(uid__in=set(named.values())).values_list("uid", "collection_id")}
    return {pk: frozenset({places[uid]}) for pk, uid in named.items() if uid in places}


def count_due(kind: str, periods: Periods, *, now: datetime, held: Q, is_held: bool = False) -> int:
    """Return how many are due; in one query where no collection has a rule of its own."""
    if not periods.own and periods.general is not None:
        candidates: QuerySet[Event] = Event.objects.filter(
            action__in=ACTIONS[Kind(kind)], payload__erased_at=None, at__lt=now - timedelta(days=periods.general)
        )
        return (candidates.filter(held) if is_held else candidates.exclude(held)).count()
    return sum(len(batch) for batch in due_events(kind, periods, now=now, held=held, is_held=is_held))

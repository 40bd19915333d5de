"""Looking for events: what a reviewer may filter by, and pages that stay where they are while the chain grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.looking.matching import by_document, by_person, by_receipt, midnight, with_words
from audit.models import Event, Fact
from audit.words import OUTCOMES

PAGE_SIZE = 50
KINDS = {  # what the tabs show: prefixes of the action
    "questions": ("question.",),
    "feedback": ("answer.",),
    "sources": ("source.",),
    "documents": ("document.", "collection."),
    "people": ("account.", "group.", "session."),
    "curation": ("golden.", "golden_question.", "golden_run.", "canary.", "change.", "prompt.", "gap.", "approved_answer."),
    "audit": ("audit.", "review.", "retention.", "hold.", "person.", "conversation."),
    "all": (),
}


class Filters(forms.Form):
    """What a list is narrowed by; what cannot be read is left out."""

    def found(self) -> dict[str, Any]:
        """Return the fields that hold something, as far as they can be read."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class FilterForm(Filters):
    """All fields may stay empty; what cannot be read is said and left out."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS], required=False)
    text = forms.CharField(label=_("Keywords or receipt number"), max_length=200, required=False)
    person = forms.CharField(label=_("Person"), max_length=200, required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any")), *OUTCOMES.items()],
    )
    document = forms.CharField(label=_("Document"), max_length=300, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A stretch of the list, newest first. `older` and `newer` are sequences to go on from, None at an end."""

    events: Sequence[Event]
    older: int | None
    newer: int | None


def find_events(*, filters: dict[str, Any]) -> QuerySet[Event]:
    """Return the events that match, newest first. Filters as of `FilterForm.found`.

    A receipt's number is looked for among all events, whatever the kind: it names one.
    """
    events = Event.objects.order_by("-sequence")
    text = filters.get("text", "")
    if (numbered := by_receipt(text)) is not None:
        return events.filter(numbered)
    prefixes = KINDS[filters.get("kind", "questions")]
    if prefixes:
        wanted = Q()
        for prefix in prefixes:
            wanted |= Q(action__startswith=prefix)
        events = events.filter(wanted)
    if person := filters.get("person"):
        events = events.filter(by_person(person))
    if outcome := filters.get("outcome"):
        events = events.filter(action__endswith=f".{outcome}")
    if document := filters.get("document"):
        events = events.filter(by_document(document))
    if since := filters.get("since"):
        events = events.filter(at__gte=midnight(since))
    if until := filters.get("until"):
        events = events.filter(at__lt=midnight(until + timedelta(days=1)))
    return with_words(events, text) if text else events


def page_of(events: QuerySet[Event], *, before: int | None = None, after: int | None = None) -> EventPage:
    """Cut a page by sequence: whatever is recorded meanwhile, nothing is shown twice or skipped."""
    if after is not None:
        rows = list(events.filter(sequence__gt=after).order_by("sequence")[: PAGE_SIZE + 1])
        has_newer, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        has_older = bool(rows) and events.filter(sequence__lt=rows[-1].sequence).exists()
    else:
        rows = list((events.filter(sequence__lt=before) if before is not None else events)[: PAGE_SIZE + 1])
        has_older, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
        has_newer = before is not None and bool(rows) and events.filter(sequence__gt=rows[0].sequence).exists()
    return EventPage(events=rows, older=rows[-1].sequence if has_older else None, newer=rows[0].sequence if has_newer else None)


def models_of(events: Sequence[Event]) -> dict[int, str]:
    """Return the model of each event that has one, by the event's primary key."""
    return dict(Fact.objects.filter(event__in=events, kind="model").values_list("event_id", "value"))


def answer_of(event: Event) -> Event | None:
    """Return the answer that a rating is about."""
    kind, _colon, uid = event.subject.partition(":")
    if not event.action.startswith("answer.") or kind != "event":
        return None
    return Event.objects.filter(uid=uid).first()


def rating_of(event: Event) -> Event | None:
    """Return the last thing that whoever asked said of this answer."""
    rated = Event.objects.filter(subject=f"event:{event.uid}", actor_id=event.actor_id, action__startswith="answer.")
    return rated.select_related("payload").order_by("-sequence").first()

"""Queues of the desk, and filters over them: each is a condition on indexed columns of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.looking.matching import MAX_TERMS, by_person, by_summary, midnight
from audit.looking.search import Filters
from audit.looking.terms import terms_of
from audit.models import Event, Fact
from audit.words import OUTCOMES
from reviews.desk.reach import cases_for
from reviews.models import Case, CaseCollection, Review, Verdict

PAGE_SIZE = 50
UNCERTAIN_BELOW = 0.7
COMMON = 2_000  # events with a word
QUEUES = ("sample", "uncertain", "unhelpful", "withheld", "refused", "guarded", "mine", "overdue", "second", "disputed", "all")
OPEN = Q(state=Case.State.OPEN)


class CaseFilterForm(Filters):
    """All fields may stay empty; what cannot be read is left out."""

    text = forms.CharField(label=_("Words"), max_length=200, required=False)
    person = forms.CharField(label=_("Person"), max_length=200, required=False)
    collection = forms.CharField(label=_("Collection"), max_length=100, required=False)
    model = forms.CharField(label=_("Model"), max_length=200, required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any")), *((name, OUTCOMES[name]) for name in ("answered", "refused", "stopped"))],
    )
    verdict = forms.ChoiceField(label=_("Review"), required=False, choices=[("", _("Any")), *Verdict.choices])
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A stretch of a queue, newest first. `older` and `newer` are sequences to go on from, None at an end."""

    cases: Sequence[Case]
    older: int | None
    newer: int | None


def conditions(user: User) -> dict[str, Q]:
    """Return the condition of each queue for this reviewer."""
    reviewed = Review.objects.filter(by=user).values("case")
    return {
        "sample": OPEN & Q(is_sampled=True),
        "uncertain": OPEN & Q(outcome="answered", probability__lt=UNCERTAIN_BELOW),
        "unhelpful": OPEN & Q(rating="unhelpful"),
        "withheld": OPEN & Q(withheld__gt=0),
        "refused": OPEN & Q(outcome="refused"),
        "guarded": OPEN & ~Q(guard=""),
        "mine": Q(assigned_to=user) & ~Q(state=Case.State.DONE),
        "overdue": ~Q(state=Case.State.DONE) & Q(due_at__lt=timezone.now()),
        "second": Q(state=Case.State.SECOND) & ~Q(pk__in=reviewed),
        "disputed": Q(is_disputed=True),
        "all": Q(),
    }


def find_cases(*, queue: str, filters: dict[str, Any], user: User) -> QuerySet[Case]:
    """Return the cases of a queue that match and that this reviewer may see, newest first. Filters as of `CaseFilterForm.found`.

    Who asked is in the audit, and so are all words of an answer: a reviewer who is no auditor finds questions by their own words.
    """
    cases = cases_for(user).filter(conditions(user)[queue]).order_by("-sequence")
    for name in ("outcome", "verdict", "model"):
        if value := filters.get(name):
            cases = cases.filter(**{name: value})
    if collection := filters.get("collection"):
        cases = cases.filter(pk__in=CaseCollection.objects.filter(slug=collection).values("case"))
    if since := filters.get("since"):
        cases = cases.filter(at__gte=midnight(since))
    if until := filters.get("until"):
        cases = cases.filter(at__lt=midnight(until + timedelta(days=1)))
    if (person := filters.get("person")) and user.is_auditor:
        cases = cases.filter(event__in=Event.objects.filter(by_person(person)))
    if text := filters.get("text"):
        cases = _with_words(cases, text) if user.is_auditor else cases.filter(event__in=by_summary(_events_of(cases), text))
    return cases


def _with_words(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Return the cases whose events hold all words of the text; where it has none, those whose question holds it as it stands.

    What stands in few events is looked up; what stands in many is looked for from the newest case on, until a page is full.
    """
    terms = terms_of([text], limit=MAX_TERMS)
    for term in terms:
        facts = Fact.objects.filter(kind="word", value=term)
        if facts[:COMMON].count() < COMMON:
            cases = cases.filter(event__in=facts.values("event"))
        else:
            cases = cases.filter(Exists(facts.filter(event=OuterRef("event"))))
    return cases if terms else cases.filter(event__in=by_summary(_events_of(cases), text))


def _events_of(cases: QuerySet[Case]) -> QuerySet[Event]:
    return Event.objects.filter(pk__in=cases.values("event"))


def page_of(cases: QuerySet[Case], *, before: int | None = None, after: int | None = None) -> CasePage:
    """Cut a page by sequence, so that nothing is shown twice while the queue moves."""
    shown = cases.select_related("event", "assigned_to").prefetch_related("collections")
    if after is not None:
        rows = list(shown.filter(sequence__gt=after).order_by("sequence")[: PAGE_SIZE + 1])
        has_newer, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        has_older = bool(rows)
    else:
        rows = list((shown.filter(sequence__lt=before) if before is not None else shown)[: PAGE_SIZE + 1])
        has_older, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
        has_newer = before is not None
    return CasePage(
        cases=rows,
        older=rows[-1].sequence if rows and has_older else None,
        newer=rows[0].sequence if rows and has_newer else None,
    )


def count_queues(user: User) -> dict[str, int]:
    """Return how many cases wait in each queue, by one query."""
    waiting = {name: Count("pk", filter=condition) for name, condition in conditions(user).items() if name != "all"}
    found: dict[str, int] = cases_for(user).exclude(state=Case.State.DONE, is_disputed=False).aggregate(**waiting)
    return found


def next_case(case: Case, *, queue: str, filters: dict[str, Any], user: User) -> Case | None:
    """Return the case after this one in its queue, from its newest again at the end."""
    cases = find_cases(queue=queue, filters=filters, user=user).exclude(pk=case.pk).select_related("event")
    return cases.filter(sequence__lt=case.sequence).first() or cases.first()


def is_overdue(case: Case) -> bool:
    return case.state != Case.State.DONE and case.due_at is not None and case.due_at < timezone.now()

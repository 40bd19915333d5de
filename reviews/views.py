"""The pages of the reviewers' desk."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from audit.actor import actor_of
from audit.auditor_visits import note_reading
from audit.models import Event
from audit.receipts.receipt import read_receipt
from audit.views import auditors_only, read_sequence, record_view
from chat.models import Turn
from kb.models import Collection
from reviews.access import reviewers_only
from reviews.desk.agreement import count_verdicts, count_weeks, measure_agreement
from reviews.desk.intake import take_in
from reviews.desk.judging import assign_case, review_case, reviews_to_show
from reviews.desk.queues import QUEUES, CaseFilterForm, count_queues, find_cases, next_case, page_of
from reviews.desk.reach import cases_for
from reviews.desk.rules import change_rules, read_rules
from reviews.errors import ReviewRefused
from reviews.forms import AssignForm, ReviewForm, RulesForm
from reviews.models import Case, SampleRate, Verdict

MOST_TURNS = 50
RATES_PER_PAGE, NAMES_OFFERED = 100, 200
RATE = "rate-"


@require_GET
@reviewers_only
def index(request: SignedInRequest) -> HttpResponse:
    """A queue, filtered."""
    take_in()  # what was just asked; the rest is the worker's
    form, queue, filters = _read(request)
    note_reading(by=actor_of(request.user), filters={"queue": queue} | {name: str(value) for name, value in filters.items()})
    page = page_of(
        find_cases(queue=queue, filters=filters, user=request.user),
        before=read_sequence(request, "before"),
        after=read_sequence(request, "after"),
    )
    counts = count_queues(request.user)
    context = {
        "form": form,
        "queue": queue,
        "queues": [(name, counts.get(name)) for name in QUEUES],
        "page": page,
        "is_filtered": bool(filters),
        "query": _query(queue, filters),
    }
    return render(request, "reviews/index.html", context)


@require_http_methods(["GET", "POST"])
@reviewers_only
def case(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One answer with everything that a verdict needs; by POST, the verdict, and on to the next."""
    found = get_object_or_404(cases_for(request.user).select_related("event__payload", "assigned_to"), event__uid=uid)
    _form, queue, filters = _read(request)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        following = next_case(found, queue=queue, filters=filters, user=request.user)
        try:
            review_case(case=found, by=request.user, sentences=form.sentences(), **form.cleaned_data)
        except ReviewRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Review recorded."))
            address = reverse("reviews:case", args=[following.event.uid]) if following else reverse("reviews:index")
            return redirect(f"{address}?{_query(queue, filters)}")
    event: Event = found.event
    record_view(
        request, action="audit.receipt_viewed", subject=f"event:{uid}", summary=f"#{event.sequence}", payload={"event": uid}
    )
    data = event.payload.data
    receipt = read_receipt(data)
    reviews = reviews_to_show(found, to=request.user)
    given = form.sentences() if request.method == "POST" else {}
    context = {
        "case": found,
        "event": event,
        "payload": event.payload,
        "receipt": receipt,
        "sentences": [(place, sentence, given.get(place, "")) for place, sentence in enumerate(receipt.sentences)],
        "passages": sorted(receipt.passages, key=lambda passage: not passage.is_cited),
        "turns": _turns_around(str(data.get("conversation", ""))) if request.user.is_auditor else [],
        "form": form,
        "assign_form": AssignForm(initial={"to": found.assigned_to_id}),
        "reviews": reviews,
        "is_hidden": found.state == Case.State.SECOND and not reviews,
        "may_review": found.state != Case.State.DONE
        and found.person_id != str(request.user.pk)
        and not found.reviews.filter(by=request.user).exists(),
        "verdicts": Verdict.choices,
        "query": _query(queue, filters),
    }
    return render(request, "reviews/case.html", context, status=422 if form.errors and request.method == "POST" else 200)


@require_POST
@reviewers_only
def assign(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Give a case to a reviewer, or to nobody."""
    found = get_object_or_404(cases_for(request.user), event__uid=uid)
    form = AssignForm(request.POST)
    try:
        if not form.is_valid():
            raise ReviewRefused(_("Choose a reviewer, and a day such as 2026-12-31."))
        assign_case(case=found, by=request.user, **form.cleaned_data)
    except ReviewRefused as refused:
        messages.error(request, str(refused))
    _form, queue, filters = _read(request)
    return redirect(f"{reverse('reviews:case', args=[uid])}?{_query(queue, filters)}")


@require_GET
@auditors_only
def statistics(request: SignedInRequest) -> HttpResponse:
    """Agreement, verdicts and their trend."""
    context = {
        "agreement": measure_agreement(),
        "verdicts": {str(verdict.label): count for verdict, count in count_verdicts().items()},
        "labels": Verdict.labels,
        "weeks": count_weeks(),
    }
    return render(request, "reviews/statistics.html", context)


@require_http_methods(["GET", "POST"])
@auditors_only
def rules(request: SignedInRequest) -> HttpResponse:
    """What the desk does by itself. Collections with a rate of their own are listed by the page; others are added by name."""
    form = RulesForm(request.POST or None, initial=model_to_dict(read_rules()))
    page = Paginator(SampleRate.objects.order_by("slug"), RATES_PER_PAGE).get_page(request.GET.get("page"))
    collections = dict(Collection.objects.filter(slug__in=[row.slug for row in page]).values_list("slug", "name"))
    rates = {row.slug: str(row.percent) for row in page}
    if request.method == "POST":
        rates = {slug: request.POST.get(f"{RATE}{slug}", percent).strip() for slug, percent in rates.items()}
        try:
            if form.is_valid():
                change_rules(rates=_rates(rates | _added(request)), by=request.user, **form.cleaned_data)
                messages.success(request, _("Rules saved."))
                return redirect("reviews:rules")
        except ReviewRefused as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form,
        "page": page,
        "rows": [(slug, collections.get(slug, slug), rate) for slug, rate in rates.items()],
        "names": Collection.objects.filter(is_private=False).order_by("name").values_list("name", flat=True)[:NAMES_OFFERED],
        "added": request.POST.get("collection", ""),
        "percent": request.POST.get("percent", ""),
    }
    return render(request, "reviews/rules.html", context, status=422 if form.errors else 200)


def _added(request: SignedInRequest) -> dict[str, str]:
    """Return the slug and rate of the collection that was named. Raises: ReviewRefused: there is none of that name."""
    named, percent = request.POST.get("collection", "").strip(), request.POST.get("percent", "").strip()
    if not named and not percent:
        return {}
    found = Collection.objects.filter(Q(name=named) | Q(slug=named)).order_by("pk").first()
    if found is None:
        raise ReviewRefused(_("There is no collection “%(slug)s”.") % {"slug": named})
    if not percent:
        raise ReviewRefused(_("A rate must be between 0 and 100 percent."))
    return {found.slug: percent}


def _rates(given: Mapping[str, str]) -> dict[str, int | None]:
    if any(value and not (value.isascii() and value.isdecimal() and len(value) <= 3) for value in given.values()):
        raise ReviewRefused(_("A rate must be between 0 and 100 percent."))
    return {slug: int(value) if value else None for slug, value in given.items()}


def _turns_around(conversation: str) -> list[tuple[str, str]]:
    """Return (question, receipt) of a conversation's turns, oldest first."""
    try:
        uid = UUID(conversation)
    except ValueError:
        return []
    turns = Turn.objects.filter(conversation__uid=uid).exclude(receipt="").order_by("position", "attempt")
    return list(turns.values_list("question", "receipt")[:MOST_TURNS])


def _read(request: HttpRequest) -> tuple[CaseFilterForm, str, dict[str, Any]]:
    given = {name: value.replace("\x00", "") for name, value in request.GET.items() if isinstance(value, str)}
    queue = given.get("queue", "")
    form = CaseFilterForm(given)
    return form, queue if queue in QUEUES else QUEUES[0], form.found()


def _query(queue: str, filters: Mapping[str, Any]) -> str:
    return urlencode([("queue", queue), *sorted((name, str(value)) for name, value in filters.items())])

"""The pages of approved answers, for whoever runs the collection; approving is for owners."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.credentials import session_credential
from accounts.requests import SignedInRequest
from chat.conversations.readable import cut_answers
from curation.access import managed_collection
from curation.answers.models import ApprovedAnswer, only_leads
from curation.answers.writing import LONGEST, approve_answer, check_again, retire_answer, save_answer
from curation.errors import CurationRefused
from curation.gaps.models import Gap
from curation.golden.expecting import Expected
from curation.golden.models import GoldenQuestion
from curation.golden.questions import write_golden
from kb.models import Collection
from kb.rights.reasons import owns

PER_PAGE = 50
LONGEST_FACT = 300
State = ApprovedAnswer.State


class AnswerForm(forms.Form):
    """An answer and the questions that it is given to."""

    question = forms.CharField(label=gettext_lazy("Question"), max_length=1000)
    wordings = forms.CharField(
        label=gettext_lazy("Other wordings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One per line. Questions with the same meaning as one of these get this answer too."),
    )
    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Each sentence is checked: a document in this collection must support it."),
    )
    review_on = forms.DateField(
        label=gettext_lazy("Review on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def questions(self) -> list[str]:
        return [self.cleaned_data["question"], *self.cleaned_data["wordings"].splitlines()]


@require_GET
def answers(request: SignedInRequest, slug: str) -> HttpResponse:
    """The answers of a collection: what waits for somebody first."""
    collection = managed_collection(request.user, slug)
    rows = ApprovedAnswer.objects.filter(collection=collection).prefetch_related("questions").order_by("state", "-pk")
    context = {
        "collection": collection,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "today": timezone.localdate(),
    }
    return render(request, "curation/answers.html", context)


@require_http_methods(["GET", "POST"])
def write(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Write an answer, as where a gap asks for one."""
    collection = managed_collection(request.user, slug)
    named = _uid(request)
    gaps = Gap.objects.filter(collection=collection).select_related("typical__case__event")
    gap = gaps.filter(uid=named).first() if named else None
    asked = gap.typical.case.event.summary if gap and gap.typical else ""
    form = AnswerForm(request.POST or None, initial={"question": asked})
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form, collection, None, gap)
        if saved is not None:
            return redirect("curation:answer", uid=saved.uid)
    context = {"form": form, "collection": collection, "answer": None}
    return render(request, "curation/answer.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def answer(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """One answer with what checking found for each sentence; changed, it is checked and approved anew."""
    row = get_object_or_404(_rows(request).prefetch_related("questions"), uid=uid)
    form = AnswerForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form, row.collection, row, None)
        if saved is not None:
            return redirect("curation:answer", uid=uid)
    shown = {"sentences": [], "citations": row.citations, "nearest": [], "outcome": "answered", "answer": ""}
    (readable,) = cut_answers([shown], user=request.user)
    places: dict[int, Any] = {place["marker"]: place for place in readable["citations"]}
    context = {
        "form": form,
        "collection": row.collection,
        "answer": row,
        "owns": owns(request.user, row.collection),
        "sentences": [
            (one, [places[marker] for marker in one["markers"] if marker in places], only_leads(one)) for one in row.sentences
        ],
        "today": timezone.localdate(),
    }
    return render(request, "curation/answer.html", context, status=422 if form.errors else 200)


@require_POST
def approve(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Let an answer be given: for owners."""
    row = get_object_or_404(ApprovedAnswer, uid=uid, collection__in=Collection.objects.owned_by(request.user))
    try:
        approve_answer(row=row, user=request.user)
        messages.success(request, _("Approved. Within seconds, questions with the same meaning get this answer."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:answer", uid=uid)


@require_POST
def retire(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Give an answer no more."""
    retire_answer(row=get_object_or_404(_rows(request), uid=uid), user=request.user)
    messages.success(request, _("Answer retired."))
    return redirect("curation:answer", uid=uid)


@require_POST
def check(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Check an approved answer now."""
    row = get_object_or_404(_rows(request).filter(state=State.APPROVED), uid=uid)
    try:
        if check_again(row):
            messages.success(request, _("Every sentence still holds."))
        else:
            messages.error(request, _("Withdrawn: its sources no longer support it."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:answer", uid=uid)


@require_POST
def make_golden(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Make a golden question of an approved answer: its sentences are to be told, its documents to be cited."""
    row = get_object_or_404(_rows(request).filter(state=State.APPROVED), uid=uid)
    facts = tuple((one["text"],) for one in row.sentences if one["markers"] and len(one["text"]) <= LONGEST_FACT)
    documents = tuple(dict.fromkeys(place["document"] for place in row.citations))
    try:
        write_golden(
            collection=row.collection,
            question=row.questions.all()[0].text,
            expected=Expected(facts=facts[:20], documents=documents[:20]),
            user=request.user,
            origin=GoldenQuestion.Origin.ANSWER,
            source=str(row.uid),
        )
        messages.success(request, _("Added to the golden questions."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:answer", uid=uid)


def _rows(request: SignedInRequest) -> QuerySet[ApprovedAnswer]:
    return ApprovedAnswer.objects.manageable_by(request.user).select_related("collection", "approved_by", "gap")


def _uid(request: SignedInRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("gap", ""))
    except ValueError:
        return None


def _initial(row: ApprovedAnswer) -> dict[str, Any]:
    first, *others = [one.text for one in row.questions.all()] or [""]
    return {"question": first, "wordings": "\n".join(others), "text": row.text, "review_on": row.review_on}


def _save(
    request: SignedInRequest, form: AnswerForm, collection: Collection, row: ApprovedAnswer | None, gap: Gap | None
) -> ApprovedAnswer | None:
    try:
        return save_answer(
            row=row,
            collection=collection,
            questions=form.questions(),
            text=form.cleaned_data["text"],
            review_on=form.cleaned_data["review_on"],
            user=request.user,
            credential=session_credential(request, user=request.user),
            gap=gap,
        )
    except CurationRefused as refused:
        form.add_error(None, refused.message)
        return None

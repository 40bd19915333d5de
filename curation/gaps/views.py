"""The pages of gaps, for whoever runs the collection; and for whoever asked: that it is answered."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from curation.access import managed_collection
from curation.errors import CurationRefused
from curation.gaps.deciding import LONGEST_NOTE, change_gap, people_for
from curation.gaps.models import Gap
from curation.gaps.taking import mark_told
from kb.models import Collection

PER_PAGE = 50
QUESTIONS_SHOWN = 50


class GapForm(forms.Form):
    """What is done about a gap."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=Gap.State.choices)
    assigned_to = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Assigned to"), required=False)
    due_on = forms.DateField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, collection: Collection | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = people_for(collection)  # type: ignore[attr-defined]  # a ModelChoiceField


@require_GET
def gaps(request: SignedInRequest, slug: str) -> HttpResponse:
    """What people asked a collection and did not get, the most asked first."""
    collection = managed_collection(request.user, slug)
    return _list(request, collection)


@require_GET
def gaps_of_none(request: SignedInRequest) -> HttpResponse:
    """Questions near to nothing that several collections hold: for knowledge admins."""
    if not request.user.is_knowledge_admin:
        raise Http404
    return _list(request, None)


def _list(request: SignedInRequest, collection: Collection | None) -> HttpResponse:
    state = request.GET.get("state", Gap.State.OPEN)
    state = state if state in Gap.State.values else Gap.State.OPEN
    rows = Gap.objects.filter(collection=collection)
    counts = dict(rows.values_list("state").annotate(count=Count("pk")).order_by())
    shown = rows.filter(state=state).select_related("typical__case__event", "assigned_to").order_by("-count", "-last_at", "pk")
    context = {
        "collection": collection,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in Gap.State.choices],
    }
    return render(request, "curation/gaps.html", context)


@require_http_methods(["GET", "POST"])
def gap(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """One gap with its questions, without who asked them, and what is done about it."""
    found = get_object_or_404(
        Gap.objects.manageable_by(request.user).select_related("collection", "assigned_to", "typical__case__event"), uid=uid
    )
    initial = {"state": found.state, "assigned_to": found.assigned_to_id, "due_on": found.due_on, "note": found.note}
    form = GapForm(request.POST or None, initial=initial, collection=found.collection)
    if request.method == "POST" and form.is_valid():
        try:
            change_gap(gap=found, user=request.user, **form.cleaned_data)
        except CurationRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("curation:gap", uid=uid)
    context = {
        "collection": found.collection,
        "gap": found,
        "form": form,
        "questions": found.questions.select_related("case__event").order_by("-case__sequence")[:QUESTIONS_SHOWN],
    }
    return render(request, "curation/gap.html", context, status=422 if form.errors else 200)


@require_POST
def seen(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Whoever asked puts away that their question is answered."""
    found = get_object_or_404(Gap, uid=uid)
    if not mark_told(gap=found, person_id=str(request.user.pk)):
        raise Http404
    return redirect("chat:home")

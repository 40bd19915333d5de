"""From a review to a golden question: a reviewer suggests it, whoever runs the collection takes it into use."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from curation.errors import CurationRefused
from curation.golden.forms import ANSWER, REFUSAL, GoldenForm
from curation.golden.models import GoldenQuestion
from curation.golden.questions import write_golden
from kb.models import Collection
from reviews.access import reviewers_only
from reviews.desk.reach import cases_for
from reviews.models import Case, Verdict


class SuggestForm(GoldenForm):
    """The same, with the collection that is to answer it. It is not in use until somebody who runs that says so."""

    into = forms.ChoiceField(label=gettext_lazy("Collection"))

    def __init__(self, *args: Any, collections: list[Collection], **kwargs: Any) -> None:
        chosen = {row.slug: row for row in collections}
        given = args[0] if args and args[0] else {}
        super().__init__(*args, collection=chosen.get(given.get("into", ""), collections[0]), **kwargs)
        self.fields["into"].choices = [(row.slug, row.name) for row in collections]  # type: ignore[attr-defined]  # a ChoiceField
        del self.fields["is_active"]
        self.order_fields(["into", "question"])

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("question", "note")} | {"expected": self.expected, "is_active": False}


@require_http_methods(["GET", "POST"])
@reviewers_only
def suggest(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Suggest the question of a reviewed answer to one of the collections that it was about."""
    case = get_object_or_404(cases_for(request.user).select_related("event__payload"), event__uid=uid)
    slugs = list(case.collections.values_list("slug", flat=True))
    collections = list(Collection.objects.live().filter(slug__in=slugs).order_by("name"))
    if not collections:
        messages.error(request, _("None of the collections of this answer exists any longer."))
        return redirect("reviews:case", uid=uid)
    form = SuggestForm(request.POST or None, collections=collections, initial=_initial(case))
    if request.method == "POST" and form.is_valid():
        try:
            write_golden(
                collection=form.collection,
                user=request.user,
                origin=GoldenQuestion.Origin.REVIEW,
                source=str(uid),
                **form.values(),
            )
        except CurationRefused as refused:
            form.add_error(None, refused.message)
        else:
            message = _("Suggested. It will be asked once somebody who manages the collection enables it.")
            messages.success(request, message)
            return redirect("reviews:case", uid=uid)
    context = {"form": form, "case": case, "collection": None, "golden": None}
    return render(request, "curation/golden_form.html", context, status=422 if form.errors else 200)


def _initial(case: Case) -> dict[str, Any]:
    data = case.event.payload.data
    review = case.reviews.order_by("-number").first()
    verdict = review.verdict if review else ""
    should_refuse = verdict == Verdict.SHOULD_REFUSE or (case.outcome == "refused" and verdict == Verdict.CORRECT)
    return {
        "question": str(data.get("question", "")),
        "expect": REFUSAL if should_refuse else ANSWER,
        "facts": review.correction if review and not should_refuse else "",
    }

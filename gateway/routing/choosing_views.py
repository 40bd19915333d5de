"""The page on which owners choose what answers from their collection."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from gateway.routing.choosing import AS_ROUTED, QUOTES, choose_model, offered_models, read_choice
from kb.models import Collection


class ChoiceForm(forms.Form):
    """What answers; a model that was chosen and is offered no more is not among the choices."""

    model = forms.ChoiceField(label=gettext_lazy("Answers from this collection"), widget=forms.RadioSelect)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they come
        names = offered_models().values_list("name", flat=True)
        self.fields["model"].choices = [  # type: ignore[attr-defined]  # of a field that has choices
            (AS_ROUTED, _("As the installation decides")),
            (QUOTES, _("No model: the documents are quoted")),
            *((name, name) for name in names),
        ]


@require_http_methods(["GET", "POST"])
def choose(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Say what answers from a collection; for its owners."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    choice, model = read_choice(collection)
    form = ChoiceForm(request.POST or None, initial={"model": model.name if model else choice})
    if request.method == "POST" and form.is_valid():
        try:
            choose_model(collection=collection, choice=form.cleaned_data["model"], user=request.user)
        except ValuesRefused as refused:
            form.add_error("model" if "model" in refused.problems else None, refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": collection.name})
            return redirect("kb:collection", slug=slug)
    is_gone = model is not None and not model.is_offered
    context = {"collection": collection, "form": form, "model": model, "is_gone": is_gone}
    return render(request, "gateway/collection_choice.html", context, status=422 if form.errors else 200)

"""The page of a collection's owners and editors, for its owners."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.requests import SignedInRequest
from kb.models import Collection, Steward
from kb.rights.stewards import find_person, set_steward

SHOWN = 100


class StewardForm(forms.Form):
    """Whom to name, and as what."""

    person = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Steward.Role.choices,
        widget=forms.RadioSelect,
        initial=Steward.Role.EDITOR,
        help_text=gettext_lazy("Editors maintain documents and the vocabulary. Owners also decide who can read, own and edit."),
    )


@require_http_methods(["GET", "POST"])
def stewards(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Who owns and edits a collection; name one more, or give somebody the other role."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    form = StewardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = find_person(form.cleaned_data["person"])
            set_steward(collection=collection, person=person, role=form.cleaned_data["role"], user=request.user)
        except ValuesRefused as refused:
            for name, sentences in refused.problems.items():
                for sentence in sentences:
                    form.add_error(name if name in form.fields else None, sentence)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": person.username})
            # Whoever made themselves an editor does not come back to this page.
            is_owner = Collection.objects.owned_by(request.user).filter(pk=collection.pk).exists()
            return redirect("kb:stewards" if is_owner else "kb:collection", slug=slug)
    rows = Paginator(collection.stewards.select_related("user"), SHOWN).get_page(request.GET.get("page"))
    context = {"collection": collection, "form": form, "page": rows}
    return render(request, "kb/stewards.html", context, status=422 if form.errors else 200)


@require_POST
def dismiss(request: SignedInRequest, slug: str, pk: int) -> HttpResponseBase:
    """Take somebody's role in a collection away."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    person = get_object_or_404(User, stewardships__collection=collection, pk=pk)
    try:
        set_steward(collection=collection, person=person, role=None, user=request.user)
    except ValuesRefused as refused:
        messages.error(request, " ".join(refused.problems.get("person", [refused.message])))
        return redirect("kb:stewards", slug=slug)
    messages.success(request, _("%(name)s no longer owns or edits this collection.") % {"name": person.username})
    is_owner = Collection.objects.owned_by(request.user).filter(pk=collection.pk).exists()
    return redirect("kb:stewards", slug=slug) if is_owner else redirect("kb:index")

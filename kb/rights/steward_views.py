"""The page of a collection's owners and editors, for its owners."""

from typing import Any

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
from kb.rights.stewards import find_person, hand_over, set_steward

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
    hands_over = forms.BooleanField(
        label=gettext_lazy("Hand over: I am no longer an owner"),
        required=False,
        help_text=gettext_lazy("The person becomes an owner in your place."),
    )

    def __init__(self, *args: Any, is_owner: bool, **kwargs: Any) -> None:
        """`is_owner`: whether whoever fills it in is one by name, who has something to hand over."""
        super().__init__(*args, **kwargs)
        if not is_owner:
            del self.fields["hands_over"]


@require_http_methods(["GET", "POST"])
def stewards(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Who owns and edits a collection; name one more, or give somebody the other role."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    is_owner = collection.stewards.filter(user=request.user, role=Steward.Role.OWNER).exists()
    form = StewardForm(request.POST or None, is_owner=is_owner)
    if request.method == "POST" and form.is_valid():
        try:
            person = find_person(form.cleaned_data["person"])
            if form.cleaned_data.get("hands_over"):
                hand_over(collection=collection, to=person, user=request.user)
            else:
                set_steward(collection=collection, person=person, role=form.cleaned_data["role"], user=request.user)
        except ValuesRefused as refused:
            for name, sentences in refused.problems.items():
                for sentence in sentences:
                    form.add_error(name if name in form.fields else None, sentence)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": person.username})
            return _leave(request, collection)
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
    return _leave(request, collection)


def _leave(request: SignedInRequest, collection: Collection) -> HttpResponseBase:
    """Go on where this person may be now: whoever handed over, or made themselves an editor, does not come back to this page."""
    if Collection.objects.owned_by(request.user).filter(pk=collection.pk).exists():
        return redirect("kb:stewards", slug=collection.slug)
    is_readable = Collection.objects.visible_to(request.user).filter(pk=collection.pk).exists()
    return redirect("kb:collection", slug=collection.slug) if is_readable else redirect("kb:index")

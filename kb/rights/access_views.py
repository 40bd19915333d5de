"""Pages on which people ask for access to a listed collection, and its owners decide."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from kb.models import AccessRequest, Collection
from kb.rights.access import (
    REASON_CHARACTERS,
    ask_for_access,
    end_access,
    grant_access,
    refuse_access,
    requests_for,
    requests_of,
    withdraw_request,
)

SHOWN = 50
State = AccessRequest.State


class AskForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What do you need it for?"),
        max_length=REASON_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": REASON_CHARACTERS}),
        help_text=gettext_lazy("The owners of the collection will see this."),
    )


@require_http_methods(["GET", "POST"])
def ask(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Ask for access to a collection that one may know of and not read."""
    if Collection.objects.visible_to(request.user).filter(slug=slug).exists():
        return redirect("kb:collection", slug=slug)
    collection = get_object_or_404(Collection.objects.listed_for(request.user), slug=slug)
    waiting = requests_of(request.user).filter(collection=collection, state=State.WAITING).first()
    form = AskForm(request.POST or None, initial={"reason": waiting.reason if waiting else ""})
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_access(collection=collection, user=request.user, reason=form.cleaned_data["reason"])
        except ValuesRefused as refused:
            form.add_error("reason", refused.message)
        else:
            messages.success(request, _("The owners of %(name)s were asked.") % {"name": collection.name})
            return redirect("kb:access_mine")
    context = {"collection": collection, "form": form, "waiting": waiting}
    return render(request, "kb/access_ask.html", context, status=422 if form.errors else 200)


@require_GET
def mine(request: SignedInRequest) -> HttpResponseBase:
    """What one has asked for, and what became of it."""
    page = Paginator(requests_of(request.user), SHOWN).get_page(request.GET.get("page"))
    return render(request, "kb/access_mine.html", {"page": page})


@require_GET
def access(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Who asks for a collection, and who has been let in; for its owners."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    rows = requests_for(request.user).filter(collection=collection)
    holding = AccessRequest.holding()
    context = {
        "collection": collection,
        "waiting": rows.filter(state=State.WAITING).order_by("asked_at")[:SHOWN],
        "granted": rows.filter(holding).order_by("until")[:SHOWN],
        "page": Paginator(rows.exclude(Q(state=State.WAITING) | holding), SHOWN).get_page(request.GET.get("page")),
    }
    return render(request, "kb/access.html", context)


@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(requests_of(request.user), pk=pk)
    _try(request, lambda: withdraw_request(found, user=request.user), _("Your request was withdrawn."))
    return redirect("kb:access_mine")


@require_POST
def grant(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(requests_for(request.user), pk=pk)
    given = request.POST.get("days", "")
    days = int(given) if given.isdecimal() and len(given) < 5 else 0
    told = _("%(name)s can now read the collection.") % {"name": found.user.username}
    _try(request, lambda: grant_access(found, days=days, user=request.user), told)
    return redirect("kb:access", slug=found.collection.slug)


@require_POST
def refuse(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(requests_for(request.user), pk=pk)
    told = _("%(name)s was told why.") % {"name": found.user.username}
    _try(request, lambda: refuse_access(found, answer=request.POST.get("answer", ""), user=request.user), told)
    return redirect("kb:access", slug=found.collection.slug)


@require_POST
def end(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(requests_for(request.user), pk=pk)
    told = _("%(name)s can no longer read the collection.") % {"name": found.user.username}
    _try(request, lambda: end_access(found, user=request.user), told)
    return redirect("kb:access", slug=found.collection.slug)


def _try(request: SignedInRequest, act: Callable[[], object], told: str) -> None:
    try:
        act()
    except ValuesRefused as refused:
        messages.error(request, " ".join(sentence for said in refused.problems.values() for sentence in said))
    else:
        messages.success(request, told)

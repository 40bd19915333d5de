"""Pages of legal holds, for auditors."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.requests import SignedInRequest
from audit.models import Hold
from audit.views import auditors_only
from retention.errors import RetentionRefused
from retention.holding.forms import HoldForm, ReleaseForm
from retention.holding.naming import find_things
from retention.holding.services import place_hold, release_hold

PER_PAGE = 50


@require_GET
@auditors_only
def holds(request: SignedInRequest) -> HttpResponse:
    """All holds: those that count first."""
    rows = Hold.objects.prefetch_related("things")
    active = Paginator(rows.filter(released_at=None), PER_PAGE).get_page(request.GET.get("page"))
    released = rows.exclude(released_at=None).order_by("-released_at", "-pk")
    page = Paginator(released, PER_PAGE).get_page(request.GET.get("released"))
    return render(request, "retention/holds.html", {"active": active, "released": page})


@require_http_methods(["GET", "POST"])
@auditors_only
def place(request: SignedInRequest) -> HttpResponse:
    """A new hold. The address may name what it is about: ?person=, ?document=, ?conversation=."""
    named = {"people": "person", "documents": "document", "conversations": "conversation"}
    form = HoldForm(request.POST or None, initial={field: request.GET.get(given, "") for field, given in named.items()})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            things = find_things(**{field: values[field] for field in named})
            hold = place_hold(name=values["name"], reason=values["reason"], things=things, **form.period(), by=request.user)
        except RetentionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The hold “%(name)s” is in force.") % {"name": hold.name})
            return redirect("retention:holds")
    return render(request, "retention/hold_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@auditors_only
def hold(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One hold with what it is on; by POST it is released."""
    found = get_object_or_404(Hold.objects.prefetch_related("things"), uid=uid)
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release_hold(hold=found, reason=form.cleaned_data["reason"], by=request.user)
        except RetentionRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("“%(name)s” was released.") % {"name": found.name})
            return redirect("retention:holds")
    return render(request, "retention/hold.html", {"hold": found, "form": form}, status=422 if form.errors else 200)

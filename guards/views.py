"""The pages on which guards are ruled: by knowledge admins, and by those who run a collection for that collection."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from guards.editing import change_guard, create_guard, delete_guard
from guards.forms import GuardForm, TryForm
from guards.models import Guard
from guards.starters import BY_NAME, STARTERS
from guards.trying import try_text
from kb.rights.managing import check_manages_something

ROWS_PER_PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The guards that this user rules."""
    check_manages_something(request.user)
    return render(request, "guards/index.html", {"page": _page(request), "starters": STARTERS, "form": TryForm()})


@require_POST
def try_(request: SignedInRequest) -> HttpResponse:
    """What a page of them would find in a question."""
    check_manages_something(request.user)
    page = _page(request)
    form = TryForm(request.POST)
    tried = None
    if form.is_valid():
        instruments = import_string(settings.GUARD_INSTRUMENTS)()
        tried = try_text(list(page), form.cleaned_data["text"], instruments=instruments)
    context = {"page": page, "starters": STARTERS, "form": form, "tried": tried}
    return render(request, "guards/index.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponseBase:
    """Make a guard, from nothing or from a starter."""
    check_manages_something(request.user)
    starter = BY_NAME.get(request.GET.get("starter", ""))
    instance = Guard(**dict(starter.values) if starter else {})

    def save(values: dict[str, Any]) -> HttpResponseBase:
        create_guard(user=request.user, **values)
        messages.success(request, _("The guard was saved. It holds from the next question on."))
        return redirect("guards:index")

    form = GuardForm(request.POST or None, instance=instance, user=request.user)
    return save_or_show(request, form, save=save, template="guards/form.html", context={"guard": None})


@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Change a guard."""
    guard = get_object_or_404(Guard.objects.ruled_by(request.user).select_related("collection"), uid=uid)

    def save(values: dict[str, Any]) -> HttpResponseBase:
        change_guard(guard=guard, user=request.user, **values)
        messages.success(request, _("The guard was saved. It holds from the next question on."))
        return redirect("guards:index")

    form = GuardForm(request.POST or None, instance=guard, user=request.user)
    return save_or_show(request, form, save=save, template="guards/form.html", context={"guard": guard})


@require_POST
def delete(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Delete a guard."""
    delete_guard(get_object_or_404(Guard.objects.ruled_by(request.user), uid=uid), user=request.user)
    messages.success(request, _("The guard was deleted. What it found stays in the audit."))
    return redirect("guards:index")


def _page(request: SignedInRequest) -> "Page[Guard]":
    rows = Guard.objects.ruled_by(request.user).select_related("collection")
    return Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))

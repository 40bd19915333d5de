"""Pages of the programs' accounts: all for who manages people; their keys for whoever answers for one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.keys import create_api_key
from accounts.models import ApiKey, ServiceAccount
from accounts.programs.forms import ChangeServiceForm, KeyForm, ServiceForm
from accounts.programs.service_accounts import change_service, create_service, find_services, with_keys
from accounts.requests import SignedInRequest

SERVICES_PER_PAGE = KEYS_PER_PAGE = 50


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    rows = with_keys(find_services(request.user)).order_by("user__username")
    page = Paginator(rows, SERVICES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "people/services.html", {"page": page})


@require_http_methods(["GET", "POST"])
@system_admins_only
def create(request: SignedInRequest) -> HttpResponseBase:
    form = ServiceForm(request.POST or None, initial={"owner": request.user.username})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_service(actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": made.user.username})
            return redirect("accounts:service", pk=made.pk)
    return render(request, "people/service_form.html", {"form": form, "service": None}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@system_admins_only
def change(request: SignedInRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(find_services(request.user), pk=pk)
    initial = {
        "purpose": found.purpose,
        "owner": found.owner.username,
        "groups": found.user.groups.all(),
        "is_active": found.user.is_active,
    }
    form = ChangeServiceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_service(found, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": found.user.username})
            return redirect("accounts:service", pk=found.pk)
    return render(request, "people/service_form.html", {"form": form, "service": found}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def service(request: SignedInRequest, pk: int) -> HttpResponse:
    """One account with its keys, and a form for one more; the new key is shown once, on the response page."""
    found = get_object_or_404(find_services(request.user).prefetch_related("user__groups"), pk=pk)
    form, made = KeyForm(request.POST or None, user=found.user), None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_api_key(user=found.user, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
    status = 201 if made else 422 if form.errors else 200
    page = Paginator(ApiKey.objects.filter(user=found.user), KEYS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "service": found,
        "form": KeyForm(user=found.user) if made else form,
        "made": made,
        "page": page,
        "has_owner": _answers(found),
    }
    return render(request, "people/service.html", context, status=status)


def _answers(found: ServiceAccount) -> bool:
    """Tell whether the owner is still there."""
    return found.owner.is_active and not found.owner.has_ended

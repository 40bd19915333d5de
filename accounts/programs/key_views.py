"""Pages of a person's own API keys, and of the programs' that they look after. Losing access ends one's keys."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountRefused
from accounts.keys import create_api_key, revoke_api_key, rotate_api_key
from accounts.models import ApiKey, ApiKeyQuerySet, ServiceAccount, User
from accounts.programs.forms import KeyForm, RotateForm
from accounts.programs.service_accounts import find_services
from accounts.requests import SignedInRequest

KEYS_PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def keys(request: SignedInRequest) -> HttpResponse:
    """The keys, and a form for one more; the new key is shown once, on the response page."""
    form, made = KeyForm(request.POST or None, user=request.user), None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_api_key(user=request.user, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
    status = 201 if made else 422 if form.errors else 200
    if made:
        form = KeyForm(user=request.user)
    page = Paginator(ApiKey.objects.filter(user=request.user), KEYS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "made": made,
        "page": page,
        "services": find_services(request.user).filter(owner=request.user)[:KEYS_PER_PAGE],
    }
    return render(request, "people/keys.html", context, status=status)


@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def rotate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a new key like one of the user's own, or of a program's that they look after; shown once, on the response page."""
    key = get_object_or_404(_keys_of(request.user).usable(), pk=pk)
    form, made = RotateForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            made = rotate_api_key(key, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
    context = {"form": form, "made": made, "key": key, "service": ServiceAccount.objects.filter(user=key.user_id).first()}
    return render(request, "people/key_rotate.html", context, status=201 if made else 422 if form.errors else 200)


def _keys_of(user: User) -> ApiKeyQuerySet:
    """Return one's own keys, and those of the programs that one looks after."""
    return ApiKey.objects.filter(Q(user=user) | Q(user__in=find_services(user).values("user")))


@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Revoke one of the user's own keys, or of a program's that they look after."""
    key = get_object_or_404(_keys_of(request.user), pk=pk)
    revoke_api_key(key, actor=request.user)
    messages.success(request, _("The key %(name)s was revoked and no longer works.") % {"name": key.name})
    service = ServiceAccount.objects.filter(user=key.user_id).first()
    return redirect("accounts:service", pk=service.pk) if service is not None else redirect("accounts:keys")

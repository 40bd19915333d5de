"""Pages of a person's own API keys. Nobody sees or revokes another's here; losing access ends one's keys."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountRefused
from accounts.keys import create_api_key, revoke_api_key
from accounts.models import ApiKey
from accounts.programs.forms import KeyForm
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
    context = {"form": form, "made": made, "page": page}
    return render(request, "people/keys.html", context, status=status)


@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Revoke one of the user's own keys."""
    key = get_object_or_404(ApiKey, pk=pk, user=request.user)
    revoke_api_key(key, actor=request.user)
    messages.success(request, _("The key %(name)s was revoked and no longer works.") % {"name": key.name})
    return redirect("accounts:keys")

"""One's own API keys. Nobody sees or revokes another's here; who loses access loses their keys with it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountRefused
from accounts.forms import KeyForm
from accounts.keys import create_api_key, revoke_api_key
from accounts.models import ApiKey

KEYS_SHOWN = 50


@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def keys(request: HttpRequest) -> HttpResponse:
    """The keys, and a form for one more; the new key is on the answering page and nowhere else."""
    form, made = KeyForm(request.POST or None, user=request.user), None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_api_key(user=request.user, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
    status = 201 if made else 422 if form.errors else 200
    if made:
        form = KeyForm(user=request.user)
    context = {"form": form, "made": made, "keys": ApiKey.objects.filter(user=request.user)[:KEYS_SHOWN]}
    return render(request, "people/keys.html", context, status=status)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End one of one's own keys."""
    key = get_object_or_404(ApiKey, pk=pk, user=request.user)
    revoke_api_key(key, actor=request.user)
    messages.success(request, _("The key %(name)s was revoked. It opens nothing any more.") % {"name": key.name})
    return redirect("accounts:keys")

"""Pages of the identity providers, for knowledge admins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.models import IdentityProvider
from accounts.requests import SignedInRequest
from accounts.sign_in.oidc.forms import ProviderForm, SamlForm
from accounts.sign_in.oidc.providers import delete_provider, find_provider, find_providers, save_provider
from accounts.sign_in.oidc.start_views import go


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """All providers, those of the file too."""
    return render(request, "people/providers.html", {"providers": find_providers(with_disabled=True)})


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "POST"])
@system_admins_only
def create(request: SignedInRequest) -> HttpResponseBase:
    return _edit(request, IdentityProvider())


@require_http_methods(["GET", "POST"])
@system_admins_only
def create_saml(request: SignedInRequest) -> HttpResponseBase:
    return _edit(request, IdentityProvider(kind="saml"))


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "POST"])
@system_admins_only
def change(request: SignedInRequest, slug: str) -> HttpResponseBase:
    return _edit(request, get_object_or_404(IdentityProvider, slug=slug))


@require_POST
@system_admins_only
def delete(request: SignedInRequest, slug: str) -> HttpResponseBase:
    row = get_object_or_404(IdentityProvider, slug=slug)
    delete_provider(row=row, actor=request.user)
    messages.success(
        request, _("%(name)s was removed. Accounts are kept, but people need another way to sign in.") % {"name": row.name}
    )
    return redirect("accounts:providers")


@require_GET
@system_admins_only
def try_out(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Sign in at the provider to see what it says; nobody's session or account changes. A link: a form may not lead elsewhere."""
    if find_provider(slug, with_disabled=True) is None:
        return redirect("accounts:providers")
    return go(request, slug, again=True, is_try=True)


def _edit(request: SignedInRequest, row: IdentityProvider) -> HttpResponseBase:
    form = (SamlForm if row.kind == "saml" else ProviderForm)(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_provider(row=row, actor=request.user, **form.cleaned_data)
        except AccountRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": saved.name})
            return redirect("accounts:provider", slug=saved.slug)
    context = {"form": form, "row": row, **(_addresses(request, row) if row.pk else {})}
    return render(request, "people/provider_form.html", context, status=422 if form.errors else 200)


def _addresses(request: HttpRequest, row: IdentityProvider) -> dict[str, str]:
    """Return what is entered at the provider."""
    if row.kind == "saml":
        names = {"entity_id": "saml_metadata", "callback": "saml_acs"}
    else:
        names = {"callback": "openid_connect_callback"}
    return {key: request.build_absolute_uri(reverse(name, args=[row.slug])) for key, name in names.items()}

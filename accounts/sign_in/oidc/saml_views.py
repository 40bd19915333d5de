"""What a SAML provider needs of us: our metadata, and where it posts its assertion. We neither ask for nor take single logout."""

from allauth.socialaccount.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.sign_in.limits import spend_way_to_provider
from accounts.sign_in.oidc.providers import find_provider


@login_not_required
@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Describe this service to the provider."""
    from allauth.socialaccount.providers.saml.utils import build_saml_config  # loads xmlsec: only where somebody uses SAML
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    app = _app(request, organization_slug)
    config = build_saml_config(request, app.settings, organization_slug)
    del config["sp"]["singleLogoutService"]
    described = OneLogin_Saml2_Settings(settings=config, sp_validation_only=True).get_sp_metadata()
    return HttpResponse(described, content_type="application/samlmetadata+xml")


@csrf_exempt  # it comes from the provider's page; what it holds is signed
@login_not_required
@require_POST
def take_assertion(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
    from allauth.socialaccount.providers.saml.views import acs  # as above

    _app(request, organization_slug)
    spend_way_to_provider(request)
    response: HttpResponseBase = acs(request, organization_slug=organization_slug)
    return response


@login_not_required
@require_GET
def come_in(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
    """Judge the assertion, in a request that brings the browser's own cookies."""
    from allauth.socialaccount.providers.saml.views import finish_acs  # as above

    _app(request, organization_slug)
    response: HttpResponseBase = finish_acs(request, organization_slug=organization_slug)
    return response


@login_not_required
@require_http_methods(["GET", "POST"])
def no_single_logout(request: HttpRequest, organization_slug: str) -> HttpResponse:
    raise Http404


def _app(request: HttpRequest, slug: str):  # type: ignore[no-untyped-def]  # allauth's
    provider = find_provider(slug, with_disabled=True)
    if provider is None or provider.kind != "saml":
        raise Http404
    return get_adapter(request).get_app(request, provider="saml", client_id=slug)

"""The way to an identity provider and back."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.socialaccount.adapter import get_adapter as get_provider_adapter
from allauth.socialaccount.providers.openid_connect.views import callback
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from requests import RequestException

from accounts.errors import AccountRefused
from accounts.sign_in.limits import spend_way_to_provider
from accounts.sign_in.oidc.adapter import refuse
from accounts.sign_in.oidc.providers import find_provider
from accounts.sign_in.oidc.saml import go_to
from accounts.sign_in.oidc.trying import TRYING

come_back = callback


@login_not_required
@require_GET
def start(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Go to the provider to sign in. Who is signed in already, and confirms that it is they, has to show it there once more."""
    if find_provider(provider_id) is None:
        raise Http404
    spend_way_to_provider(request)
    return go(request, provider_id, again=request.user.is_authenticated)


def go(request: HttpRequest, provider_id: str, *, again: bool = False, is_try: bool = False) -> HttpResponseBase:
    """Redirect to the provider; only ever to sign in, never to connect an account with another one."""
    provider = get_provider_adapter(request).get_provider(request, provider=provider_id)
    next_url = request.GET.get("next", "")
    next_url = next_url if next_url and get_adapter(request).is_safe_url(next_url) else ""
    if provider.id == "saml":
        return go_to(request, provider, next_url=next_url or None, data={TRYING: is_try}, again=again)
    given: dict[str, Any] = {"auth_params": {"prompt": "login"}} if again else {}
    if next_url:
        given["next_url"] = next_url
    try:
        response: HttpResponseBase = provider.redirect(request, process="login", data={TRYING: is_try}, **given)
    except (RequestException, KeyError):
        refused = AccountRefused(
            "provider_unreachable", _("The provider cannot be reached. Try again later, or contact your administrator.")
        )
        return cast(HttpResponseBase, refuse(request, find_provider(provider_id, with_disabled=True), refused))
    return response


@login_not_required
@require_GET
def cancelled(request: HttpRequest) -> HttpResponseBase:
    messages.info(request, _("The sign-in was cancelled."))
    return redirect("account_login")

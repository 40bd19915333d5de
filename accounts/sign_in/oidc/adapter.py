"""How allauth.socialaccount behaves here: providers are ours, connections are checked, accounts are found or made by our rules."""

import logging
from typing import Any, cast

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from accounts.errors import AccountRefused
from accounts.models import User
from accounts.sign_in.oidc.arriving import admit, read_arrival
from accounts.sign_in.oidc.providers import find_provider, find_providers
from accounts.sign_in.oidc.saml import read_assertion, saml_app_of
from accounts.sign_in.oidc.trying import TRYING, show_claims
from accounts.sign_in.oidc.values import Provider
from accounts.sign_in.sessions import describe_client
from audit.services import record
from outbound.hosts import HostRules, read_allowed
from outbound.sessions import checked_session

logger = logging.getLogger(__name__)
TIMEOUT_S = 10.0


def provider_rules() -> HostRules:
    """Return the rules for a provider's address: this machine, and what only it reaches, has to be named by the operator."""
    return HostRules(allowed=tuple(read_allowed(text) for text in settings.OIDC_HOSTS))


class ProviderAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """allauth's own table of providers is not used. Disabled ones are there for an admin's test alone."""
        kinds = {"oidc": "openid_connect", "saml": "saml"}
        found = [one for one in find_providers(with_disabled=True) if provider in (None, kinds[one.kind], one.slug)]
        apps = [saml_app_of(one) if one.kind == "saml" else app_of(one) for one in found]
        return [app for app in apps if client_id in (None, app.client_id)]

    def get_requests_session(self) -> requests.Session:
        return checked_session(provider_rules(), timeout_s=TIMEOUT_S)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find or make the account, before allauth would in its own way. Raises: ImmediateHttpResponse: nobody is signed in."""
        provider = find_provider(sociallogin.account.provider, with_disabled=True)
        if provider is None:
            raise ImmediateHttpResponse(refuse(request, None, AccountRefused("provider_gone", "")))
        try:
            account = sociallogin.account
            is_saml = provider.kind == "saml"
            arrival = read_assertion(account.uid, account.extra_data) if is_saml else read_arrival(account.extra_data)
            # What the provider said of somebody is used now, and not kept; allauth has done so on the way here.
            SocialAccount.objects.filter(provider=provider.slug, uid=arrival.subject).update(extra_data={})
            if (sociallogin.state.get("data") or {}).get(TRYING):
                raise ImmediateHttpResponse(show_claims(request, arrival, provider=provider))
            if not provider.is_enabled or sociallogin.state.get("process") != "login":
                raise AccountRefused("provider_disabled", "")
            known = cast(User, sociallogin.user) if sociallogin.is_existing else None
            user = admit(arrival, provider=provider, user=known)
        except AccountRefused as refused:
            raise ImmediateHttpResponse(refuse(request, provider, refused)) from refused
        sociallogin.user, sociallogin.account.user = user, user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Exception | None = None, extra_context: Any = None
    ) -> None:
        """Raises: ImmediateHttpResponse: with our own page."""
        logger.warning("sign-in by provider %s failed: %s %s", getattr(provider, "sub_id", ""), error, exception)
        found = find_provider(getattr(provider, "sub_id", ""), with_disabled=True)
        raise ImmediateHttpResponse(refuse(request, found, AccountRefused("provider_error", ""))) from exception

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # accounts are made above, or not at all


def app_of(provider: Provider) -> SocialApp:
    """Return a provider as allauth takes it; never saved."""
    return SocialApp(
        provider="openid_connect",
        provider_id=provider.slug,
        name=provider.name,
        client_id=provider.client_id,
        secret=provider.client_secret,
        settings={"server_url": provider.issuer, "oauth_pkce_enabled": True, "fetch_userinfo": provider.asks_userinfo},
    )


def refuse(request: HttpRequest, provider: Provider | None, refused: AccountRefused) -> Any:
    """Record that a sign-in by a provider came to nothing, and show why, as far as its person can do something about it."""
    payload = {**describe_client(request), "provider": provider.slug if provider else "", "reason": refused.code}
    record("session.refused", payload=payload)
    context = {"provider": provider, "message": refused.message}
    return render(request, "account/provider_refused.html", context, status=403)

"""SAML 2.0, by python3-saml through django-allauth: the way there, and what an assertion says, as an arrival like any other."""

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from accounts.sign_in.oidc.arriving import Arrival
from accounts.sign_in.oidc.values import Provider

CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
NAMES: Mapping[str, tuple[str, ...]] = {  # under which providers send what OpenID Connect calls so
    "email": (f"{CLAIMS}/emailaddress", "urn:oid:0.9.2342.19200300.100.1.3", "mail"),
    "preferred_username": (f"{CLAIMS}/upn", f"{CLAIMS}/name", "urn:oid:0.9.2342.19200300.100.1.1", "uid", "username"),
    "given_name": (f"{CLAIMS}/givenname", "urn:oid:2.5.4.42", "givenName", "firstName"),
    "family_name": (f"{CLAIMS}/surname", "urn:oid:2.5.4.4", "sn", "lastName"),
}


def saml_app_of(provider: Provider) -> SocialApp:
    """Return a provider as allauth takes it; never saved. An assertion has to be signed, asked for, and used once."""
    return SocialApp(
        provider="saml",
        provider_id=provider.slug,
        name=provider.name,
        client_id=provider.slug,  # which stands in addresses
        settings={
            "idp": {"entity_id": provider.issuer, "sso_url": provider.sso_url, "x509cert": provider.certificate},
            "advanced": {
                "strict": True,
                "reject_idp_initiated_sso": True,
                "reject_deprecated_algorithm": True,
                "allow_single_label_domains": True,
            },
        },
    )


def go_to(request: HttpRequest, provider: Any, *, next_url: str | None, data: dict[str, Any], again: bool) -> HttpResponseBase:
    """Redirect to a SAML provider of allauth. `again`: who is signed in there has to show once more who they are."""
    from allauth.socialaccount.providers.saml.utils import build_auth  # loads xmlsec: only where somebody comes by SAML

    auth = build_auth(request, provider)
    address: str = auth.login(return_to="", force_authn=again)
    provider.stash_redirect_state(request, "login", next_url, data, state_id=auth.get_last_request_id())
    return HttpResponseRedirect(address)


def read_assertion(subject: str, attributes: Mapping[str, Sequence[str]]) -> Arrival:
    """Return who arrived. One value is a text, several are a list; well-known attributes also have their claim's name."""
    claims: dict[str, Any] = {name: values[0] if len(values) == 1 else list(values) for name, values in attributes.items()}
    for claim, names in NAMES.items():
        found = next((attributes[name][0] for name in names if attributes.get(name)), None)
        if claim not in claims and found is not None:
            claims[claim] = found
    if "email" not in claims and "@" in subject:  # a NameID may be the address
        claims["email"] = subject
    return Arrival(subject=subject, claims=claims)

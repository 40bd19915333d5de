"""A knowledge admin tries a provider: sign in there, see what it says of oneself and what would follow; nothing is changed."""

from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.sign_in.oidc.arriving import Arrival
from accounts.sign_in.oidc.values import Provider
from audit.actor import actor_of
from audit.services import record

TRYING = "is_try"  # in the state of a sign-in


def show_claims(request: HttpRequest, arrival: Arrival, *, provider: Provider) -> HttpResponse:
    if not (request.user.is_authenticated and request.user.is_system_admin):
        raise Http404
    known = frozenset(Group.objects.values_list("name", flat=True))
    claimed = arrival.groups(provider.groups_claim)
    wanted = provider.rules.groups_of(claimed, known=known)
    payload = {"claims": sorted(arrival.claims), "groups": sorted(wanted)}  # names of claims: what they hold is personal
    record(
        "account.provider_tried",
        by=actor_of(request.user),
        subject=f"provider:{provider.slug}",
        summary=provider.name,
        payload=payload,
    )
    context = {
        "provider": provider,
        "claims": sorted((name, value) for name, value in arrival.claims.items()),
        "has_groups": provider.groups_claim in arrival.claims,
        "groups": sorted(wanted & known),
        "unknown": sorted(wanted - known),
    }
    return render(request, "people/provider_claims.html", context)

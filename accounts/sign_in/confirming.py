"""Whether somebody has shown a moment ago that they are still who signed in: asked before dangerous acts."""

import time

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url

from accounts.sign_in.second_factors.holding import has_second_factor

FACTOR = "mfa"  # as allauth calls a second factor in its records


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether this session's person signed in, or confirmed it, within STEP_UP_S: by the second factor where they have one."""
    if not request.user.is_authenticated:
        return False
    since = time.time() - settings.STEP_UP_S
    recent = [record for record in get_authentication_records(request, request.user) if record.get("at", 0) >= since]
    if has_second_factor(request.user):
        return any(record.get("method") == FACTOR for record in recent)
    return bool(recent)


def ask_to_confirm(request: HttpRequest, *, methods: list[dict[str, str]]) -> HttpResponseBase:
    """Lead to the page that asks for it; what was asked for follows afterwards, a form included."""
    url = methods[0]["url"] if methods else resolve_url(settings.LOGIN_URL)
    return suspend_request(request, url)
